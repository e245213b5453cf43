"""Heal: begin a new life of a raid's log with everything the old one still held.

One transaction. The fence does not apply: the log is frozen, and what it holds was promised to somebody.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from persistence.entries import COMPLETE, LedgerEntry, by_command, raids_of, up_to_each_end, users_of
from persistence.errors import BadData, RaidUnknown, translated
from persistence.folding import is_end, lock, targets_met_at
from persistence.pool import Connection, Pool, savepoint, transaction
from persistence.progress import advance, put_aside
from persistence.reading import read_raid
from persistence.rows import EntryKey, HealedRaid
from persistence.statements import statement
from raidline.ids import Epoch, RaidId

FOLD_SIZE = 5000
"""Within one transaction every statement leaves a version of each row it counts on, for the next to step over:
fewer and larger ones are twice as fast as those of recording, and still far from the statement's time."""

PARSE_SIZE = 5000


async def parse_frozen(raws: Sequence[bytes]) -> list[LedgerEntry]:
    """The entries in the order of their names. A long log lets others run in between."""
    entries: dict[EntryKey, LedgerEntry] = {}
    for start in range(0, len(raws), PARSE_SIZE):
        for raw in raws[start : start + PARSE_SIZE]:
            entry = LedgerEntry.parse(raw)
            entries[entry.name] = entry
        await asyncio.sleep(0)
    return [entries[name] for name in sorted(entries)]


async def heal_raid(
    pool: Pool, raid_id: RaidId, state_epoch: Epoch | None, frozen: Sequence[LedgerEntry], key_limit: int
) -> HealedRaid:
    """Record what the ledger lacks of a frozen log, raise the epoch, read everything."""
    if raids_of(frozen) not in ([], [raid_id]):
        raise ValueError(f"the frozen log of raid {raid_id} holds entries of another raid")
    async with transaction(pool) as held:
        if raid_id not in await lock(held, [raid_id], users_of(frozen)):
            raise RaidUnknown(raid_id)
        end = await held.fetchrow(statement("heal_known_end"), raid_id)
        healing = Healing(held, (raid_id, end["epoch"], end["seq"]) if end else None)
        for run in up_to_each_end(frozen, FOLD_SIZE):
            await healing.take(run)
        await held.execute(statement("heal_raid"), raid_id, state_epoch)
        return await read_raid(held, raid_id, key_limit)


@dataclass(slots=True)
class Healing:
    """One frozen log on its way into the ledger."""

    held: Connection
    end: EntryKey | None
    """The one end the raid has, from the moment it is known."""
    dropped: list[EntryKey] = field(default_factory=list)

    async def take(self, run: Sequence[LedgerEntry]) -> None:
        """Fold a run of entries, in their order; an end comes in a run of its own."""
        if is_end(run[0]):
            await self._take_end(run[0])
        else:
            await self._halving(run)

    async def _take_end(self, end: LedgerEntry) -> None:
        """At most one end; a completion only where everything below it meets both targets."""
        if self.end is None:
            refused = end.event == COMPLETE and not await targets_met_at(self.held, end)
        else:
            refused = self.end != end.name
        if refused:
            self.dropped.append(end.name)
            return
        await self._halving([end])
        self.end = end.name

    async def _halving(self, entries: Sequence[LedgerEntry]) -> None:
        """As for recording: halve at command boundaries until the bad command is alone, put it aside."""
        try:
            async with savepoint(self.held):
                await advance(self.held, entries)
                return
        except Exception as error:
            bad = translated(error)
            if not isinstance(bad, BadData):
                raise
        commands = by_command(entries)
        if len(commands) == 1:
            for entry in entries:
                await put_aside(self.held, entry, bad.sqlstate, bad.detail)
            return
        middle = len(commands) // 2
        for half in (commands[:middle], commands[middle:]):
            await self._halving(sorted((e for command in half for e in command), key=lambda e: e.name))


async def load_raid(pool: Pool, raid_id: RaidId, key_limit: int) -> HealedRaid | None:
    """Read an unloaded raid without changing it; None where it is not unloaded, or is not at all."""
    async with transaction(pool) as held:
        if await held.fetchval(statement("raid_lock_unloaded"), raid_id) is None:
            return None
        return await read_raid(held, raid_id, key_limit)


async def read_raid_as_is(pool: Pool, raid_id: RaidId, key_limit: int) -> HealedRaid | None:
    """Read a raid as of one moment without holding anybody up; None where it is not."""
    async with transaction(pool) as held:
        await held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if not await held.fetchval(statement("raid_exists"), raid_id):
            return None
        return await read_raid(held, raid_id, key_limit)
