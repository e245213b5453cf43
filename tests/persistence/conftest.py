"""A ledger of each test's own, and people and raids to fill it with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest_asyncio

from persistence.ledger import Ledger
from persistence.partitions import ensure_partitions
from persistence.people import People
from persistence.pool import Pool, connection, open_pool
from persistence.raids import NewRaid, Raids
from raidline.ids import UserId
from tests.helpers import eventually
from tests.persistence.log import Log


@dataclass(frozen=True, slots=True)
class World:
    """One database and everything that speaks to it."""

    url: str
    pool: Pool
    ledger: Ledger
    raids: Raids
    people: People

    async def users(self, count: int) -> list[UserId]:
        made = [await self.people.find_or_make_user("test", str(uuid4()), "Ada", "UTC") for _ in range(count)]
        return [user.id for user in made]

    async def raid(self, leader: UserId, **options: Any) -> Log:
        """A raid that recruits, as a log that has no entry yet."""
        new = {**RAID, **options, "leader_id": leader}
        raid_id = await self.raids.create_raid(NewRaid(**new))
        return Log(raid_id, await self.value("SELECT epoch FROM raids WHERE id = $1", raid_id), leader)

    async def active_raid(self, leader: UserId, **options: Any) -> Log:
        log = await self.raid(leader, **options)
        log.start()
        await self.ledger.record(log.entries)
        return log

    async def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        async with connection(self.pool) as held:
            return [tuple(row) for row in await held.fetch(query, *arguments)]

    async def value(self, query: str, *arguments: Any) -> Any:
        async with connection(self.pool) as held:
            return await held.fetchval(query, *arguments)

    async def execute(self, query: str) -> None:
        """Anything at all, several statements too."""
        async with connection(self.pool) as held:
            await held.execute(query)

    async def until_somebody_waits(self) -> None:
        """For a lock, in this database."""

        async def waits() -> bool:
            return bool(
                await self.value(
                    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                    " AND backend_type = 'client backend' AND wait_event_type = 'Lock')"
                )
            )

        await eventually(waits)

    async def sums(self, log: Log) -> tuple[int, int]:
        rows = await self.rows("SELECT current_xp, current_tasks FROM raids WHERE id = $1", log.raid_id)
        return (rows[0][0], rows[0][1])


RAID: dict[str, Any] = {
    "title": "A title",
    "description": "",
    "public": False,
    "open_join": False,
    "target_xp": 1000,
    "target_tasks": 10,
    "time_limit_hours": 24,
    "max_members": 100,
    "max_xp_per_contribution": 10_000,
    "max_xp_per_member_per_day": None,
    "leader_name": "Ada",
}


def world_of(url: str, pool: Pool) -> World:
    return World(url, pool, Ledger(pool), Raids(pool), People(pool))


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    pool = await open_pool(database_url, size=6, statement_timeout_ms=30_000)
    await ensure_partitions(pool)
    yield world_of(database_url, pool)
    pool.terminate()


@pytest_asyncio.fixture
async def plain(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of the test's own, to meddle with."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
