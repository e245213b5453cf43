"""Times and days as the wire has them: RFC 3339 with an offset, and the local day it stands for."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
WESTMOST, EASTMOST = timedelta(hours=-12), timedelta(hours=14)
"""The offsets between which all clocks are. The boards of days begin and end by them (raidline/boards.py)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def parse_rfc3339(text: str) -> datetime | None:
    """The time with its own offset, or None for anything that is not one."""
    if _RFC3339.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def is_of_a_place(time: datetime) -> bool:
    """Whether somewhere a clock may show it. Other offsets only serve to be in another day than everybody else."""
    offset = time.utcoffset()
    return offset is not None and WESTMOST <= offset <= EASTMOST


def now_ms() -> int:
    return milliseconds(datetime.now(UTC))


def milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND


def today_in(tz: str) -> str:
    """The day it is now in that time zone."""
    return datetime.now(ZoneInfo(tz)).date().isoformat()


def not_over(time: datetime) -> bool:
    """Whether its day is today, or yet to come, by its own offset."""
    return time.date() >= datetime.now(time.tzinfo).date()


@cache
def _known_zones() -> frozenset[str]:
    # Two names that are no place: they mean whatever the host says, and nothing.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def is_time_zone(name: str) -> bool:
    return name in _known_zones()


_PLACES = {"CET": "Europe/Brussels", "MET": "Europe/Brussels", "EET": "Europe/Athens", "WET": "Europe/Lisbon"}


def place_of(zone: str) -> str:
    """The zone by the name of a place. To Postgres four names are abbreviations too, and then without summer time."""
    return _PLACES.get(zone, zone)
