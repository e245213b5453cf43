"""Leaderboards by name: of a day, of a week, of a raid, and the instants between which each of them moves.

A day is everybody's own local day. It begins where the clocks are furthest ahead (UTC+14) and is over where they are
furthest behind (UTC-12); two hours later it is final.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, NewType

from raidline import days
from raidline.ids import RaidId, UserId

BoardName = NewType("BoardName", str)
"""`daily:2026-11-20`, `weekly:2026-W47` or `raid:42`; the same in Redis, in Postgres and in the outbox."""

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS

AHEAD_MS = 14 * HOUR_MS
"""How long before its date begins in UTC a day begins somewhere."""

FINAL_AFTER_MS = 14 * HOUR_MS
"""How long after its last date has ended in UTC a board is final."""

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)
_EPOCH = date(1970, 1, 1)
_FIRST, _LAST = _EPOCH + timedelta(days=1), days.LAST_DAY


class Total(NamedTuple):
    """What one person has on a board. Of two totals the one with the higher version is newer."""

    user_id: UserId
    name: str
    xp: int
    version: int
    reached_ms: int
    """When the XP last changed: who got there first stands first."""


@dataclass(frozen=True, slots=True)
class Period:
    """The board of a day (`first` is `last`) or of a week (Monday to Sunday)."""

    name: BoardName
    first: date
    last: date

    @property
    def begins_ms(self) -> int:
        return (self.first - _EPOCH).days * DAY_MS - AHEAD_MS

    @property
    def ends_ms(self) -> int:
        """The end of the last day in UTC."""
        return ((self.last - _EPOCH).days + 1) * DAY_MS

    @property
    def final_ms(self) -> int:
        """What is decided from this instant on no longer counts."""
        return self.ends_ms + FINAL_AFTER_MS


@dataclass(frozen=True, slots=True)
class RaidBoard:
    name: BoardName
    raid_id: RaidId


Board = Period | RaidBoard


def daily(day: date) -> Period:
    return Period(BoardName(f"daily:{day.isoformat()}"), day, day)


def weekly(day: date) -> Period:
    """The ISO week in which the day lies; around New Year that may be a week of the year before or after."""
    year, week, weekday = day.isocalendar()
    monday = day - timedelta(days=weekday - 1)
    return Period(BoardName(f"weekly:{year:04d}-W{week:02d}"), monday, monday + timedelta(days=6))


def of_raid(raid_id: RaidId) -> RaidBoard:
    return RaidBoard(BoardName(f"raid:{raid_id}"), raid_id)


def parse_day(text: str) -> Period | None:
    """The board of `2026-11-20`; None for what is no day, or a day that nobody will ask for."""
    day = days.parse_day(text)
    return daily(day) if day is not None and day >= _FIRST else None


def parse_week(text: str) -> Period | None:
    """The board of `2026-W47`; None for a week that its year does not have."""
    found = _WEEK.fullmatch(text)
    if found is None:
        return None
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        return None
    return weekly(monday) if _FIRST <= monday < _LAST - timedelta(days=7) else None


def parse_board(name: str) -> Board | None:
    """The board with this name."""
    kind, _, rest = name.partition(":")
    match kind:
        case "daily":
            return parse_day(rest)
        case "weekly":
            return parse_week(rest)
        case "raid" if rest.isascii() and rest.isdigit() and not rest.startswith("0"):
            return of_raid(RaidId(int(rest)))
    return None
