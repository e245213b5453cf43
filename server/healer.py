"""One procedure for every doubt (DESIGN, *Heal*): freeze, record what the ledger lacks, read it back under a new
epoch, put it in place.

Each rule of it was found by exploring every interleaving of a small model; `tests/faults` has a test for each that
fails without it. Leave none of them out because it seems not to matter.
"""

import asyncio
import random
import time

import structlog

from persistence.errors import LedgerAway
from persistence.ledger import Ledger
from raidline.ids import Epoch, RaidId, Seq
from realtime.commands import Settle
from realtime.healing import SEALED_LIFE_MS, Frozen, RaidCare
from realtime.raids import Decided, RaidStore
from server.packing import loaded_state
from server.points import Pause, Point, no_pause
from server.shared_work import Shared

ROUNDS = 8
"""How often one heal starts over because somebody else was quicker or Redis restarted again in its midst."""

WAIT_SHARE_MAX = 2.0
"""How long one that was overtaken waits at most, as a share of the time its own round took."""

LOOK_SECONDS = 0.05

log = structlog.get_logger(__name__)


class Healer:
    def __init__(self, care: RaidCare, store: RaidStore, ledger: Ledger, pause: Pause = no_pause) -> None:
        self._care = care
        self._store = store
        self._ledger = ledger
        self._pause = pause
        self._healing: Shared[RaidId, None] = Shared()

    async def ensure(self, raid_id: RaidId, least_epoch: Epoch) -> None:
        """See to it that the raid has a state in order, of `least_epoch` or later; the caller asks again after it.

        One heal per raid and process at a time; whoever comes meanwhile waits for that one, which goes on if they
        go away. Raises RaidUnknown, LedgerAway, RedisAway.
        """
        await self._healing.of(raid_id, lambda: self._heal(raid_id, least_epoch))

    async def _heal(self, raid_id: RaidId, least_epoch: Epoch) -> None:
        async with self._ledger.heal_lock(raid_id):
            for _ in range(ROUNDS):
                begun = time.monotonic()
                frozen = await self._care.freeze(raid_id, least_epoch)
                if frozen.outcome == "in_order" or await self._put_in_place(raid_id, least_epoch, frozen):
                    return
                if await self._left_to_another(raid_id, least_epoch, time.monotonic() - begun):
                    return
        log.warning("heal_gave_up", raid_id=raid_id, rounds=ROUNDS)

    async def _left_to_another(self, raid_id: RaidId, least_epoch: Epoch, lost_seconds: float) -> bool:
        """Whoever was overtaken leaves the other the time to come to an end: freezing the raid again at once
        would undo that heal too, and two that take longer than the lock's patience would do so in turn, for ever.
        """
        give_up_at = time.monotonic() + lost_seconds * random.uniform(0, WAIT_SHARE_MAX)
        while True:
            state = (await self._care.marks([raid_id])).get(raid_id)
            if state is not None and state.in_order and state.epoch >= least_epoch:
                return True
            if time.monotonic() >= give_up_at:
                return False
            await asyncio.sleep(LOOK_SECONDS)

    async def _put_in_place(self, raid_id: RaidId, least_epoch: Epoch, frozen: Frozen) -> bool:
        if frozen.outcome == "missing" and (word := await self._reload_sealed(raid_id, least_epoch, frozen)):
            return word == "placed"
        await self._pause(Point.HEAL_AFTER_FREEZE)
        log_entries = await self._frozen_log(raid_id, frozen)
        if log_entries is None:
            return False
        state_epoch = frozen.epoch if frozen.outcome == "frozen" else None
        healed = await self._ledger.heal(raid_id, _at_least(state_epoch, least_epoch), log_entries)
        await self._pause(Point.HEAL_AFTER_COMMIT)
        word = await self._care.load(raid_id, loaded_state(healed, frozen.run_id, sealed=False), frozen)
        if word != "placed":
            return False
        # A raid without a state is mostly one that has just been made: its log begins with a heal.
        say = log.debug if frozen.outcome == "missing" else log.info
        say("raid_healed", raid_id=raid_id, epoch=healed.raid.epoch, because=frozen.outcome)
        await self.settle(raid_id, healed.raid.epoch)
        return True

    async def _reload_sealed(self, raid_id: RaidId, least_epoch: Epoch, frozen: Frozen) -> str | None:
        """A raid unloaded in good order comes back under the epoch it had, sealed again; only with its flag.

        The word of the swap; None for a raid that has to heal.
        """
        unloaded = await self._ledger.load(raid_id)
        if unloaded is None or unloaded.raid.epoch < least_epoch:
            return None
        expire_at = round(time.time() * 1000) + SEALED_LIFE_MS
        state = loaded_state(unloaded, frozen.run_id, sealed=True)
        return await self._care.load(raid_id, state, frozen, expire_at_ms=expire_at)

    async def _frozen_log(self, raid_id: RaidId, frozen: Frozen) -> list[bytes] | None:
        """All of the frozen log; None when the state is no longer the one that was frozen."""
        if frozen.outcome == "missing":
            return []
        entries: list[bytes] = []
        async for page in self._care.log_pages(raid_id, frozen.epoch, Seq(0), frozen.token):
            if page is None:
                return None
            entries.extend(one.entry.ledger for one in page)
        return entries

    async def settle(self, raid_id: RaidId, epoch: Epoch) -> None:
        """Both targets met and no end: append the end. If the ledger goes away now, the auditor records it."""
        decision = (await self._store.decide([Decided(Settle(raid_id=raid_id), least_epoch=epoch)]))[0]
        if not decision.entries:
            return
        try:
            await self._ledger.record([entry.ledger for entry in decision.entries])
        except LedgerAway:
            log.info("end_waits_for_auditor", raid_id=raid_id)


def _at_least(state_epoch: Epoch | None, least_epoch: Epoch) -> Epoch | None:
    """The new epoch has to pass the state's and to reach the one somebody asked for."""
    if least_epoch == 0:
        return state_epoch
    return Epoch(max(state_epoch or 0, least_epoch - 1))
