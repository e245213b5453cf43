"""The one write path: decide, record, notify (DESIGN, *The write path*).

    submit(command)
      1. decide   one Lua call per command, pipelined with what else comes      realtime
      2. record   one transaction for the batch                                 persistence
      3. notify   what the transaction left to say                              notifier

Whatever the doubt (no state, another run of Redis, an epoch that is not the row's, a key that nobody holds), the
raid is healed and the same command is decided again: its id makes that harmless.
"""

import asyncio
from collections.abc import Coroutine, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import structlog

from persistence.errors import LedgerAway, RaidUnknown
from persistence.rows import Recorded
from raidline.ids import Epoch, Seq
from realtime.commands import Command, LookedUp
from realtime.cursor import Cursor
from realtime.errors import RedisAway
from realtime.raids import Counted, Decided, Decision, RaidStore
from server.flights import Flight, Line, LineFull, settle
from server.healer import Healer
from server.hints import Hints
from server.packing import pack_known_key
from server.points import Pause, Point, no_pause
from server.pressure import Pressure
from server.recorder import Recorder, Verdict
from server.tasks import Background

ATTEMPTS = 6
"""How often one command is decided again after a heal or a look-up. Each needs a fault of its own, so more than
this is a raid that cannot be served now: 503."""

DECIDE_MOST = 256
"""Commands in one pipeline: some 13 ms of Redis at 50 us each, so that others get their turn."""

DECIDE_WAITING = 10_000
"""Commands that may wait for the next pipelines; beyond it 503 before anything is decided."""

REDIS_AWAY = "redis_away"

SUCCESSES = frozenset({"accepted", "duplicate", "done", "already"})

log = structlog.get_logger(__name__)


class Unavailable(Exception):
    """Not known to have happened: 503, to be sent again with the same key after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class ScriptFault(Exception):
    """A script failed, which none should: a fault of ours, and a 500."""


class Accepted(NamedTuple):
    """It happened. `durable`: the ledger holds it (else it will, from the log). `replayed`: it had happened before.

    Both ready JSON: `totals` of a contribution (`Counted`), `effects` of a durable one.
    """

    outcome: str
    cursor: Cursor
    durable: bool
    replayed: bool
    totals: bytes | None = None
    effects: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not happen, and this word says why (the scripts' headers list them)."""

    code: str


Outcome = Accepted | Refused


class WritePath:
    def __init__(
        self,
        store: RaidStore,
        healer: Healer,
        recorder: Recorder,
        hints: Hints,
        pressure: Pressure,
        pause: Pause = no_pause,
    ) -> None:
        self._store = store
        self._healer = healer
        self._recorder = recorder
        self._hints = hints
        self._pressure = pressure
        self._pause = pause
        self._paused = Background()
        self._lines: dict[Hashable, Line[_Submission, Recorded | None]] = {}
        """One for each shard, so that none waits for another; as many as Redis has, or had, nodes."""

    def submit(self, command: Command) -> Coroutine[Any, Any, Outcome]:
        """Carry a command out once, however often it comes. Raises Unavailable.

        Cancelling stops the waiting, not what is already decided.
        """
        return _Submission(self, command).run()

    async def close(self) -> None:
        for line in self._lines.values():
            await line.close()
        await self._paused.close()

    def carry(self, submission: "_Submission") -> "asyncio.Future[Recorded | None]":
        """Done when it is decided (`submission.decision`), and where it happened, when the ledger has said what it
        holds of it (`Recorder.record`): whoever waits is woken once. Raises RedisFull or LineFull where it is not
        taken."""
        shard = self._store.shard(submission.command.raid_id)
        self._pressure.check(shard)
        line = self._lines.get(shard)
        if line is None:
            fly = partial(self._decide_all, shard)
            line = self._lines[shard] = Line(fly, most=DECIDE_MOST, waiting=DECIDE_WAITING)
        return line.submit(submission)

    async def _decide_all(
        self, shard: Hashable, submissions: Sequence["_Submission"], flight: Flight[Recorded | None]
    ) -> None:
        """What is decided goes on to be recorded while Redis works on the rest."""

        def landed(position: int, decision: Decision) -> None:
            submissions[position].decision = decision
            if decision.outcome in SUCCESSES:
                flight.change(position, partial(self._record, submissions[position].command, decision))
            else:
                flight.land(position, None)

        raids = {one.command.raid_id for one in submissions}
        try:
            await self._store.decide([one.decided for one in submissions], self._hints.to_audit(raids), landed)
        except RedisAway:
            # Whoever waits behind would wait as long again, and get the same answer.
            self._lines[shard].turn_away(RedisAway("Redis did not answer those before"))
            raise

    def _record(self, command: Command, decision: Decision, answer: "asyncio.Future[Recorded | None]") -> None:
        if self._pause is no_pause:
            self._recorder.record(command, decision, answer)
        else:
            self._paused.start(self._record_after_pause(command, decision, answer))

    async def _record_after_pause(
        self, command: Command, decision: Decision, answer: "asyncio.Future[Recorded | None]"
    ) -> None:
        try:
            await self._pause(Point.AFTER_DECIDE_BEFORE_RECORD)
            self._recorder.record(command, decision, answer)
        except BaseException as error:
            # Also at the end of the program: nobody else will ever answer.
            settle(answer, error=error)
            raise


class _Submission:
    """One command on its way, and what was learnt on it."""

    __slots__ = ("_mine", "_path", "command", "decided", "decision")

    decision: Decision
    """The last; there when `WritePath.carry` is done, also where the ledger then was away."""

    def __init__(self, path: WritePath, command: Command) -> None:
        self._path = path
        self.command = command
        self.decided = Decided(command)
        self._mine: set[Cursor] = set()  # entries this submission made: finding one of them is no repeat

    async def run(self) -> Outcome:
        try:
            for _ in range(ATTEMPTS):
                try:
                    recorded = await self._path.carry(self)
                except (TimeoutError, LedgerAway) as error:
                    self._path._recorder.give_up(error)
                    recorded = None
                outcome = self._happened(recorded) if self.decision.outcome in SUCCESSES else await self._did_not()
                if outcome is not None:
                    return outcome
        except RaidUnknown:
            return Refused("not_found")
        except (RedisAway, LedgerAway, LineFull) as error:
            raise Unavailable(_reason(error)) from error
        raise Unavailable("raid_in_doubt")

    async def _did_not(self) -> Outcome | None:
        """Why, or None to decide again."""
        decision = self.decision
        if decision.in_doubt:
            await self._path._healer.ensure(self.command.raid_id, decision.epoch)
            return None
        if decision.outcome == "unknown_key":
            await self._look_up(decision.epoch)
            return None
        if decision.outcome == "fault":
            raise ScriptFault(decision.result.decode())
        if decision.outcome == "backlog":
            raise Unavailable("ledger_behind", retry_after=5)
        self._path._recorder.record_later(self.command.raid_id, decision.entries)
        return Refused(decision.outcome)

    async def _look_up(self, epoch: Epoch) -> None:
        contribution_id = self.command.contribution
        assert contribution_id is not None, "only commands about a contribution ask for its key"
        known = await self._path._recorder.look_up(self.command.raid_id, contribution_id)
        packed = pack_known_key(known) if known is not None else None
        self.decided = self.decided._replace(looked_up=LookedUp(epoch, packed))

    def _happened(self, recorded: Recorded | None) -> Outcome | None:
        """The outcome, or None to decide again."""
        decision = self.decision
        counted = Counted.of(decision) if decision.is_of_contribution else None
        if counted is not None and decision.outcome == "accepted":
            self._mine.add(counted.cursor)
        verdict = self._path._recorder.verdict(self.command, decision, recorded)
        if verdict.again_from is not None:
            self.decided = self.decided._replace(least_epoch=verdict.again_from)
            return None
        self._path._hints.after(self.command, decision)
        if counted is not None:
            return self._contribution(counted, verdict)
        return Accepted(decision.outcome, _head(decision), verdict.durable, decision.outcome == "already")

    def _contribution(self, counted: Counted, verdict: Verdict) -> Accepted:
        key = verdict.key
        cursor, totals = counted
        if key is not None:
            cursor = Cursor(key.epoch, key.seq)
        replayed = cursor not in self._mine
        outcome = "duplicate" if replayed else "accepted"
        return Accepted(outcome, cursor, verdict.durable, replayed, totals, None if key is None else key.effects)


def _reason(error: Exception) -> str:
    match error:
        case RedisAway():
            return REDIS_AWAY
        case LedgerAway():
            return "ledger_away"
        case _:
            return "overloaded"


def _head(decision: Decision) -> Cursor:
    seq = decision.entries[-1].seq if decision.entries else Seq(0)
    return Cursor(decision.epoch, seq)
