"""Streaks worked by hand: what happens, in Berlin in 2026 unless an offset says otherwise, and what is seen of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from persistence.checkins import check_in
from persistence.streak_keeping import Kept, StreakKeeping
from persistence.streaks import StreakSeen
from raidline.ids import UserId
from tests.persistence.conftest import World
from tests.persistence.log import Log, changed
from tests.persistence.streak_play import move, ms, play_midnights, seen

BERLIN = ZoneInfo("Europe/Berlin")
NOON, EVENING = "T12:00", "T20:00"


@dataclass(frozen=True, slots=True)
class Item:
    """A contribution; it comes a minute after it occurred, or late."""

    occurred: str
    came: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class CheckIn:
    occurred: str


@dataclass(frozen=True, slots=True)
class Void:
    """Of the only item of that day."""

    day: str
    came: str


@dataclass(frozen=True, slots=True)
class Pause:
    first: str
    last: str
    came: str


@dataclass(frozen=True, slots=True)
class Repair:
    came: str


Step = Item | CheckIn | Void | Pause | Repair


def instant(text: str) -> datetime:
    """`03-01` (at noon), `03-01T23:59` or `03-01T23:59+01:00`."""
    told = datetime.fromisoformat("2026-" + (text if "T" in text else text + NOON))
    return told if told.tzinfo else told.replace(tzinfo=BERLIN)


def came(step: Step) -> datetime:
    if isinstance(step, CheckIn):
        return instant(step.occurred)
    if isinstance(step, Item) and step.came is None:
        return instant(step.occurred) + timedelta(minutes=1)
    return instant(step.came or "")


def days(*texts: str) -> list[Step]:
    return [Item(text) for text in texts]


WEEK = days(*(f"03-0{n}" for n in range(1, 8)))


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    steps: Sequence[Step]
    current: int
    longest: int
    freezes: int | None = None
    bronze: int | None = None
    """How often it was granted."""


TABLE = [
    Row("twice on one day", days("03-01T10:00", "03-01T23:59"), 1, 1),
    Row("three days", days("03-01", "03-02", "03-03"), 3, 3),
    Row("a day missed without a freeze", days("03-01", "03-03"), 1, 1),
    Row(
        "a late item joins two runs",
        [*days("03-01", "03-02", "03-04", "03-05"), Item("03-03", came="03-05T20:00")],
        *(5, 5),
    ),
    Row("a late item before the first", [*days("03-05"), Item("03-04", came="03-05T20:00")], 2, 2),
    Row("westward, the same date twice", days("03-01T23:30+09:00", "03-01T10:00-08:00"), 1, 1),
    Row("eastward, a date swallowed", days("03-01T20:00-10:00", "03-03T08:00+13:00"), 2, 2),
    Row("a day of 24 hours missed", days("03-01T23:59+01:00", "03-03T00:01+01:00"), 1, 1),
    Row("clocks go forward", days("03-28", "03-29", "03-30T00:10"), 3, 3),
    Row("a day of 23 hours missed", days("03-28T23:59+01:00", "03-30T00:01+02:00"), 1, 1),
    Row("clocks go back", days("10-24", "10-25T02:30+02:00", "10-25T02:30+01:00"), 2, 2),
    Row("a freeze for the day missed", [*WEEK, Item("03-09")], 8, 8, freezes=0),
    Row("it is given back", [*WEEK, Item("03-09"), Item("03-08", came="03-09T20:00")], 9, 9, freezes=1),
    Row("one freeze for two days missed", [*WEEK, Item("03-10")], 1, 7),
    Row("a pause", [*WEEK, Pause("03-08", "03-10", came="03-07T20:00"), Item("03-11")], 8, 8),
    Row(
        "a repair",
        [*days("03-01", "03-02", "03-03"), Repair(came="03-05T10:00"), Item("03-05")],
        *(4, 4),
    ),
    Row("a check-in and contributions", [CheckIn("03-01T09:00"), *days("03-01", "03-01", "03-01")], 1, 1),
    Row(
        "a void, and the day once more",
        [*WEEK, Void("03-04", came="03-07T20:00"), Item("03-04", came="03-07T21:00")],
        *(7, 7),
        bronze=1,
    ),
    Row(
        "a week in reverse, all of it late",
        [Item(f"03-0{n}", came=f"03-08T{20 - n}:00") for n in range(7, 0, -1)],
        *(7, 7),
        freezes=0,
        bronze=1,
    ),
    Row(
        "one key from two devices",
        [*days("03-01"), Item("03-02", key="same"), Item("03-02T12:01", key="same")],
        *(2, 2),
    ),
]


class Played:
    """One person in Berlin, whose worker is always in time."""

    def __init__(self, world: World, user_id: UserId, log: Log) -> None:
        self.world, self.user_id, self.log = world, user_id, log
        self.entries: dict[date, bytes] = {}

    async def step(self, step: Step) -> None:
        at = came(step)
        await play_midnights(self.world, at)
        keeping = StreakKeeping(self.world.pool)
        match step:
            case Item():
                await self.world.ledger.record([self.item(step, at)])
            case CheckIn():
                assert await check_in(self.world.pool, self.user_id, at.date(), ms(at), ms(at), live=True)
            case Void():
                await self.void(step.day, step.came)
            case Pause():
                kept = await keeping.pause(self.user_id, ms(at), _day(step.first), _day(step.last))
                assert isinstance(kept, Kept)
            case Repair():
                assert isinstance(await keeping.repair(self.user_id, ms(at)), Kept)

    async def void(self, day: str, came: str) -> None:
        entry = self.log.void(self.entries[_day(day)])
        await self.world.ledger.record([changed(entry, at=ms(instant(came)))])

    async def move(self, zone: str, at: datetime) -> None:
        await move(self.world, self.user_id, zone, at)

    def item(self, step: Item, at: datetime) -> bytes:
        occurred = instant(step.occurred)
        live = occurred.date() >= at.astimezone(occurred.tzinfo).date()
        entry = self.log.contribute(
            self.user_id, key=step.key, occurred_at=ms(occurred), at=ms(at), day=str(occurred.date()), live=live
        )
        self.entries[occurred.date()] = entry
        return entry

    async def seen(self, at: datetime) -> StreakSeen:
        await play_midnights(self.world, at)
        return (await seen(self.world, [self.user_id], at))[self.user_id]

    async def bronze(self) -> int:
        """How often the first tier of streaks was granted."""
        granted: int = await self.world.value(
            "SELECT count(*) FROM user_achievement_rewards JOIN achievements ON id = achievement_id"
            " WHERE user_id = $1 AND metric = 'streak_days' AND threshold = 7",
            self.user_id,
        )
        return granted


def _day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def _last_named(steps: Sequence[Step]) -> datetime:
    """Late in the evening of the newest day anything happened on."""
    newest = max(instant(step.occurred) for step in steps if isinstance(step, Item | CheckIn))
    return datetime.combine(newest.date(), datetime.min.time(), newest.tzinfo) + timedelta(hours=23, minutes=59)


async def person(world: World) -> Played:
    (user,) = await world.users(1)
    await world.rows("UPDATE users SET tz = 'Europe/Berlin' WHERE id = $1", user)
    return Played(world, user, await world.active_raid(user))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.what)
async def test_worked_by_hand(world: World, row: Row) -> None:
    played = await person(world)
    for step in row.steps:
        await played.step(step)
    streak = await played.seen(_last_named(row.steps))
    assert (streak.current, streak.longest) == (row.current, row.longest)
    assert row.freezes in (None, streak.freezes)
    assert row.bronze in (None, await played.bronze())


ONLY_ITEMS = [row for row in TABLE if all(isinstance(step, Item) for step in row.steps)]


@pytest.mark.parametrize("row", ONLY_ITEMS, ids=lambda row: row.what)
async def test_in_one_batch_it_comes_to_the_same(world: World, row: Row) -> None:
    """The ledger was away all the time, and so was the worker."""
    played = await person(world)
    await world.ledger.record([played.item(step, came(step)) for step in row.steps if isinstance(step, Item)])
    streak = await played.seen(_last_named(row.steps))
    assert (streak.current, streak.longest) == (row.current, row.longest)
    assert row.freezes in (None, streak.freezes)
