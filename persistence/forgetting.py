"""Forgetting somebody: what the ledger gives away of a person, and what stays because others' sums are made of it.

One transaction makes them nobody (`begin`); everything after it can be done again, by anyone, as often as it takes.
`due` says for whom it has to be: until a look that began late enough for everything that was under way when they
went to have arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from persistence.achievements import forget_achievements
from persistence.folding import lock
from persistence.pool import Connection, Pool, connection, transaction
from persistence.recording import again_on_collision
from persistence.rows import OutboxRow
from persistence.statements import statement
from raidline.ids import RaidId, UserId

SETTLED_SECONDS = 120.0
"""Two sweeps of the auditor: what was decided before somebody went is in the ledger by then."""

CONTRIBUTIONS_PER_PAGE = 2000

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnowingRaid:
    """A raid that knows somebody, and whether they are in it and could leave."""

    raid_id: RaidId
    is_in: bool


def name_of_forgotten(user_id: UserId) -> str:
    """What stands in the place of the name."""
    return f"deleted-{user_id}"


class Forgetting:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, user_id: UserId) -> list[OutboxRow]:
        """From here on there is no such person. What is returned, their sessions' end, has yet to be announced."""

        async def once() -> list[OutboxRow]:
            async with transaction(self._pool) as held:
                await lock(held, [], [user_id])
                await _forget_rows(held, user_id)
                rows = await held.fetch(statement("forget_begin"), user_id)
            return [OutboxRow.of(row) for row in rows]

        # Whoever notes progress of theirs holds their row too, and may wait for what was deleted here.
        return await again_on_collision(once)

    async def due(self, limit: int) -> list[UserId]:
        """Of whom something may be left, longest due first."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("forget_due"), limit)
        return [row["user_id"] for row in rows]

    async def raids(self, user_id: UserId, after: RaidId, limit: int) -> list[KnowingRaid]:
        """Raids that know them, by id, above this one."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("forget_raids"), user_id, after, limit)
        return [KnowingRaid(*row) for row in rows]

    async def forget_names(self, user_id: UserId, raid_ids: Sequence[RaidId]) -> None:
        """Put another name in the place of theirs in these raids."""
        async with transaction(self._pool) as held:
            await lock(held, raid_ids, [user_id])
            await held.execute(statement("forget_names"), user_id, list(raid_ids), name_of_forgotten(user_id))

    async def forget_tasks(self, user_id: UserId) -> None:
        """Their contributions keep their numbers, not what the tasks were called."""
        after: datetime | None = _LONG_AGO
        while after is not None:
            async with connection(self._pool) as held:
                after = await held.fetchval(statement("forget_tasks"), user_id, after, CONTRIBUTIONS_PER_PAGE)

    async def forget_rows(self, user_id: UserId) -> None:
        """Delete what is theirs alone: what was still being recorded when they went may have made it anew."""
        async with transaction(self._pool) as held:
            await _forget_rows(held, user_id)

    async def looked(self, user_id: UserId, seconds_ago: float, settled_seconds: float = SETTLED_SECONDS) -> None:
        """A look that began so long ago has come to its end: there will be a last one, or this was it."""
        async with connection(self._pool) as held:
            await held.execute(statement("forget_later"), user_id, seconds_ago, settled_seconds)


async def _forget_rows(held: Connection, user_id: UserId) -> None:
    # With the achievements first: of their tallies they are taken back as long as there is somebody they were of.
    await forget_achievements(held, user_id)
    await held.execute(statement("forget_rows"), user_id)
