"""Following several raids and one's own events on one SSE connection, and judging what comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.server.people import Person

OWN = None
"""In the place of a raid's id: one's own log."""


@dataclass(frozen=True)
class Told:
    event: str
    data: dict[str, Any]

    @property
    def raid_id(self) -> int | None:
        return self.data.get("raidId")


@dataclass
class Many:
    """What one reader was told, however often it had to connect. `cursor` is what a browser comes back with."""

    cursor: str | None = None
    told: list[Told] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def take(self, fields: dict[str, str]) -> None:
        """One block. What a browser does with it, and what must never be."""
        if "data" not in fields:
            if set(fields) == {"id"}:
                self.cursor = fields["id"]
            elif fields and set(fields) != {"retry"}:
                self.wrong.append(f"a block of {sorted(fields)}")
            return
        if "id" in fields:
            self.wrong.append(f"{fields['event']} has an id of its own")
        self.told.append(Told(fields["event"], json.loads(fields["data"])))

    def of(self, raid_id: int | None) -> list[Told]:
        return [told for told in self.told if told.raid_id == raid_id and told.event != "goaway"]

    def verdicts(self, raid_id: int | None) -> list[str]:
        return [told.data["recovered"] for told in self.of(raid_id) if told.event == "hello"]

    def seqs(self, raid_id: int) -> list[int]:
        return [told.data["seq"] for told in self.of(raid_id) if "seq" in told.data and told.event != "snapshot"]

    def last(self, event: str, raid_id: int | None) -> dict[str, Any]:
        return next(told.data for told in reversed(self.of(raid_id)) if told.event == event)

    def assert_seamless(self) -> None:
        """In every raid each entry once and in order; only a snapshot may jump, never back, and after a verdict."""
        assert self.wrong == []
        at: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
        expects: dict[int, bool] = {}
        for told in self.told:
            raid_id = told.raid_id
            if raid_id is None:
                continue
            if told.event == "hello":
                expects[raid_id] = told.data["recovered"] != "full"
                if not expects[raid_id]:
                    assert f"{at[raid_id][0]}-{at[raid_id][1]}" == told.data["from"]
            elif told.event == "snapshot":
                assert expects[raid_id], "a snapshot without a verdict"
                place = told.data["epoch"], told.data["seq"]
                assert place >= at[raid_id]
                at[raid_id], expects[raid_id] = place, False
            elif "seq" in told.data:
                assert not expects[raid_id], "an event before the snapshot"
                assert told.data["seq"] == at[raid_id][1] + 1, f"{told} after {at[raid_id]}"
                at[raid_id] = at[raid_id][0], told.data["seq"]


class Connection:
    """One open connection of a reader."""

    def __init__(self, many: Many, answer: httpx.Response) -> None:
        self.many = many
        self.answer = answer
        self.raw = b""
        self._blocks = _blocks(self)

    async def until(self, condition: Callable[[Many], Any], deadline: float = 5.0) -> None:
        """Read until it is so."""
        async with asyncio.timeout(deadline):
            while not condition(self.many):
                self.many.take(await anext(self._blocks))

    async def until_told(self, event: str, raid_id: int | None, times: int = 1) -> dict[str, Any]:
        """Read until this connection's reader was told so often, all its connections counted; and where that leads."""

        def told(many: Many) -> bool:
            return sum(one.event == event for one in many.of(raid_id)) >= times

        await self.until(told)
        return self.many.last(event, raid_id)

    async def cursor_moves(self) -> None:
        before = self.many.cursor
        await self.until(lambda many: many.cursor != before)

    async def rest(self) -> None:
        """Read until the server ends it."""
        async with asyncio.timeout(5):
            async for fields in self._blocks:
                self.many.take(fields)


async def _blocks(connection: Connection) -> AsyncGenerator[dict[str, str], None]:
    rest = b""
    async for chunk in connection.answer.aiter_raw():
        connection.raw += chunk
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            lines = [line for line in block.decode().split("\n") if not line.startswith(":")]
            yield dict(line.split(": ", 1) for line in lines if line)


@contextlib.asynccontextmanager
async def following_many(
    person: Person, *raid_ids: int, many: Many | None = None, ticket: str | None = None, in_query: bool = False
) -> AsyncIterator[Connection]:
    """`ticket` takes the place of the header, `in_query` is how the cursor goes."""
    many = many or Many()
    headers = {} if ticket is not None else {"Authorization": f"Bearer {person.token}"}
    query = {"ticket": ticket} if ticket is not None else {}
    if raid_ids:
        query["raids"] = ",".join(map(str, raid_ids))
    if many.cursor is not None and in_query:
        query["lastEventId"] = many.cursor
    elif many.cursor is not None:
        headers["Last-Event-ID"] = many.cursor
    async with person.client.stream("GET", "/api/v1/stream", params=query, headers=headers) as answer:
        assert answer.status_code == 200, (await answer.aread()).decode()
        yield Connection(many, answer)
