"""A recorded activity log, read row by row; what cannot be a row is named by its line and left out.

Rows are kept as columns of machine integers, about 35 bytes each, so that a log of millions fits.
"""

from __future__ import annotations  # array[int] cannot be evaluated before Python 3.12

import csv
import gzip
import re
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from server.times import is_of_a_place, milliseconds, parse_rfc3339

COLUMNS = ["user", "occurred_at", "files"]
MAX_XP = 1_000_000
"""The largest cap a raid can have on one contribution."""

_GZIP_MAGIC = b"\x1f\x8b"
_AHEAD = timedelta(minutes=5)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_SHOWN = 60


class ReplayError(Exception):
    """The replay cannot go on at all; the text is one line that names what is at fault."""


class Row(NamedTuple):
    line: int
    user: int
    at_ms: int
    offset_minutes: int
    files: int


class Refusal(NamedTuple):
    line: int
    reason: str


@dataclass(slots=True)
class Rows:
    """The good rows in the order of the file, and a refusal for each line that is none."""

    lines: array[int] = field(default_factory=lambda: array("q"))
    users: array[int] = field(default_factory=lambda: array("q"))
    times: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("h"))
    files: array[int] = field(default_factory=lambda: array("q"))
    refused: list[Refusal] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> Row:
        return Row(self.lines[index], self.users[index], self.times[index], self.offsets[index], self.files[index])

    def add(self, row: Row) -> None:
        self.lines.append(row.line)
        self.users.append(row.user)
        self.times.append(row.at_ms)
        self.offsets.append(row.offset_minutes)
        self.files.append(row.files)


def read_rows(path: Path) -> Rows:
    """Read a .csv or .csv.gz log. Raises ReplayError when the file as a whole is not such a log."""
    rows = Rows()
    not_after = datetime.now(UTC) + _AHEAD
    try:
        with _opened(path) as source:
            _check_header(path, source.readline())
            for line, raw in enumerate(source, start=2):
                _take(rows, line, raw, not_after)
    except (OSError, EOFError, zlib.error) as error:
        raise ReplayError(f"{path}: cannot be read: {error}") from error
    return rows


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file's text as bytes. What it is, is told by its first bytes, not by its name."""
    with path.open("rb") as plain:
        if plain.peek(2)[:2] != _GZIP_MAGIC:
            yield plain
            return
        with gzip.open(plain) as unpacked:
            yield cast(BinaryIO, unpacked)


def _check_header(path: Path, raw: bytes) -> None:
    found = [name.strip() for name in raw.decode("utf-8-sig", "replace").split(",")]
    if found != COLUMNS:
        shown = _shown(",".join(found)) or "nothing"
        raise ReplayError(f"{path}: the first line must be {','.join(COLUMNS)}, found {shown}")


def _take(rows: Rows, line: int, raw: bytes, not_after: datetime) -> None:
    if not raw.strip():
        return
    try:
        rows.add(parse_row(line, raw, not_after))
    except ValueError as error:
        rows.refused.append(Refusal(line, str(error)))


def parse_row(line: int, raw: bytes, not_after: datetime) -> Row:
    """One line as a row. Raises ValueError with a reason fit to be shown."""
    values = _fields(raw)
    if len(values) != len(COLUMNS):
        raise ValueError(f"{len(values)} columns where {len(COLUMNS)} belong")
    user, occurred_at, files = values
    at = _time(occurred_at, not_after)
    return Row(line, _number("user", user), milliseconds(at), _offset_minutes(at), _files(files))


def _fields(raw: bytes) -> list[str]:
    # Each line is parsed alone: a quote that never closes spoils its own line, not all that follow.
    try:
        return next(csv.reader([raw.decode("utf-8").rstrip("\r\n")], strict=True))
    except UnicodeDecodeError as error:
        raise ValueError("not valid UTF-8") from error
    except csv.Error as error:
        raise ValueError(f"not a CSV line: {error}") from error


def _number(column: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{column} is not a whole number: {_shown(text)}")
    return int(text)


def _files(text: str) -> int:
    files = _number("files", text)
    if files > MAX_XP:
        raise ValueError(f"files is above the cap of {MAX_XP:,}: {files}")
    return files


def _time(text: str, not_after: datetime) -> datetime:
    at = parse_rfc3339(text)
    if at is None or milliseconds(at) < 0:
        raise ValueError(f"occurred_at is not an RFC 3339 time since 1970: {_shown(text)}")
    if at > not_after:
        raise ValueError(f"occurred_at is in the future: {text}")
    if not is_of_a_place(at):
        raise ValueError(f"occurred_at has an offset that no clock has: {text}")
    return at


def _offset_minutes(at: datetime) -> int:
    offset = at.utcoffset()
    assert offset is not None
    return offset // timedelta(minutes=1)


def _shown(text: str) -> str:
    """The text as it may stand in a terminal: short and without control characters."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= _SHOWN else clean[:_SHOWN] + "…"


def occurred_at(row: Row) -> str:
    """The row's time on the person's own clock, RFC 3339 with milliseconds."""
    zone = timezone(timedelta(minutes=row.offset_minutes))
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=row.at_ms)
    return at.astimezone(zone).isoformat(timespec="milliseconds")
