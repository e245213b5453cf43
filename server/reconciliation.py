"""`raidline audit`: everything held against everything, on demand, and mended where asked.

state hash = log = ledger = sum of rows = leaderboards. The ledger is compared with itself set by set, each raid's
state and log and each leaderboard with the ledger one by one. `mend` records from the logs first, then mends the sums
and what hangs on them, then the states, then the leaderboards.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import structlog

from persistence.audit import Difference, LedgerAudit
from persistence.errors import LedgerAway
from persistence.rows import EntryName, HealedRaid, KnownKey
from raidline.ids import ContributionId, Epoch, RaidId, Seq
from realtime.commands import Void
from realtime.cursor import Cursor
from realtime.errors import RedisAway
from realtime.inspection import Inspected
from server.board_audit import BoardAudit
from server.comparison import differences
from server.outcomes import Accepted
from server.packing import loaded_state
from server.services import Services

LOOKS = 10
"""How often a raid is read again because somebody wrote to it between the two readings."""

LOOK_AGAIN_SECONDS = 0.3
RAIDS_AT_ONCE = 8
PAGE = 100
QUARANTINE_PAGE = 1000
KEYS_PAGE = 1000

UNRECORDED = "unrecorded"

log = structlog.get_logger(__name__)


class Reconciliation:
    """Every method raises LedgerAway and RedisAway: a comparison with half of it away says nothing."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ledger_audit = LedgerAudit(services.pool)
        self._boards = BoardAudit(services)

    async def look(self) -> AsyncIterator[Difference]:
        """Every difference there is now, the ledger's own first. Changes nothing."""
        for difference in await self._of_ledger():
            yield difference
        async for _, found in self._of_raids():
            for difference in found:
                yield difference
        async for difference in self._strangers():
            yield difference
        async for _, found in self._boards.compared():
            for difference in found:
                yield difference

    async def _of_ledger(self) -> list[Difference]:
        """What two servers record out of order differs for an instant: only what is seen twice counts."""
        found = [difference async for difference in self._ledger_audit.differences()]
        if not found:
            return []
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        again = {difference async for difference in self._ledger_audit.differences()}
        return [difference for difference in found if difference in again]

    async def mend(self) -> None:
        """Mend what `look` finds, losing nothing that was answered 200 or 201. A raid that cannot be mended is
        logged and leaves the others."""
        async for page in self._pages():
            await self._services.auditor.audit(page)
        await self._settle_quarantine()
        await self._ledger_audit.repair_folds()
        async for raid_id, found in self._of_raids():
            if found:
                await self._try_to_heal(raid_id)
        await self._services.notifier.send(await self._services.ledger.send_outbox(0, QUARANTINE_PAGE))
        async for board, wrong in self._boards.compared():
            if wrong:
                await self._boards.build_anew(board)

    async def _pages(self) -> AsyncIterator[list[RaidId]]:
        after = RaidId(0)
        while page := await self._services.raids.ids(after, PAGE):
            yield page
            after = page[-1]

    async def _of_raids(self) -> AsyncIterator[tuple[RaidId, list[Difference]]]:
        slots = asyncio.Semaphore(RAIDS_AT_ONCE)

        async def in_turn(raid_id: RaidId) -> list[Difference]:
            async with slots:
                return await self.of_raid(raid_id)

        async for page in self._pages():
            for raid_id, found in zip(page, await asyncio.gather(*map(in_turn, page)), strict=True):
                yield raid_id, found

    async def of_raid(self, raid_id: RaidId) -> list[Difference]:
        """Between one raid's state and the ledger. Both sides are read until nobody wrote in between, which shows
        in the same difference twice; what is still unrecorded after all looks is a difference too."""
        found: list[Difference] = []
        for _ in range(LOOKS):
            before, found = found, await self._between(raid_id)
            if not found or (found == before and found[0].kind != UNRECORDED):
                break
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return found

    async def _between(self, raid_id: RaidId) -> list[Difference]:
        held = await self._services.inspector.inspect(raid_id)
        ledger = await self._services.ledger.read(raid_id)
        if ledger is None:
            return [Difference("raid", f"raids {raid_id}", "a row", "nothing")]
        if held is None:
            return self._without_state(raid_id, ledger)
        unrecorded = await self._unrecorded(raid_id, held)
        return unrecorded or await self._compare(ledger, held)

    async def _compare(self, ledger: HealedRaid, held: Inspected) -> list[Difference]:
        if ledger.keys is None:
            ledger = replace(ledger, keys=await self._keys_of(ledger.raid.id, sorted(held.contributions)))
        return list(differences(ledger.raid, loaded_state(ledger, "", sealed=False), held))

    async def _keys_of(self, raid_id: RaidId, ids: Sequence[str]) -> list[KnownKey]:
        known: list[KnownKey] = []
        for start in range(0, len(ids), KEYS_PAGE):
            page = [ContributionId(one) for one in ids[start : start + KEYS_PAGE]]
            known += await self._services.ledger.known_keys(raid_id, page)
        return known

    def _without_state(self, raid_id: RaidId, ledger: HealedRaid) -> list[Difference]:
        if ledger.raid.unloaded:
            return []
        return [Difference("state", f"raid {raid_id}", "a state in Redis", "nothing")]

    async def _unrecorded(self, raid_id: RaidId, held: Inspected) -> list[Difference]:
        names = [
            EntryName(one.entry.seq, ContributionId(one.command_id) if one.entry.event == "contribution" else None)
            for one in held.log
        ]
        missing: list[Seq] = []
        for start in range(0, len(names), QUARANTINE_PAGE):
            page = names[start : start + QUARANTINE_PAGE]
            missing += await self._services.ledger.missing(raid_id, held.head.epoch, page)
        return [
            Difference(UNRECORDED, f"raid {raid_id} entry {Cursor(held.head.epoch, seq)}", "recorded", "only logged")
            for seq in missing
        ]

    async def _strangers(self) -> AsyncIterator[Difference]:
        """States of raids the ledger does not know."""
        async for page in self._services.inspector.raids_held():
            for raid_id in page:
                if not await self._services.raids.exists(raid_id):
                    yield Difference("stranger", f"raid {raid_id}", "a row in the ledger", "a state without one")

    async def _settle_quarantine(self) -> None:
        """What the ledger could not take leaves the state by an entry everyone sees; where the raid has ended or
        does not know it any more, by a heal."""
        for entry in await self._services.ledger.in_quarantine(QUARANTINE_PAGE):
            if entry.contribution_id is not None:
                command = Void(
                    raid_id=entry.raid_id,
                    contribution_id=entry.contribution_id,
                    actor_id=None,
                    is_admin=True,
                    reason="quarantine",
                )
                if isinstance(await self._services.write_path.submit(command), Accepted):
                    continue
            await self._heal(entry.raid_id)
            await self._services.ledger.settle_quarantine([entry.id])

    async def _try_to_heal(self, raid_id: RaidId) -> None:
        try:
            await self._heal(raid_id)
        except (LedgerAway, RedisAway):
            raise
        except Exception:
            log.exception("raid_not_mended", raid_id=raid_id)

    async def _heal(self, raid_id: RaidId) -> None:
        heads = await self._services.store.heads([raid_id])
        ledger = await self._services.ledger.read(raid_id)
        epochs = [heads[raid_id].epoch] if raid_id in heads else []
        epochs += [ledger.raid.epoch] if ledger is not None else []
        await self._services.healer.ensure(raid_id, Epoch(max(epochs, default=Epoch(0)) + 1))
