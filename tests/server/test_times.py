"""RFC 3339 in, and the day it was where it happened."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from realtime.times import rfc3339
from server.times import is_time_zone, milliseconds, not_over, parse_rfc3339


@pytest.mark.parametrize(
    ("text", "ms", "day"),
    [
        ("1970-01-01T00:00:00Z", 0, "1970-01-01"),
        ("1969-12-31T23:59:59.999Z", -1, "1969-12-31"),
        ("0001-01-01T00:00:00+14:00", -62135647200000, "0001-01-01"),
        ("2026-11-20T10:00:00.5Z", 1795168800500, "2026-11-20"),
        ("2026-11-20t10:00:00z", 1795168800000, "2026-11-20"),
        ("2026-11-20 23:30:00-05:00", 1795235400000, "2026-11-20"),
        ("2026-11-21T00:30:00.123456789+14:00", 1795170600123, "2026-11-21"),
    ],
)
def test_a_time_keeps_its_own_day(text: str, ms: int, day: str) -> None:
    time = parse_rfc3339(text)
    assert time is not None
    assert (milliseconds(time), time.date()) == (ms, date.fromisoformat(day))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "2026-11-20T10:00:00",
        "2026-11-20T10:00Z",
        "2026-W47-5T10:00:00Z",
        "20261120T100000Z",
        "2026-02-30T10:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T10:00:60Z",
        "2026-11-20T10:00:00+24:00",
        "2026-11-20T10:00:00+0200",
        "2026-11-20T10:00:00Z\n",
        "٢٠٢٦-11-20T10:00:00Z",
    ],
)
def test_what_is_no_time_with_an_offset_is_none(text: str) -> None:
    assert parse_rfc3339(text) is None


def test_times_are_written_in_utc_with_milliseconds() -> None:
    assert rfc3339(1795168800005) == "2026-11-20T10:00:00.005Z"


def test_time_zones_are_the_names_everybody_knows() -> None:
    assert is_time_zone("Europe/Berlin")
    assert is_time_zone("UTC")
    for name in ("", "Mars/Olympus", "America", "../etc/passwd", "/etc/localtime", "Europe/Berlin\x00"):
        assert not is_time_zone(name)


@pytest.mark.usefixtures("one_day")
@pytest.mark.parametrize("hours", [-12, 0, 14])
async def test_a_day_is_over_by_its_own_offset(hours: int) -> None:
    now = datetime.now(UTC).astimezone(timezone(timedelta(hours=hours)))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    assert not_over(now)
    assert not_over(midnight)
    assert not not_over(midnight - timedelta(milliseconds=1))
