"""What a log says of its people, worked out in plain Python, and what a database says of them.

The rules of progress once more, as simply as they can be said and with nothing of Raidline's own: a day counts once, a
run is days without a gap, where a change of zone swallowed a day it is none. The log is history: no freezes, no pauses.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import asyncpg

TIERS = ("bronze", "silver", "gold")
THRESHOLDS = {
    "streak": (7, 30, 120),
    "tasks": (10, 100, 1_000),
    "xp": (1_000, 10_000, 100_000),
    "raids_completed": (1, 10, 50),
    "raids_led": (1, 5, 25),
    "active_days": (10, 100, 365),
}
REWARDS = {"bronze": (50, 10), "silver": (200, 50), "gold": (1_000, 250)}
SWALLOWED = timedelta(hours=22)
DAY = timedelta(days=1)

PEOPLE = """
    SELECT substr(i.subject, 8)::bigint, coalesce(s.tasks, 0), coalesce(s.xp, 0), coalesce(k.longest, 0),
           coalesce(k.active_days, 0), coalesce(s.raids_completed, 0), coalesce(s.raids_led, 0),
           coalesce(s.reward_xp, 0), coalesce(s.credits, 0), coalesce(s.level, 1), coalesce(k.freezes, 0),
           ARRAY(SELECT a.group_name || ' ' || a.tier FROM user_achievements AS u
                 JOIN achievements AS a ON a.id = u.achievement_id
                 WHERE u.user_id = i.user_id AND u.unlocked_at IS NOT NULL)
    FROM identities AS i LEFT JOIN user_stats AS s ON s.user_id = i.user_id
         LEFT JOIN user_streaks AS k ON k.user_id = i.user_id
    WHERE i.provider = 'replay'"""


class Item(NamedTuple):
    person: int
    at: datetime
    xp: int


class Person(NamedTuple):
    """What there is to say of one person."""

    tasks: int
    xp: int
    longest: int
    active_days: int
    raids_completed: int
    raids_led: int
    reward_xp: int
    credits: int
    level: int
    freezes: int
    unlocked: frozenset[str]
    """`streak bronze` and the like."""


@dataclass(frozen=True, slots=True)
class Figures:
    people: Mapping[int, Person]

    @property
    def contributions(self) -> int:
        return sum(person.tasks for person in self.people.values())

    @property
    def xp(self) -> int:
        return sum(person.xp for person in self.people.values())

    @property
    def unlocks(self) -> int:
        return sum(len(person.unlocked) for person in self.people.values())

    def longest(self, count: int = 5) -> list[tuple[int, int]]:
        """The longest streaks, and whose they are."""
        ordered = sorted((-person.longest, number) for number, person in self.people.items())
        return [(-length, number) for length, number in ordered[:count]]

    def reach(self, days: int) -> int:
        return sum(person.longest >= days for person in self.people.values())

    def lines(self) -> list[str]:
        longest = ", ".join(f"{length} (person {number})" for length, number in self.longest())
        reached = ", ".join(f"{self.reach(days)} reach {days}" for days in THRESHOLDS["streak"])
        return [
            f"{self.contributions:,} contributions, {self.xp:,} XP of {len(self.people):,} people",
            f"longest streaks {longest}",
            f"{reached}; {self.unlocks:,} unlocks",
        ]

    def unlike(self, other: "Figures") -> list[str]:
        """Where another says something else of somebody."""
        return [
            f"person {number}: {self.people.get(number)} here, {other.people.get(number)} there"
            for number in sorted(self.people.keys() | other.people.keys())
            if self.people.get(number) != other.people.get(number)
        ]


def read_lines(path: Path) -> list[str]:
    """The lines of a log but its header."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as source:
        return source.read().splitlines()[1:]


def from_files(paths: Iterable[Path]) -> Figures:
    """Each file is imported by itself, and so makes raids of its own."""
    count = _Count()
    for path in paths:
        count.take(list(_items(path)))
    return Figures({number: count.person(number) for number in count.items})


async def from_database(url: str) -> Figures:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(PEOPLE)
    finally:
        await connection.close()
    return Figures({row[0]: Person._make((*row[1:11], frozenset(row[11]))) for row in rows})


@dataclass(slots=True)
class _Count:
    items: dict[int, list[Item]] = field(default_factory=lambda: defaultdict(list))
    completed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    led: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def take(self, items: list[Item]) -> None:
        """A raid for each quarter (UTC), of everybody in it, led by whoever comes first in the file."""
        quarters: dict[tuple[int, int], dict[int, None]] = defaultdict(dict)
        for item in items:
            at = item.at.astimezone(UTC)
            quarters[at.year, (at.month + 2) // 3][item.person] = None
            self.items[item.person].append(item)
        for people in quarters.values():
            self.led[next(iter(people))] += 1
            for person in people:
                self.completed[person] += 1

    def person(self, number: int) -> Person:
        items = self.items[number]
        reached = {
            "streak": _longest(items),
            "tasks": len(items),
            "xp": sum(item.xp for item in items),
            "raids_completed": self.completed[number],
            "raids_led": self.led[number],
            "active_days": len({item.at.date() for item in items}),
        }
        unlocked = [
            (group, tier)
            for group, thresholds in THRESHOLDS.items()
            for tier, threshold in zip(TIERS, thresholds, strict=True)
            if reached[group] >= threshold
        ]
        reward_xp = sum(REWARDS[tier][0] for _, tier in unlocked)
        return Person(
            tasks=reached["tasks"],
            xp=reached["xp"],
            longest=reached["streak"],
            active_days=reached["active_days"],
            raids_completed=reached["raids_completed"],
            raids_led=reached["raids_led"],
            reward_xp=reward_xp,
            credits=sum(REWARDS[tier][1] for _, tier in unlocked),
            level=_level(reached["xp"] + reward_xp),
            freezes=0,
            unlocked=frozenset(f"{group} {tier}" for group, tier in unlocked),
        )


def _items(path: Path) -> Iterator[Item]:
    """The good lines of a log; a time that cannot be is not one."""
    for user, occurred_at, files in csv.reader(read_lines(path)):
        try:
            yield Item(int(user), datetime.fromisoformat(occurred_at), int(files))
        except ValueError:
            continue


def _longest(items: list[Item]) -> int:
    days: dict[date, list[datetime]] = defaultdict(list)
    for item in items:
        days[item.at.date()].append(item.at)
    longest = length = 0
    before: date | None = None
    for day in sorted(days):
        length = length + 1 if before is not None and _follows(days, before, day) else 1
        longest, before = max(longest, length), day
    return longest


def _follows(days: Mapping[date, list[datetime]], before: date, day: date) -> bool:
    """The next day; or the one after it, where so little time lies between that a day was swallowed."""
    if day - before == 2 * DAY:
        return min(days[day]) - max(days[before]) < SWALLOWED
    return day - before == DAY


def _level(xp: int) -> int:
    level = 1
    while 50 * (level + 1) * level <= xp:
        level += 1
    return level
