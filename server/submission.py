"""One command on its way through the write path: decided again after every doubt, until something can be said of it."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from persistence.errors import LedgerAway, RaidUnknown
from persistence.rows import Recorded
from raidline.ids import Epoch, Seq
from realtime.commands import Command, LookedUp
from realtime.cursor import Cursor
from realtime.errors import RedisAway
from realtime.raids import Counted, Decided, Decision
from server.flights import LineFull
from server.healer import Healer
from server.hints import Hints
from server.outcomes import REDIS_AWAY, Accepted, Outcome, Refused, ScriptFault, Unavailable
from server.packing import pack_known_key
from server.recorder import Recorder, Verdict

ATTEMPTS = 6
"""How often one command is decided again after a heal or a look-up. Each needs a fault of its own, so more than
this is a raid that cannot be served now: 503."""

SUCCESSES = frozenset({"accepted", "duplicate", "done", "already"})


class Steps(NamedTuple):
    """What a command goes through."""

    carry: Callable[["Submission"], "asyncio.Future[Recorded | None]"]
    """`WritePath.carry`."""
    healer: Healer
    recorder: Recorder
    hints: Hints


class Submission:
    """One command on its way, and what was learnt on it."""

    __slots__ = ("_mine", "_steps", "command", "decided", "decision")

    decision: Decision
    """The last; there when `Steps.carry` is done, also where the ledger then was away."""

    def __init__(self, steps: Steps, command: Command) -> None:
        self._steps = steps
        self.command = command
        self.decided = Decided(command)
        self._mine: set[Cursor] = set()  # entries this submission made: finding one of them is no repeat

    async def run(self) -> Outcome:
        try:
            for _ in range(ATTEMPTS):
                try:
                    recorded = await self._steps.carry(self)
                except (TimeoutError, LedgerAway) as error:
                    self._steps.recorder.give_up(error)
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
            await self._steps.healer.ensure(self.command.raid_id, decision.epoch)
            return None
        if decision.outcome == "unknown_key":
            await self._look_up(decision.epoch)
            return None
        if decision.outcome == "fault":
            raise ScriptFault(decision.result.decode())
        if decision.outcome == "backlog":
            raise Unavailable("ledger_behind", retry_after=5)
        self._steps.recorder.record_later(self.command.raid_id, decision.entries)
        return Refused(decision.outcome)

    async def _look_up(self, epoch: Epoch) -> None:
        contribution_id = self.command.contribution
        assert contribution_id is not None, "only commands about a contribution ask for its key"
        known = await self._steps.recorder.look_up(self.command.raid_id, contribution_id)
        packed = pack_known_key(known) if known is not None else None
        self.decided = self.decided._replace(looked_up=LookedUp(epoch, packed))

    def _happened(self, recorded: Recorded | None) -> Outcome | None:
        """The outcome, or None to decide again."""
        decision = self.decision
        counted = Counted.of(decision) if decision.is_of_contribution else None
        if counted is not None and decision.outcome == "accepted":
            self._mine.add(counted.cursor)
        verdict = self._steps.recorder.verdict(self.command, decision, recorded)
        if verdict.again_from is not None:
            self.decided = self.decided._replace(least_epoch=verdict.again_from)
            return None
        self._steps.hints.after(self.command, decision)
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
