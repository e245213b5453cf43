"""People whose days are played through the ledger and, step by step, through the model."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from persistence import checkins
from persistence.midnights import Midnights
from persistence.pool import transaction
from persistence.streaks import StreakSeen, rezone, streaks_seen
from persistence.unlocking import lock_people
from raidline.ids import UserId
from tests.persistence.conftest import World
from tests.persistence.log import Log, changed
from tests.persistence.streak_model import Streak

AT_ONCE = 100


def ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


@dataclass(slots=True)
class Player:
    """One person in a raid of their own, and what the model says of them."""

    user_id: UserId
    log: Log
    model: Streak
    given: list[tuple[date, bytes]] = field(default_factory=list)
    """Contributions that stand, by day."""
    checked_in: set[date] = field(default_factory=set)

    def item(self, occurred: datetime, came: datetime, key: str | None = None) -> bytes:
        """An item whose zone is the one in which `occurred` is told; the entry of it."""
        day, live = occurred.date(), occurred.date() >= came.astimezone(occurred.tzinfo).date()
        entry = self.log.contribute(
            self.user_id, key=key, occurred_at=ms(occurred), at=ms(came), day=day.isoformat(), live=live
        )
        self.model.item(day, occurred.astimezone(UTC), came.astimezone(UTC), live=live)
        self.given.append((day, entry))
        return entry

    def void(self, index: int, came: datetime) -> bytes:
        day, entry = self.given.pop(index)
        self.model.void(day, came.astimezone(UTC))
        return changed(self.log.void(entry), at=ms(came))


async def check_in(world: World, player: Player, occurred: datetime, came: datetime) -> None:
    """By somebody who may have checked in on that day before."""
    day, live = occurred.date(), occurred.date() >= came.astimezone(occurred.tzinfo).date()
    answer = await checkins.check_in(world.pool, player.user_id, day, ms(occurred), ms(came), live)
    assert answer is not None
    assert answer.first == (day not in player.checked_in)
    if answer.first:
        player.checked_in.add(day)
        player.model.item(day, occurred.astimezone(UTC), came.astimezone(UTC), live=live)


async def players(world: World, zones: list[str]) -> list[Player]:
    """People in these zones, each with a raid that is under way."""
    made = [await world.users(1) for _ in zones]
    for (user,), zone in zip(made, zones, strict=True):
        await world.rows("UPDATE users SET tz = $2 WHERE id = $1", user, zone)
    logs = [await world.active_raid(user) for (user,) in made]
    return [Player(user, log, Streak(zone)) for (user,), log, zone in zip(made, logs, zones, strict=True)]


async def play_midnights(world: World, at: datetime) -> list[dict[str, Any]]:
    """What the worker does at this instant, until nothing is due; the events it tells."""
    midnights = Midnights(world.pool)
    told: list[dict[str, Any]] = []
    for duty in (midnights.spend_freezes, midnights.warn_at_risk):
        while (outbox := await duty(ms(at), AT_ONCE)) is not None:
            told += [event for row in outbox for event in orjson.loads(row.payload)["events"]]
    return told


async def move(world: World, user_id: UserId, zone: str, at: datetime) -> None:
    """What changing one's zone does."""
    async with transaction(world.pool) as held:
        await lock_people(held, [user_id])
        await held.execute("UPDATE users SET tz = $2 WHERE id = $1", user_id, zone)
        await rezone(held, user_id, ms(at))


async def seen(world: World, users: list[UserId], at: datetime) -> dict[UserId, StreakSeen]:
    async with transaction(world.pool) as held:
        await lock_people(held, users)
        return await streaks_seen(held, dict.fromkeys(users, ms(at)))


async def days_of(world: World, users: list[UserId]) -> dict[UserId, dict[date, str]]:
    """Every day's state, as the rows have it."""
    rows = await world.rows(
        "SELECT user_id, day, CASE WHEN active THEN 'active' ELSE kept END FROM streak_days"
        " WHERE user_id = ANY ($1) ORDER BY user_id, day",
        users,
    )
    days: dict[UserId, dict[date, str]] = {user: {} for user in users}
    for user, day, state in rows:
        days[user][day] = state
    return days


async def assert_same(world: World, all_players: list[Player], at: datetime) -> None:
    """The ledger says of everybody what the model says."""
    users = [player.user_id for player in all_players]
    now, days = await seen(world, users, at), await days_of(world, users)
    for player in all_players:
        model = player.model
        model.settle(at.astimezone(UTC))
        told = now.get(player.user_id)
        found = (told.current, told.longest, told.active_days, told.freezes) if told else (0, 0, 0, 0)
        assert days[player.user_id] == model.days()
        assert found == (model.seen(at), model.longest, model.active_days, model.freezes)


DAY = timedelta(days=1)
