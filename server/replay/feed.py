"""Rows as contributions: sent once each under a key made of the line number, until it is durable."""

import asyncio
from collections.abc import Mapping

from server.replay.people import Person
from server.replay.plan import Plan
from server.replay.pool import each
from server.replay.raids import Raid
from server.replay.rows import Refusal
from server.replay.tally import Tally
from server.replay.way import Fate, NoRaid, Sent, Way

_SETTLE_ROUNDS = 60
_SETTLE_PAUSE_S = 2.0


class Feed:
    """Sends each row once; `settle` then asks after those the ledger did not hold at once."""

    def __init__(
        self,
        way: Way,
        plan: Plan,
        raids: Mapping[int, Raid | NoRaid],
        people: Mapping[int, Person],
        tally: Tally,
    ) -> None:
        self._way = way
        self._plan = plan
        self._raids = raids
        self._people = people
        self._tally = tally
        self._pending: set[int] = set()

    async def send(self, index: int) -> None:
        line = self._plan.rows.lines[index]
        raid = self._raids[self._plan.quarter_of[index]]
        if isinstance(raid, NoRaid):
            self._tally.refused.add(Refusal(line, f"no raid for its quarter: {raid.reason}"))
            return
        sent = await self._sent(raid, index)
        if sent.fate is Fate.FAILED:
            self._tally.failed.add(Refusal(line, sent.reason))
        elif sent.fate is Fate.REFUSED:
            self._tally.refused.add(Refusal(line, sent.reason))
        else:
            self._count(index, sent)

    async def settle(self, at_once: int) -> None:
        """Ask after rows the ledger did not hold with their keys until the ledger holds them all. Bounded."""
        for _ in range(_SETTLE_ROUNDS):
            await each(sorted(self._pending), at_once, self._ask_again)
            if not self._pending:
                return
            await asyncio.sleep(_SETTLE_PAUSE_S)

    def conclude(self) -> None:
        """What is still pending now stays so: say it in the tally."""
        for index in sorted(self._pending):
            self._tally.undurable.add(Refusal(self._plan.rows.lines[index], "accepted, but not in the ledger"))

    async def _sent(self, raid: Raid, index: int) -> Sent:
        row = self._plan.rows[index]
        return await self._way.send(raid.raid_id, self._people[row.user], row)

    def _count(self, index: int, sent: Sent) -> None:
        if sent.fate is Fate.REPEATED:
            self._tally.repeated += 1
        else:
            self._tally.accepted += 1
        if not sent.durable:
            self._pending.add(index)

    async def _ask_again(self, index: int) -> None:
        raid = self._raids[self._plan.quarter_of[index]]
        assert isinstance(raid, Raid)
        sent = await self._sent(raid, index)
        if sent.is_in and sent.durable:
            self._pending.discard(index)
