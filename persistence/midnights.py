"""What time does to streaks by itself: freezes are spent at midnight, and who may lose a streak tonight is told so.

For the worker, a page of people in a transaction. They are found without a lock and decided under it, so that any
number of workers may do it at once: what one of them has done is not due any more for the others.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

from persistence.effects import streak_event
from persistence.folding import StandingStreak
from persistence.pool import Connection, Pool, transaction
from persistence.progress import announce
from persistence.recording import again_on_collision
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.streaks import Midnight, settle_midnights
from persistence.telling import Event
from persistence.unlocking import lock_people, time_text
from raidline.ids import UserId

Work = Callable[[Connection, Sequence[UserId], int], Awaitable[list[OutboxRow]]]


class Midnights:
    """Both methods take the instant it is (ms) and give what is to be told; None where nobody was due."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def spend_freezes(self, at_ms: int, limit: int) -> list[OutboxRow] | None:
        """Settle that many midnights that have passed on a missed day, earliest first."""
        return await self._page("midnights_due", _spend, at_ms, limit)

    async def warn_at_risk(self, at_ms: int, limit: int) -> list[OutboxRow] | None:
        """Tell that many people that their streak ends at the coming midnight, each once a day."""
        return await self._page("risks_due", _warn, at_ms, limit)

    async def _page(self, whose: str, work: Work, at_ms: int, limit: int) -> list[OutboxRow] | None:
        async def once() -> list[OutboxRow] | None:
            async with transaction(self._pool) as held:
                users = [row["user_id"] for row in await held.fetch(statement(whose), at_ms, limit)]
                if not users:
                    return None
                await lock_people(held, users)
                return await work(held, users, at_ms)

        return await again_on_collision(once)


async def _spend(held: Connection, users: Sequence[UserId], at_ms: int) -> list[OutboxRow]:
    spent = await settle_midnights(held, dict.fromkeys(users, at_ms))
    return await announce(held, [_frozen(one) for one in spent], [one.user_id for one in spent])


async def _warn(held: Connection, users: Sequence[UserId], at_ms: int) -> list[OutboxRow]:
    """A page that was told of changes nothing else, so nothing kept of these people has to be dropped."""
    rows = await held.fetch(statement("risks_told"), users, at_ms)
    return await announce(held, [_at_risk(row, at_ms) for row in rows], [])


def _frozen(spent: Midnight) -> Event:
    streak = StandingStreak(spent.current, spent.longest, "frozen")
    return streak_event(spent.user_id, spent.at_ms, streak, spent.day)


def _at_risk(row: asyncpg.Record, at_ms: int) -> Event:
    streak = StandingStreak(row["current"], row["longest"], "atRisk")
    event = streak_event(row["user_id"], at_ms, streak, row["day"])
    data: dict[str, Any] = event["data"]
    data["endsAt"] = time_text(row["ends_at_ms"])
    return event
