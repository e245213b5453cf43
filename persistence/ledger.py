"""The ledger: what has happened, recorded once, and what follows from it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from persistence.entries import parse_all
from persistence.folding import uuid_text
from persistence.healing import heal_raid, load_raid, parse_frozen, read_raid_as_is
from persistence.pool import Pool, connection
from persistence.recording import Passing, Recorder, again_on_collision
from persistence.rows import (
    AuditedRow,
    EntryName,
    HealedRaid,
    KnownKey,
    OutboxRow,
    QuarantinedEntry,
    Recall,
    Recorded,
)
from persistence.statements import statement
from raidline.ids import ContributionId, Epoch, RaidId, Seq

NO_CONTRIBUTION = "00000000-0000-0000-0000-000000000000"
KEY_LIMIT = 10_000
"""Raids with more contributions are loaded without their keys."""

HEAL_LOCK_POLL_SECONDS = 0.05


async def _pass_on(_point: str) -> None:
    """Nothing waits at the named points."""


class Ledger:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(
        self, pool: Pool, passing: Passing = _pass_on, *, key_limit: int = KEY_LIMIT, healers: int = 2
    ) -> None:
        self._pool = pool
        self._recorder = Recorder(pool, passing)
        self._key_limit = key_limit
        # A healer holds one connection while it needs another: so many that some are always left.
        self._healers = asyncio.Semaphore(healers)

    async def record(self, entries: Sequence[bytes], recalls: Sequence[Recall] = ()) -> Recorded:
        """Record entries of any raids in any order, each once, and say what the ledger holds of them.

        All of it commits together unless something in it has to be left out, see `Recorded`. After
        `LedgerAway` nothing is known to have been recorded: send the same entries again.
        """
        wanted = [(recall.raid_id, recall.contribution_id) for recall in recalls]
        return await self._recorder.record(parse_all(entries), wanted)

    async def heal(self, raid_id: RaidId, state_epoch: Epoch | None, frozen: Sequence[bytes]) -> HealedRaid:
        """Record what a frozen log holds, begin a new epoch, and read the raid. Raises `RaidUnknown`."""
        entries = await parse_frozen(frozen)
        return await again_on_collision(lambda: heal_raid(self._pool, raid_id, state_epoch, entries, self._key_limit))

    async def load(self, raid_id: RaidId) -> HealedRaid | None:
        """Read a raid that left Redis in good order; None for every other: those have to heal."""
        return await again_on_collision(lambda: load_raid(self._pool, raid_id, self._key_limit))

    async def read(self, raid_id: RaidId) -> HealedRaid | None:
        """What a heal would load now, without changing anything; None: no such raid."""
        return await read_raid_as_is(self._pool, raid_id, self._key_limit)

    @asynccontextmanager
    async def heal_lock(self, raid_id: RaidId, patience_seconds: float = 5.0) -> AsyncIterator[bool]:
        """Be the one who heals this raid, over all servers; False where patience ran out first.

        It only prevents storms: whoever goes on without it does no harm.
        """
        deadline = asyncio.get_running_loop().time() + patience_seconds
        while True:
            # Whoever waits holds nothing: one raid whose healer stands still must not keep all others waiting.
            async with self._healers, connection(self._pool) as held:
                mine = bool(await held.fetchval(statement("lock_heal"), raid_id))
                if mine or asyncio.get_running_loop().time() >= deadline:
                    try:
                        yield mine
                    finally:
                        if mine:
                            await held.fetchval(statement("unlock_heal"), raid_id)
                    return
            await asyncio.sleep(HEAL_LOCK_POLL_SECONDS)

    async def known_key(self, raid_id: RaidId, contribution_id: ContributionId) -> KnownKey | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("raid_key"), raid_id, contribution_id)
        return KnownKey.of(row) if row else None

    async def known_keys(self, raid_id: RaidId, ids: Sequence[ContributionId]) -> list[KnownKey]:
        """Those of these contributions that the raid knows."""
        async with connection(self._pool) as held:
            return [KnownKey.of(row) for row in await held.fetch(statement("raid_keys_of"), raid_id, ids)]

    async def missing(self, raid_id: RaidId, epoch: Epoch, entries: Sequence[EntryName]) -> list[Seq]:
        """Those of a log's entries that the ledger does not hold, ascending. Quarantine counts as held."""
        seqs = [entry.seq for entry in entries]
        contributions = [_looked_for(entry.contribution_id) for entry in entries]
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("entries_missing"), raid_id, epoch, seqs, contributions)
        return [row["seq"] for row in rows]

    async def set_audited(self, raid_id: RaidId, epoch: Epoch, seq: Seq) -> AuditedRow | None:
        """Raise the watermark where the epoch is the row's, and say what both are now; None: no such raid."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("set_audited"), raid_id, epoch, seq)
        return AuditedRow(row["epoch"], row["audited_seq"]) if row else None

    async def set_unloaded(self, raid_id: RaidId, epoch: Epoch) -> bool:
        """Note that a raid left Redis in good order; False where it was healed in the meantime."""
        async with connection(self._pool) as held:
            return await held.fetchval(statement("set_unloaded"), raid_id, epoch) is not None

    async def in_quarantine(self, limit: int) -> list[QuarantinedEntry]:
        """Entries that nothing has settled yet, oldest first."""
        async with connection(self._pool) as held:
            return [QuarantinedEntry(*row) for row in await held.fetch(statement("quarantine_open"), limit)]

    async def settle_quarantine(self, ids: Iterable[int]) -> None:
        """Note that these entries are part of no state any more."""
        async with connection(self._pool) as held:
            await held.execute(statement("quarantine_settle"), list(ids))

    async def send_outbox(self, older_than_seconds: float, limit: int) -> list[OutboxRow]:
        """What has waited that long to be told, oldest first, less what another worker is reading just now.

        Rows stay until `delete_outbox`: receivers drop repeats.
        """
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("outbox_take"), older_than_seconds, limit)
        return [OutboxRow.of(row) for row in rows]

    async def ping(self) -> None:
        """Whether Postgres answers and would take a write. A standby or a full disk is away too."""
        async with connection(self._pool) as held:
            await held.fetchval(statement("ping"))

    async def delete_outbox(self, ids: Iterable[int]) -> None:
        """Forget what has been told."""
        async with connection(self._pool) as held:
            await held.execute(statement("outbox_delete"), list(ids))


def _looked_for(contribution_id: ContributionId | None) -> str | None:
    """An id that is none is held by nobody; Postgres would refuse the whole question."""
    return None if contribution_id is None else uuid_text(contribution_id) or NO_CONTRIBUTION
