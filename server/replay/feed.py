"""Rows as contributions: one POST each, under a key made of the line number, until it is durable."""

import asyncio
from collections.abc import Mapping

from server.replay.client import Answer, Client
from server.replay.people import Person
from server.replay.plan import Plan
from server.replay.pool import each
from server.replay.raids import NoRaid, Raid
from server.replay.rows import Refusal, occurred_at
from server.replay.tally import Tally

_SETTLE_ROUNDS = 60
_SETTLE_PAUSE_S = 2.0


class Feed:
    """Sends each row once; `settle` then asks after those the ledger did not hold at once."""

    def __init__(
        self,
        client: Client,
        plan: Plan,
        raids: Mapping[int, Raid | NoRaid],
        people: Mapping[int, Person],
        tally: Tally,
    ) -> None:
        self._client = client
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
        answer = await self._post(raid, index)
        if answer.failed or answer.status == 401:
            self._tally.failed.add(Refusal(line, answer.problem))
        elif not answer.ok:
            self._tally.refused.add(Refusal(line, answer.problem))
        else:
            self._count(index, answer)

    async def settle(self, at_once: int) -> None:
        """Ask after rows answered 202 with their keys until the ledger holds them all. Bounded."""
        for _ in range(_SETTLE_ROUNDS):
            await each(sorted(self._pending), at_once, self._ask_again)
            if not self._pending:
                return
            await asyncio.sleep(_SETTLE_PAUSE_S)

    def conclude(self) -> None:
        """What is still pending now stays so: say it in the tally."""
        for index in sorted(self._pending):
            self._tally.undurable.add(Refusal(self._plan.rows.lines[index], "accepted, but not in the ledger"))

    async def _post(self, raid: Raid, index: int) -> Answer:
        row = self._plan.rows[index]
        body = {"xp": row.files, "occurredAt": occurred_at(row)}
        path = f"{raid.path}/contributions"
        return await self._client.post(path, self._people[row.user].token, body, key=f"row-{row.line}")

    def _count(self, index: int, answer: Answer) -> None:
        if answer.body.get("outcome") == "duplicate":
            self._tally.repeated += 1
        else:
            self._tally.accepted += 1
        if answer.status == 202:
            self._pending.add(index)

    async def _ask_again(self, index: int) -> None:
        raid = self._raids[self._plan.quarter_of[index]]
        assert isinstance(raid, Raid)
        answer = await self._post(raid, index)
        if answer.status in (200, 201):
            self._pending.discard(index)
