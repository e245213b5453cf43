"""Reading an activity log: what is a row, and how what is none is told."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.replay.rows import ReplayError, Row, Rows, occurred_at, parse_row, read_rows

HEADER = b"user,occurred_at,files\n"
GOOD = b"7,2011-08-29T06:50:23+05:30,4\n"
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def read(path: Path, content: bytes) -> Rows:
    path.write_bytes(content)
    return read_rows(path)


def test_a_row_keeps_its_line_its_person_its_instant_its_offset_and_its_files() -> None:
    row = parse_row(2, GOOD, NOW)
    at = datetime(2011, 8, 29, 1, 20, 23, tzinfo=UTC)
    assert row == Row(line=2, user=7, at_ms=int(at.timestamp() * 1000), offset_minutes=330, files=4)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2011-08-29T06:50:23+05:30", "2011-08-29T06:50:23.000+05:30"),
        ("2011-08-29T06:50:23.123456-08:00", "2011-08-29T06:50:23.123-08:00"),
        ("2011-08-29t06:50:23z", "2011-08-29T06:50:23.000+00:00"),
        ("1970-01-01T14:00:00+14:00", "1970-01-01T14:00:00.000+14:00"),
    ],
)
def test_a_time_is_sent_on_the_persons_own_clock(written: str, sent: str) -> None:
    assert occurred_at(parse_row(2, f"1,{written},1".encode(), NOW)) == sent


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            b"979,2011-08-29T06:50:23+518:00,1",
            "occurred_at is not an RFC 3339 time since 1970: 2011-08-29T06:50:23+518:00",
        ),
        (b"1,2011-08-29T06:50:23+24:00,1", "occurred_at is not an RFC 3339 time"),
        (b"1,2011-08-29T06:50:23,1", "occurred_at is not an RFC 3339 time"),
        (b"1,2011-02-29T06:50:23Z,1", "occurred_at is not an RFC 3339 time"),
        (b"1,2011-08-29T24:50:23Z,1", "occurred_at is not an RFC 3339 time"),
        (b"1,1969-12-31T23:59:59Z,1", "occurred_at is not an RFC 3339 time since 1970"),
        (b"1,9999-12-31T23:59:59-23:59,1", "occurred_at is in the future"),
        (b"1,2011-08-29T06:50:23+14:01,1", "occurred_at has an offset that no clock has"),
        (b"1,,1", "occurred_at is not an RFC 3339 time"),
        (b"x,2011-08-29T06:50:23Z,1", "user is not a whole number: x"),
        (b"-1,2011-08-29T06:50:23Z,1", "user is not a whole number: -1"),
        (b",2011-08-29T06:50:23Z,1", "user is not a whole number"),
        ("٣,2011-08-29T06:50:23Z,1".encode(), "user is not a whole number"),
        (b"9" * 30 + b",2011-08-29T06:50:23Z,1", "user is not a whole number"),
        (b"1,2011-08-29T06:50:23Z,-3", "files is not a whole number: -3"),
        (b"1,2011-08-29T06:50:23Z,1.5", "files is not a whole number: 1.5"),
        (b"1,2011-08-29T06:50:23Z,1000001", "files is above the cap of 1,000,000: 1000001"),
        (b"1,2011-08-29T06:50:23Z", "2 columns where 3 belong"),
        (b"1,2011-08-29T06:50:23Z,1,1", "4 columns where 3 belong"),
        (b"\xff,2011-08-29T06:50:23Z,1", "not valid UTF-8"),
        (b'"1,2011-08-29T06:50:23Z,1', "not a CSV line"),
        (b"1\x1b[2J,2011-08-29T06:50:23Z,1", "user is not a whole number: 1?[2J"),
    ],
)
def test_what_is_no_row_is_refused_with_its_line_and_the_rest_goes_on(tmp_path: Path, line: bytes, reason: str) -> None:
    rows = read(tmp_path / "log.csv", HEADER + GOOD + line + b"\n" + GOOD)
    assert list(rows.lines) == [2, 4]
    [refusal] = rows.refused
    assert refusal.line == 3
    assert refusal.reason.startswith(reason)


def test_a_quoted_and_a_windows_and_a_last_unended_line_are_rows(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfuser,occurred_at,files\r\n" + b'"7","2011-08-29T06:50:23Z","1"\r\n\r\n' + GOOD.rstrip()
    rows = read(tmp_path / "log.csv", content)
    assert list(rows.lines) == [2, 4]
    assert rows.refused == []


def test_a_packed_log_reads_like_a_plain_one(tmp_path: Path) -> None:
    plain = read(tmp_path / "log.csv", HEADER + GOOD)
    packed = read(tmp_path / "log.csv.gz", gzip.compress(HEADER + GOOD))
    assert [plain[0]] == [packed[0]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"user,files\n",
        b"files,occurred_at,user\n",
        GOOD,
        b"\x89PNG\r\n",
    ],
)
def test_a_file_with_another_header_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ReplayError, match="the first line must be user,occurred_at,files") as refused:
        read(tmp_path / "log.csv", content)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("cut", [5, 30])
def test_a_packed_log_that_is_cut_off_is_refused_as_a_whole(tmp_path: Path, cut: int) -> None:
    with pytest.raises(ReplayError, match="cannot be read"):
        read(tmp_path / "log.csv.gz", gzip.compress(HEADER + GOOD * 1000)[:-cut])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=r"nowhere\.csv"):
        read_rows(tmp_path / "nowhere.csv")


def test_the_small_log_has_its_rows_and_its_one_bad_line() -> None:
    rows = read_rows(Path(__file__).parents[1] / "data" / "activity-small.csv.gz")
    assert len(rows) == 1499
    assert [refusal.line for refusal in rows.refused] == [736]
