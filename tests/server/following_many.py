"""Following several raids and one's own events on one SSE connection, block by block."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import httpx

from tests.realtime.many import Many
from tests.server.people import Person

OWN = None
"""In the place of a raid's id: one's own log."""


class Connection:
    """One open connection of a reader."""

    def __init__(self, many: Many, answer: httpx.Response) -> None:
        self.many = many
        self.answer = answer
        self.raw = b""
        self._blocks = _blocks(self)

    async def until(self, condition: Callable[[Many], Any], deadline: float = 30.0) -> None:
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
        async with asyncio.timeout(30):
            async for block in self._blocks:
                self.many.take(block)


async def _blocks(connection: Connection) -> AsyncGenerator[str, None]:
    rest = b""
    async for chunk in connection.answer.aiter_raw():
        connection.raw += chunk
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            yield block.decode()


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
