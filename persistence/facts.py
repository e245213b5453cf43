"""What the ledger says of many raids at once, as a comparison with their states in Redis needs it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from persistence.ledger import NO_CONTRIBUTION
from persistence.pool import Pool, connection, transaction
from persistence.rows import KnownKey, RaidRow
from persistence.statements import statement
from raidline.ids import ContributionId, RaidId, UserId


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A person in a raid; `state` is None for a shell, whose join is not recorded yet."""

    state: Literal["member", "left", "removed"] | None
    username: str | None
    joined_at_ms: int | None
    xp: int
    tasks: int


@dataclass(frozen=True, slots=True)
class RaidFacts:
    """A raid as the ledger has it at one moment."""

    raid: RaidRow
    key_count: int
    void_count: int
    members: dict[UserId, MemberFacts] = field(default_factory=dict)


class LedgerFacts:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of_raids(self, raid_ids: Sequence[RaidId]) -> dict[RaidId, RaidFacts]:
        """Those of these raids that the ledger knows, all as of one moment."""
        async with transaction(self._pool) as held:
            await held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            rows = await held.fetch(statement("raids_rows"), raid_ids)
            members = await held.fetch(statement("facts_members"), raid_ids)
            counts = await held.fetch(statement("facts_counts"), raid_ids)
        counted = {row["raid_id"]: (row["keys"], row["voids"]) for row in counts}
        facts = {row["id"]: RaidFacts(RaidRow.of(row), *counted[row["id"]]) for row in rows}
        for raid_id, user_id, *rest in members:
            if raid_id in facts:
                facts[raid_id].members[user_id] = MemberFacts(*rest)
        return facts

    async def keys(self, raid_id: RaidId, after: ContributionId | None, limit: int) -> list[KnownKey]:
        """A raid's contributions by id, after this one: the order in which they are quick to page through."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("raid_keys_page"), raid_id, after or NO_CONTRIBUTION, limit)
        return [KnownKey.of(row) for row in rows]

    async def keys_of(self, raid_id: RaidId, ids: Sequence[ContributionId]) -> dict[ContributionId, KnownKey]:
        """Those of these contributions that the raid knows."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("raid_keys_of"), raid_id, ids)
        return {row["contribution_id"]: KnownKey.of(row) for row in rows}
