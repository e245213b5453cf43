"""Step 2 of the write path: what was decided goes into the ledger, batch by batch, while patience lasts.

The log in Redis has every entry, so nothing here has to be kept when Postgres is away: the caller gets a 202 and
the auditor records it later.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from persistence.errors import LedgerAway
from persistence.ledger import Ledger
from persistence.rows import EntryKey, KnownKey, Recall, Recorded, RecordedKey
from raidline.ids import ContributionId, Epoch, RaidId
from realtime.commands import Command
from realtime.entries import LedgerEntry
from realtime.raids import Counted, Decision
from server.breaker import Breaker
from server.flights import Flight, Line, LineFull, tell
from server.notifier import Notifier
from server.points import Pause, Point, no_pause

RECORD_MOST = 1000
"""Entries in one transaction; larger ones gain nothing (DESIGN, *Batches*) and hold their locks longer."""

RECORD_WAITING = 20_000
"""Entries that may wait for the ledger; beyond it the answer is 202 and the auditor records them."""


class Request(NamedTuple):
    raid_id: RaidId
    entries: tuple[LedgerEntry, ...]
    recall: ContributionId | None = None


class Verdict(NamedTuple):
    """`again_from`: what was decided does not stand; decide again, in this epoch at least."""

    durable: bool
    key: RecordedKey | None = None
    again_from: Epoch | None = None


NOT_YET = Verdict(durable=False)


class Recorder:
    def __init__(
        self,
        ledger: Ledger,
        notifier: Notifier,
        breaker: Breaker,
        *,
        ack_seconds: float,
        pause: Pause = no_pause,
    ) -> None:
        self._ledger = ledger
        self._notifier = notifier
        self._breaker = breaker
        self._ack_seconds = ack_seconds
        self._pause = pause
        self._line: Line[Request, Recorded | None] = Line(
            self._record_all,
            most=RECORD_MOST,
            waiting=RECORD_WAITING,
            weigh=lambda one: len(one.entries) or 1,
            patience=ack_seconds,
        )

    def record(self, command: Command, decision: Decision, answer: "asyncio.Future[Recorded | None]") -> None:
        """Have `answer` told what the ledger says, or None where it is not waited for: it is away or far behind, or
        there is nothing to record. TimeoutError and LedgerAway, which `answer` may get instead, are for `give_up`."""
        if self._breaker.is_open or not (decision.entries or command.contribution):
            tell(answer, None)
            return
        recall = command.contribution if decision.outcome == "duplicate" else None
        try:
            self._line.submit(Request(command.raid_id, decision.entries, recall), answer)
        except LineFull:
            tell(answer, None)

    def verdict(self, command: Command, decision: Decision, recorded: Recorded | None) -> Verdict:
        """What it means for the command that this is what the ledger says."""
        if not decision.entries and command.contribution is None:
            return Verdict(durable=not self._breaker.is_open)
        return NOT_YET if recorded is None else _verdict(command, decision, recorded)

    def give_up(self, error: Exception) -> None:
        """The flight under way ends by itself (statement_timeout); whoever waits behind it need not."""
        self._breaker.open("slow" if isinstance(error, TimeoutError) else type(error).__name__)
        self._line.turn_away(LedgerAway("the ledger is away"))

    async def look_up(self, raid_id: RaidId, contribution_id: ContributionId) -> KnownKey | None:
        """What the ledger knows of a contribution, with the same patience. Raises LedgerAway."""
        if self._breaker.is_open:
            raise LedgerAway("the breaker is open")
        try:
            return await asyncio.wait_for(self._ledger.known_key(raid_id, contribution_id), self._ack_seconds)
        except TimeoutError as error:
            self.give_up(error)
            raise LedgerAway("slow") from error
        except LedgerAway as error:
            self.give_up(error)
            raise

    def record_later(self, raid_id: RaidId, entries: tuple[LedgerEntry, ...]) -> None:
        """Entries a refused command made (a deadline it met): recorded without anyone waiting."""
        if not entries or self._breaker.is_open:
            return
        try:
            self._line.submit(Request(raid_id, entries))
        except LineFull:
            return  # the log has them

    async def close(self) -> None:
        await self._line.close()

    async def _record_all(self, requests: Sequence[Request], flight: Flight[Recorded | None]) -> None:
        recalls = [Recall(one.raid_id, one.recall) for one in requests if one.recall is not None]
        recorded = Recorded()
        for chunk in _parts(requests):
            recorded.add(await self._ledger.record([entry.ledger for entry in chunk], recalls))
            recalls = []
        await self._pause(Point.AFTER_RECORD_BEFORE_NOTIFY)
        self._notifier.send_soon(recorded.outbox)
        flight.land_all(recorded)


def chunks(entries: Sequence[LedgerEntry], most: int = RECORD_MOST) -> list[list[LedgerEntry]]:
    """Parts of at most about `most`, in order. An end is never the first of a part: all entries of one command
    commit together, and an end is always the last of its command."""
    parts: list[list[LedgerEntry]] = []
    for entry in entries:
        if not parts or (len(parts[-1]) >= most and not entry.is_end):
            parts.append([])
        parts[-1].append(entry)
    return parts


def _parts(requests: Sequence[Request]) -> list[list[LedgerEntry]]:
    """In any order where all of it is one part: `Ledger.record` puts it in order."""
    entries = [entry for request in requests for entry in request.entries]
    return [entries] if len(entries) <= RECORD_MOST else chunks(_in_order(requests))


def _in_order(requests: Iterable[Request]) -> list[LedgerEntry]:
    """Every entry once, by raid, epoch and seq, so that what led to an end is recorded before it or with it."""
    found = {(request.raid_id, entry.epoch, entry.seq): entry for request in requests for entry in request.entries}
    return [found[name] for name in sorted(found)]


def _verdict(command: Command, decision: Decision, recorded: Recorded) -> Verdict:
    raid_id, next_epoch = command.raid_id, Epoch(decision.epoch + 1)
    if raid_id in recorded.unmet or raid_id in recorded.unknown:
        return Verdict(durable=False, again_from=next_epoch)
    row_epoch = recorded.stale.get(raid_id)
    if decision.outcome not in ("accepted", "duplicate"):
        if any((raid_id, entry.epoch, entry.seq) in recorded.quarantined for entry in decision.entries):
            return NOT_YET
        # What the fence held back of an earlier life may be somebody else's in the same flight.
        if row_epoch is None or row_epoch == decision.epoch:
            return Verdict(durable=True)
        return Verdict(durable=False, again_from=max(row_epoch, next_epoch))
    key = recorded.keys.get((raid_id, command.contribution or ContributionId("")))
    if key is not None:
        # The ledger has it at another place: what was decided on is a state that does not stand any more (a later
        # one has the key), or that had lost the key and has counted it twice.
        elsewhere = not _is_at(decision, key)
        return Verdict(durable=not elsewhere, key=key, again_from=next_epoch if elsewhere else None)
    if _place(raid_id, decision) in recorded.quarantined:
        return NOT_YET
    # Refused by the fence; or known to Redis, and neither log nor ledger holds it. Both heal.
    return Verdict(durable=False, again_from=max(row_epoch or next_epoch, next_epoch))


def _is_at(decision: Decision, key: RecordedKey) -> bool:
    if decision.outcome == "accepted":
        return (key.epoch, key.seq) in [(entry.epoch, entry.seq) for entry in decision.entries]
    return Counted.of(decision).cursor == (key.epoch, key.seq)


def _place(raid_id: RaidId, decision: Decision) -> EntryKey:
    """Of the contribution a decision is about, which may have been made long ago."""
    return raid_id, *Counted.of(decision).cursor
