"""What keeps a streak though nobody was active: freezes, repairs and pauses.

What a person asks for is granted or refused under their lock, midnights that have passed settled first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Literal

from persistence.effects import streak_event
from persistence.folding import StandingStreak
from persistence.pool import Connection, Pool, connection, transaction
from persistence.progress import announce
from persistence.recording import again_on_collision
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.streaks import DayChange, DayKind, StreakMove, StreakSeen, fold_days, settle_midnights, streaks_seen
from persistence.telling import unlock_events
from persistence.unlocking import Move, lock_people, unlock
from raidline.ids import UserId

REPAIR_HOURS = 48
"""How long a missed day can be repaired after its end."""

REPAIR_EVERY_MS = 7 * 24 * 3600 * 1000
PAUSE_DAYS = 90
"""The last day of a pause is at most that many days ahead."""

RefusalCode = Literal[
    "user_unknown",
    "no_streak",
    "no_freeze",
    "already_active",
    "already_kept",
    "nothing_to_repair",
    "repaired_lately",
    "pause_in_past",
    "pause_backwards",
    "pause_too_long",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a day is not kept. `wait_ms`: after which it may be asked again, where time helps."""

    code: RefusalCode
    wait_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Days are kept as asked, and the streak is this now."""

    streak: StreakSeen
    days: list[date]
    outbox: list[OutboxRow]


@dataclass(frozen=True, slots=True)
class StreakDay:
    """A day and what it is. `missed` and `open` (today, nothing done yet) have neither cause nor time."""

    day: date
    state: Literal["active", "frozen", "paused", "repaired", "skipped", "missed", "open"]
    cause: str | None
    """contribution, checkin, freeze, repair, pause, or zone: a change of zone left the day out."""
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class _Standing:
    today: date
    active: bool | None
    kept: str | None
    run_last: date | None
    freezes: int
    repaired_at_ms: int | None

    @property
    def alive(self) -> bool:
        return self.run_last is not None and self.run_last >= self.today - timedelta(days=1)


class StreakKeeping:
    """Every method raises `LedgerAway` where Postgres cannot be used now. Times are milliseconds since 1970."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def freeze(self, user_id: UserId, at_ms: int) -> Kept | Refusal:
        """Spend a freeze on today."""
        return await self._locked(user_id, at_ms, freeze)

    async def repair(self, user_id: UserId, at_ms: int, day: date | None = None) -> Kept | Refusal:
        """Mend the latest day that can be, or this one."""
        return await self._locked(user_id, at_ms, partial(repair, day=day))

    async def pause(self, user_id: UserId, at_ms: int, first: date, last: date) -> Kept | Refusal:
        """Keep these days, instead of what is left of any pause before."""
        return await self._locked(user_id, at_ms, partial(pause, first=first, last=last))

    async def resume(self, user_id: UserId, at_ms: int) -> Kept | Refusal:
        """End whatever is left of a pause, today included."""
        return await self._locked(user_id, at_ms, resume)

    async def seen(self, user_id: UserId, at_ms: int) -> StreakSeen | None:
        """The streak as it is now; None where there never was one."""
        async with transaction(self._pool) as held:
            await lock_people(held, [user_id])
            return (await streaks_seen(held, {user_id: at_ms})).get(user_id)

    async def days(self, user_id: UserId, first: date, last: date, at_ms: int) -> list[StreakDay]:
        """Every day between these two, oldest first, from the person's very first day on, each explained."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("streak_calendar"), user_id, first, last, at_ms)
        return [StreakDay(*row) for row in rows]

    async def _locked(
        self, user_id: UserId, at_ms: int, keep: Callable[[Connection, UserId, int], Awaitable[Kept | Refusal]]
    ) -> Kept | Refusal:
        async def once() -> Kept | Refusal:
            async with transaction(self._pool) as held:
                if not await lock_people(held, [user_id]):
                    return Refusal("user_unknown")
                return await keep(held, user_id, at_ms)

        return await again_on_collision(once)


async def freeze(held: Connection, user_id: UserId, at_ms: int) -> Kept | Refusal:
    """Spend a freeze on today. The person must be locked."""
    standing = await _standing(held, user_id, at_ms)
    if standing.active:
        return Refusal("already_active")
    if standing.kept is not None:
        return Refusal("already_kept")
    if not standing.alive:
        return Refusal("no_streak")
    if standing.freezes == 0:
        return Refusal("no_freeze")
    return await _keep(held, user_id, at_ms, standing, {standing.today: "frozen"}, "freeze")


async def repair(held: Connection, user_id: UserId, at_ms: int, day: date | None = None) -> Kept | Refusal:
    """Mend the latest missed day that can be, or this one. The person must be locked."""
    standing = await _standing(held, user_id, at_ms)
    if standing.repaired_at_ms is not None and (wait_ms := standing.repaired_at_ms + REPAIR_EVERY_MS - at_ms) > 0:
        return Refusal("repaired_lately", wait_ms)
    missed = await held.fetchval(statement("streak_repairable"), user_id, at_ms, REPAIR_HOURS, day)
    if missed is None:
        return Refusal("nothing_to_repair")
    await held.execute(statement("streak_repaired"), user_id, at_ms)
    return await _keep(held, user_id, at_ms, standing, {missed: "repaired"}, "repair")


async def pause(held: Connection, user_id: UserId, at_ms: int, first: date, last: date) -> Kept | Refusal:
    """Keep these days, instead of what is left of any pause before. The person must be locked."""
    standing = await _standing(held, user_id, at_ms)
    if last < first:
        return Refusal("pause_backwards")
    if first < standing.today:
        return Refusal("pause_in_past")
    if (last - standing.today).days > PAUSE_DAYS:
        return Refusal("pause_too_long")
    paused: dict[date, DayKind] = {first + timedelta(days=n): "paused" for n in range((last - first).days + 1)}
    left = await held.fetch(statement("streak_paused"), user_id, standing.today)
    kinds: dict[date, DayKind] = {row["day"]: "unpaused" for row in left}
    return await _keep(held, user_id, at_ms, standing, kinds | paused, "pause")


async def resume(held: Connection, user_id: UserId, at_ms: int) -> Kept | Refusal:
    """End whatever is left of a pause, today included. The person must be locked."""
    standing = await _standing(held, user_id, at_ms)
    left = await held.fetch(statement("streak_paused"), user_id, standing.today)
    return await _keep(held, user_id, at_ms, standing, {row["day"]: "unpaused" for row in left}, "pause")


async def _standing(held: Connection, user_id: UserId, at_ms: int) -> _Standing:
    await settle_midnights(held, {user_id: at_ms})
    row = await held.fetchrow(statement("streak_standing"), user_id, at_ms)
    assert row is not None  # locked just now
    return _Standing(*row)


async def _keep(
    held: Connection, user_id: UserId, at_ms: int, standing: _Standing, kinds: dict[date, DayKind], cause: str
) -> Kept:
    """Make days what they are to be, and say how the streak stands with them."""
    changes = [DayChange(user_id, day, at_ms, kind, False, at_ms, cause) for day, kind in sorted(kinds.items())]
    moved = (await fold_days(held, changes)).get(user_id)
    none = StreakSeen(user_id, 0, 0, 0, 0, None, standing.today, "none")
    streak = (await streaks_seen(held, {user_id: at_ms})).get(user_id, none)
    outbox = await _tell(held, moved, at_ms) if moved else []
    return Kept(streak, [day for day, kind in sorted(kinds.items()) if kind != "unpaused"], outbox)


async def _tell(held: Connection, moved: StreakMove, at_ms: int) -> list[OutboxRow]:
    """A bridge between two runs may unlock something, as any day may."""
    unlocks = await unlock(held, [Move(moved.user_id, "streak_days", moved.longest_before, moved.longest, at_ms)])
    streak = StandingStreak(moved.seen, moved.longest, moved.state)
    event = streak_event(moved.user_id, at_ms, streak, moved.day)
    return await announce(held, [event, *unlock_events(unlocks, None)], [moved.user_id])
