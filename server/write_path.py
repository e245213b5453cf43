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
from functools import partial
from typing import Any

from persistence.rows import Recorded
from realtime.commands import Command
from realtime.errors import RedisAway
from realtime.raids import Decision, RaidStore
from server.flights import Flight, Line, settle
from server.healer import Healer
from server.hints import Hints
from server.outcomes import Outcome
from server.points import Pause, Point, no_pause
from server.pressure import Pressure
from server.recorder import Recorder
from server.submission import SUCCESSES, Steps, Submission
from server.tasks import Background

DECIDE_MOST = 256
"""Commands in one pipeline: some 13 ms of Redis at 50 us each, so that others get their turn."""

DECIDE_WAITING = 10_000
"""Commands that may wait for the next pipelines; beyond it 503 before anything is decided."""


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
        self._recorder = recorder
        self._hints = hints
        self._pressure = pressure
        self._pause = pause
        self._paused = Background()
        self._steps = Steps(self.carry, healer, recorder, hints)
        self._lines: dict[Hashable, Line[Submission, Recorded | None]] = {}
        """One for each shard, so that none waits for another; as many as Redis has, or had, nodes."""

    def submit(self, command: Command) -> Coroutine[Any, Any, Outcome]:
        """Carry a command out once, however often it comes. Raises Unavailable.

        Cancelling stops the waiting, not what is already decided.
        """
        return Submission(self._steps, command).run()

    async def close(self) -> None:
        for line in self._lines.values():
            await line.close()
        await self._paused.close()

    def carry(self, submission: Submission) -> "asyncio.Future[Recorded | None]":
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
        self, shard: Hashable, submissions: Sequence[Submission], flight: Flight[Recorded | None]
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
