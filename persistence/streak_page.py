"""A streak with everything its owner may want to know about it, read without holding anybody up."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg

from persistence.pool import Pool, connection
from persistence.statements import statement
from persistence.streak_keeping import REPAIR_EVERY_MS, REPAIR_HOURS, StreakDay, StreakKeeping
from persistence.streaks import StreakSeen
from raidline.ids import UserId

FREEZE_EVERY = 7
"""Days as they happen that earn a freeze."""


@dataclass(frozen=True, slots=True)
class Repair:
    """The day that can be repaired now, and until when."""

    day: date
    until_ms: int


@dataclass(frozen=True, slots=True)
class Pause:
    """What is left of a pause, or one to come."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class StreakPage:
    streak: StreakSeen
    next_freeze_in: int
    repair: Repair | None
    pause: Pause | None
    days: list[StreakDay]
    """From the person's very first day on; nothing was missed before."""


class StreakPages:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def seen(self, user_id: UserId, tz: str, at_ms: int) -> StreakSeen:
        """The streak as it is at this instant; one that never was has nothing in it.

        Nobody is locked, unless a midnight has passed that the worker has yet to settle.
        """
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("streaks_seen"), [user_id], [at_ms])
        if row is not None and not row["due"]:
            return StreakSeen(*row[:-1])
        settled = await StreakKeeping(self._pool).seen(user_id, at_ms) if row is not None else None
        return settled or StreakSeen(user_id, 0, 0, 0, 0, None, today_in(tz, at_ms), "none")

    async def page(self, user_id: UserId, tz: str, at_ms: int, first: date, last: date) -> StreakPage | None:
        """With every day between these two, as far as it has come or is kept ahead; None for one who is no more."""
        streak = await self.seen(user_id, tz, at_ms)
        async with connection(self._pool) as held:
            calendar = await held.fetch(statement("streak_calendar"), user_id, first, last, at_ms)
            missed = await held.fetchval(statement("streak_repairable"), user_id, at_ms, REPAIR_HOURS, None)
            rows = await held.fetch(statement("streak_outlook"), user_id, streak.today, missed, REPAIR_HOURS)
        if not rows:
            return None
        outlook = rows[0]
        return StreakPage(
            streak,
            FREEZE_EVERY - outlook["live_days"] % FREEZE_EVERY,
            _repair(outlook, missed, at_ms),
            Pause(outlook["paused_from"], outlook["paused_to"]) if outlook["paused_from"] else None,
            [StreakDay(*row) for row in calendar],
        )


def today_in(tz: str, at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(tz)).date()


def _repair(outlook: asyncpg.Record, missed: date | None, at_ms: int) -> Repair | None:
    repaired_at = outlook["repaired_at_ms"]
    if missed is None or (repaired_at is not None and repaired_at + REPAIR_EVERY_MS > at_ms):
        return None
    return Repair(missed, outlook["repair_until_ms"])
