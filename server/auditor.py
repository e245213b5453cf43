"""Nothing is lost, and it can be shown: the log is held against the ledger, entry by entry, above the watermark.

Two watermarks, one in the row and one in the state; the lower counts, so that a Postgres that was restored from a
backup is caught up from the log. The row's is written first: a crash between the two costs a second look.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
import structlog

from persistence.errors import LedgerAway
from persistence.ledger import Ledger
from persistence.raids import Raids
from persistence.rows import EntryName, LiveRaid
from raidline.ids import ContributionId, Epoch, RaidId, Seq
from realtime.entries import LedgerEntry
from realtime.errors import RedisAway
from realtime.healing import SEALED_LIFE_MS, AuditEntry, Marks, RaidCare
from server.healer import Healer
from server.points import Pause, Point, no_pause
from server.recorder import chunks

YOUNG_MS = 1000
"""An entry this young is left to the server that made it, which is most likely recording it just now."""

AWAY_MAX = 3
"""Raids for which a part may be away in one go; more mean that it is away."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Doubt(Exception):
    """What was found cannot be in a raid that is in order: it has to be healed to at least this epoch."""

    epoch: Epoch
    why: str


class Auditor:
    """Raises LedgerAway and RedisAway where these are away; whatever was done by then stays right."""

    def __init__(self, care: RaidCare, ledger: Ledger, raids: Raids, healer: Healer, pause: Pause = no_pause) -> None:
        self._care = care
        self._ledger = ledger
        self._raids = raids
        self._healer = healer
        self._pause = pause

    async def audit(self, raid_ids: Sequence[RaidId]) -> set[RaidId]:
        """Bring each raid's watermark up, seal what has ended, heal what cannot be. Unloaded raids are left alone.

        Returns those that have to be looked at again soon. A fault in one raid is logged and leaves the others; so
        does a ledger or Redis that is away for one, for it may be that one's trouble only, and it would come first
        in every round. A shard of Redis that is away leaves the raids of the others.
        """
        parts = self._care.by_shard(raid_ids)
        unfinished: set[RaidId] = set()
        away: list[RedisAway] = []
        for part in parts:
            try:
                unfinished |= await self._audit_shard(part)
            except RedisAway as error:
                unfinished |= set(part)
                away.append(error)
        if away and len(away) == len(parts):
            raise away[0]
        if away:
            log.info("audit_waits", away=[str(one) for one in away])
        return unfinished

    async def _audit_shard(self, raid_ids: Sequence[RaidId]) -> set[RaidId]:
        # States first: a heal between the two readings then only makes a row look newer than its state, and
        # asking for the row's epoch finds the healed state in order.
        states = await self._care.marks(raid_ids)
        unfinished: set[RaidId] = set()
        away = 0
        for row in await self._raids.marks(raid_ids):
            try:
                if not await self._audit_one(row, states.get(row.raid_id)):
                    unfinished.add(row.raid_id)
            except (LedgerAway, RedisAway) as error:
                unfinished.add(row.raid_id)
                away += 1
                if away >= AWAY_MAX:
                    raise
                log.info("audit_waits", raid_id=row.raid_id, kind=type(error).__name__)
            except Exception:
                log.exception("audit_failed", raid_id=row.raid_id)
        return unfinished

    async def _audit_one(self, row: LiveRaid, state: Marks | None) -> bool:
        if state is None:
            await self._healer.ensure(row.raid_id, row.epoch)
            return False
        try:
            _check_epochs(row, state)
            reached = await self._catch_up(row, state)
        except Doubt as doubt:
            # After a restart of Redis every raid is in doubt: that is as it should be, and no warning.
            say = log.warning if state.in_order else log.debug
            say("raid_in_doubt", raid_id=row.raid_id, why=doubt.why)
            await self._healer.ensure(row.raid_id, doubt.epoch)
            return False
        if reached < state.seq:
            return False
        if state.met:
            await self._healer.settle(row.raid_id, state.epoch)
            return False
        if state.has_ended:
            await self._unload(row.raid_id, state.epoch)
        return True

    async def _catch_up(self, row: LiveRaid, state: Marks) -> Seq:
        """Record what the ledger lacks and raise both watermarks; the seq they reached."""
        reached = min(row.audited_seq, state.audited_seq)
        async for page in self._care.log_pages(row.raid_id, state.epoch, reached):
            if page is None:
                return reached
            vouched = await self._check_page(row, state, reached, page)
            if vouched > reached:
                reached = await self._advance(row.raid_id, state.epoch, vouched)
            if vouched < page[-1].entry.seq:
                return reached
        if reached < state.seq and await self._vouched_for_by_now(row) < state.seq:
            raise Doubt(Epoch(state.epoch + 1), "the log ends before the state's seq")
        return reached

    async def _check_page(self, row: LiveRaid, state: Marks, reached: Seq, page: list[AuditEntry]) -> Seq:
        """Up to where the ledger holds the page now: to its end, or to the first entry that is too young."""
        first = page[0].entry.seq
        if first > max(reached, row.audited_seq) + 1 and first > await self._vouched_for_by_now(row) + 1:
            raise Doubt(Epoch(state.epoch + 1), "the log lacks entries the ledger has not vouched for")
        if page[-1].entry.seq - first + 1 != len(page):
            raise Doubt(Epoch(state.epoch + 1), "the log has a gap")
        missing = set(await self._ledger.missing(row.raid_id, state.epoch, [_name(one) for one in page]))
        lacking = [one.entry for one in page if one.entry.seq in missing]
        young = next((entry.seq for entry in lacking if _is_young(entry)), None)
        await self._record(row, state, [entry for entry in lacking if young is None or entry.seq < young])
        return page[-1].entry.seq if young is None else Seq(young - 1)

    async def _vouched_for_by_now(self, row: LiveRaid) -> Seq:
        """The lower watermark: since they were read another auditor may have raised both and trimmed the log."""
        row_now = await self._raids.raid(row.raid_id)
        state_now = (await self._care.marks([row.raid_id])).get(row.raid_id)
        if row_now is None or state_now is None or not row.epoch == row_now.epoch == state_now.epoch:
            return Seq(0)
        return min(row_now.audited_seq, state_now.audited_seq)

    async def _record(self, row: LiveRaid, state: Marks, lacking: Sequence[LedgerEntry]) -> None:
        for part in chunks(lacking):
            recorded = await self._ledger.record([entry.ledger for entry in part])
            if row.raid_id in recorded.unmet:
                raise Doubt(Epoch(state.epoch + 1), "an end whose sums do not meet the targets")
            if (stale := recorded.stale.get(row.raid_id)) is not None:
                raise Doubt(max(stale, Epoch(state.epoch + 1)), "the row has another epoch")
        if lacking:
            log.info("auditor_recorded", raid_id=row.raid_id, entries=len(lacking))

    async def _advance(self, raid_id: RaidId, epoch: Epoch, seq: Seq) -> Seq:
        audited = await self._ledger.set_audited(raid_id, epoch, seq)
        if audited is None or audited.epoch != epoch:
            found = audited.epoch if audited is not None else epoch
            raise Doubt(Epoch(max(found, epoch + 1)), "the row has another epoch")
        await self._pause(Point.AUDIT_BEFORE_ADVANCE)
        await self._care.advance(raid_id, epoch, seq)
        return seq

    async def _unload(self, raid_id: RaidId, epoch: Epoch) -> None:
        """Seal, then say so in the ledger. Without the flag a raid is healed, never loaded as it was."""
        expire_at = round(time.time() * 1000) + SEALED_LIFE_MS
        if await self._care.seal(raid_id, epoch, expire_at) != "sealed":
            return
        await self._pause(Point.BETWEEN_SEAL_AND_FLAG)
        await self._ledger.set_unloaded(raid_id, epoch)


def _check_epochs(row: LiveRaid, state: Marks) -> None:
    if not state.in_order:
        raise Doubt(max(row.epoch, state.epoch), "frozen, or another run of Redis")
    if row.epoch != state.epoch:
        raise Doubt(max(row.epoch, Epoch(state.epoch + 1)), "the state's epoch is not its row's")


def _is_young(entry: LedgerEntry) -> bool:
    """One from the future is not: a log never runs backwards, so after a clock that was ahead all of it is."""
    return abs(time.time() * 1000 - float(orjson.loads(entry.ledger)["at"])) < YOUNG_MS


def _name(one: AuditEntry) -> EntryName:
    """A contribution is known by its id, which is its command's; any other entry by its place."""
    is_contribution = one.entry.event == "contribution"
    return EntryName(one.entry.seq, ContributionId(one.command_id) if is_contribution else None)
