"""Where the worker should look first. Only hints: the truth is in each raid's state, and sweeps find the rest."""

import time
from collections.abc import Iterable, Sequence

from raidline.ids import RaidId
from realtime import keys
from realtime.commands import Command
from realtime.errors import RedisAway
from realtime.raids import Decision
from realtime.scripting import Scripting
from server.tasks import Background

HINT_SECONDS = 1.0
REMEMBERED_MAX = 10_000
"""Raids whose last hint is remembered; beyond it all are forgotten, and hinted once too often."""


class Hints:
    def __init__(self, scripted: Scripting, background: Background) -> None:
        self._scripted = scripted
        self._background = background
        self._hinted: dict[RaidId, float] = {}

    def to_audit(self, raids: Iterable[RaidId]) -> list[Sequence[str]]:
        """Plain commands that name these raids to the auditor, at most one a second for each raid."""
        now = time.time()
        if len(self._hinted) > REMEMBERED_MAX:
            self._hinted.clear()
        due = [raid_id for raid_id in raids if now - self._hinted.get(raid_id, 0.0) > HINT_SECONDS]
        for raid_id in due:
            self._hinted[raid_id] = now
        if not due:
            return []
        marked = [word for raid_id in due for word in (str(round(now * 1000)), str(raid_id))]
        return [["ZADD", keys.RAIDS_UNAUDITED, "NX", *marked]]

    def after(self, command: Command, decision: Decision) -> None:
        """A raid that has just started has a deadline, which is the script's result."""
        if command.script == "start" and decision.outcome == "done" and decision.result:
            self._background.start(self._hint_deadline(command.raid_id, decision.result.decode()))

    async def _hint_deadline(self, raid_id: RaidId, deadline_ms: str) -> None:
        try:
            await self._scripted.plain([["ZADD", keys.RAIDS_DEADLINES, deadline_ms, raid_id]])
        except RedisAway:
            return  # the worker reads the deadlines from the ledger every 30 s
