"""Record a batch: one transaction when all is well, and what to do when it is not.

collision of transactions   the whole batch again, a few times, after a little while
an end that cannot be       its raid is left out and has to heal; the rest again
bad data                    halved at command boundaries until the bad command is alone: quarantine
anything else               Postgres is away: nothing is known to have happened
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from persistence.entries import COMPLETE, LedgerEntry, by_command, raids_of, users_of
from persistence.errors import BadData, Collision, LedgerAway
from persistence.folding import (
    KeyName,
    is_end,
    key_name,
    keys_aside,
    keys_known,
    lock,
    names_held,
    targets_met_at,
)
from persistence.pool import Connection, Pool, connection, transaction
from persistence.progress import Advanced, advance, put_aside
from persistence.rows import Recorded, RecordedKey
from raidline.ids import Epoch, RaidId

COLLISION_TRIES = 8
COLLISION_PAUSE_SECONDS = 0.02

T = TypeVar("T")
Passing = Callable[[str], Awaitable[None]]


class EndRefused(Exception):
    """The ledger cannot take the end of these raids."""

    def __init__(self, raids: set[RaidId]) -> None:
        super().__init__(f"ends refused: {sorted(raids)}")
        self.raids = raids


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records batches into one ledger. Holds nothing between calls."""

    pool: Pool
    passing: Passing

    async def record(self, entries: Sequence[LedgerEntry], recalls: Iterable[KeyName]) -> Recorded:
        """Entries in the order of their names, each once."""
        recorded = await self._halving(entries) if entries else Recorded()
        unanswered = [name for name in recalls if name not in recorded.keys]
        if unanswered:
            async with connection(self.pool) as held:
                recorded.keys.update(await keys_known(held, unanswered))
                unknown = [name for name in unanswered if name not in recorded.keys]
                recorded.quarantined |= await keys_aside(held, unknown)
        return recorded

    async def _halving(self, entries: Sequence[LedgerEntry]) -> Recorded:
        """Record all of it, or its halves where something in it is bad.

        The first half commits before the second is tried, so an end still finds what led to it.
        """
        try:
            return await self._without_refused_ends(entries)
        except BadData as error:
            commands = by_command(entries)
            if len(commands) == 1:
                return await self._quarantine(entries, error)
        recorded = Recorded()
        middle = len(commands) // 2
        for half in (commands[:middle], commands[middle:]):
            kept = [entry for command in half for entry in command if entry.raid_id not in recorded.unmet]
            if kept:
                recorded.add(await self._halving(sorted(kept, key=lambda entry: entry.name)))
        return recorded

    async def _without_refused_ends(self, entries: Sequence[LedgerEntry]) -> Recorded:
        unmet: set[RaidId] = set()
        while True:
            kept = [entry for entry in entries if entry.raid_id not in unmet]
            if not kept:
                return Recorded(unmet=unmet)
            try:
                recorded = await again_on_collision(partial(self._transaction, kept))
            except EndRefused as refused:
                unmet |= refused.raids
                continue
            recorded.unmet |= unmet
            return recorded

    async def _transaction(self, entries: Sequence[LedgerEntry]) -> Recorded:
        async with transaction(self.pool) as held:
            epochs = await lock(held, raids_of(entries), users_of(entries))
            await self.passing("between_lock_and_fold")
            recorded = await _fold_past_the_fence(held, entries, epochs)
        await self.passing("after_commit")
        return recorded

    async def _quarantine(self, command: Sequence[LedgerEntry], error: BadData) -> Recorded:
        """Put a bad command aside. The completion it caused is tried by itself, as any other end is."""
        consequence = [entry for entry in command if entry.event == COMPLETE and len(command) > 1]
        bad = [entry for entry in command if entry not in consequence]
        recorded = await again_on_collision(lambda: self._put_aside(bad, error))
        if consequence and not recorded.stale:
            recorded.add(await self._halving(consequence))
        return recorded

    async def _put_aside(self, bad: Sequence[LedgerEntry], error: BadData) -> Recorded:
        """All of one command, in a transaction of its own, behind the fence as everything else."""
        recorded = Recorded()
        async with transaction(self.pool) as held:
            epochs = await lock(held, raids_of(bad), users_of(bad))
            for entry in bad:
                if entry.epoch != epochs[entry.raid_id]:
                    recorded.stale[entry.raid_id] = epochs[entry.raid_id]
                    continue
                recorded.outbox += await put_aside(held, entry, error.sqlstate, error.detail)
                recorded.quarantined.add(entry.name)
        return recorded


async def again_on_collision(work: Callable[[], Awaitable[T]]) -> T:
    """Do it, and again where two transactions ran into one another; a few times, not in step."""
    for attempt in range(1, COLLISION_TRIES + 1):
        try:
            return await work()
        except Collision:
            await asyncio.sleep(random.uniform(0, attempt * COLLISION_PAUSE_SECONDS))
    raise LedgerAway(f"collided {COLLISION_TRIES} times")


async def _fold_past_the_fence(
    held: Connection, entries: Sequence[LedgerEntry], epochs: dict[RaidId, Epoch]
) -> Recorded:
    """Fold the entries of their raid's present epoch; look all others up, for they may be known."""
    current = [entry for entry in entries if epochs.get(entry.raid_id) == entry.epoch]
    advanced = await advance(held, current) if current else Advanced()
    recorded = Recorded(unknown={entry.raid_id for entry in entries} - epochs.keys(), outbox=advanced.outbox)
    rest = []
    for entry in entries:
        name = key_name(entry)
        if name is not None and (effects := advanced.effects.get(entry.name)) is not None:
            recorded.keys[name] = RecordedKey(entry.epoch, entry.seq, entry.fingerprint, effects, fresh=True)
        elif entry.name not in advanced.events and entry.raid_id in epochs:
            rest.append(entry)
    refused = await _look_up(held, rest, epochs, recorded) if rest else set()
    refused |= await _unmet(held, current, advanced)
    if refused:
        raise EndRefused(refused)
    return recorded


async def _look_up(
    held: Connection, rest: Sequence[LedgerEntry], epochs: dict[RaidId, Epoch], recorded: Recorded
) -> set[RaidId]:
    """Answer what this batch did not record: repeats, what is in quarantine, what the fence holds back.

    Returns the raids with a second end.
    """
    names = [name for entry in rest if (name := key_name(entry)) and name not in recorded.keys]
    recorded.keys.update(await keys_known(held, names))
    doubtful = [entry for entry in rest if key_name(entry) not in recorded.keys]
    quarantined = await names_held(held, (entry.name for entry in doubtful))
    refused = set()
    for entry in doubtful:
        if quarantined.get(entry.name):
            recorded.quarantined.add(entry.name)
        elif entry.name not in quarantined and entry.epoch != epochs[entry.raid_id]:
            recorded.stale[entry.raid_id] = epochs[entry.raid_id]
        elif entry.name not in quarantined and is_end(entry):
            refused.add(entry.raid_id)
    return refused


async def _unmet(held: Connection, entries: Sequence[LedgerEntry], advanced: Advanced) -> set[RaidId]:
    """The raids whose completion was folded just now without what led to it."""
    doubtful = [
        entry
        for entry in entries
        if entry.event == COMPLETE and entry.name in advanced.events and entry.raid_id not in advanced.met
    ]
    return {entry.raid_id for entry in doubtful if not await targets_met_at(held, entry)}
