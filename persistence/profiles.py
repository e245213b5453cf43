"""A person as they see themselves, and what they change about it."""

from dataclasses import dataclass
from datetime import date
from typing import Self

import asyncpg

from persistence.errors import zone_refused
from persistence.folding import lock
from persistence.pool import Pool, connection, transaction
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.streaks import rezone
from raidline.ids import RaidId, UserId


@dataclass(frozen=True, slots=True)
class Profile:
    id: UserId
    name: str
    tz: str
    created_at_ms: int
    xp: int
    """Of contributions and of rewards: the level hangs on both."""
    credits: int
    level: int

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        return cls(**dict(row))


@dataclass(frozen=True, slots=True)
class StatsDay:
    """What a person did on one local day."""

    day: date
    xp: int
    tasks: int
    checkins: int


class Profiles:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def profile(self, user_id: UserId) -> Profile | None:
        """None for somebody there is not, or no longer."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("me_row"), user_id)
        return Profile.of(row) if row else None

    async def name_of(self, user_id: UserId) -> str | None:
        async with connection(self._pool) as held:
            found: str | None = await held.fetchval(statement("user_name"), user_id)
        return found

    async def change(self, user_id: UserId, name: str | None, tz: str | None, at_ms: int) -> list[OutboxRow]:
        """Another name, another zone, or both; None leaves it as it is. Their midnights move with the zone.

        What is returned has yet to be announced: others remember who this is with every session. Raises `ZoneUnknown`.
        """
        with zone_refused():
            return await self._change(user_id, name, tz, at_ms)

    async def _change(self, user_id: UserId, name: str | None, tz: str | None, at_ms: int) -> list[OutboxRow]:
        async with transaction(self._pool) as held:
            await lock(held, [], [user_id])
            rows = await held.fetch(statement("person_change"), user_id, name, tz)
            if tz is not None and rows:
                await rezone(held, user_id, at_ms)
        return [OutboxRow.of(row) for row in rows]

    async def live_raids(self, user_id: UserId, limit: int) -> list[RaidId]:
        """Those this person is in that have not ended, newest first."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("live_raids_of"), user_id, limit)
        return [row["raid_id"] for row in rows]

    async def stats(self, user_id: UserId, first: date, last: date) -> list[StatsDay]:
        """Every day from first to last, also those on which nothing was done."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("stats_days"), user_id, first, last)
        return [StatsDay(*row) for row in rows]
