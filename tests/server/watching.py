"""Following a raid by SSE, block by block."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx

from tests.end_to_end.client import sse_blocks
from tests.server.people import Person

AT_ITS_OWN_TIME = {"presence", "sync"}
"""Events of a timer: who came and went, and the head that comes with a heartbeat."""


class Stream:
    """An open SSE response."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer

    @functools.cached_property
    def _blocks(self) -> AsyncGenerator[tuple[str, str, str], None]:
        return sse_blocks(self.answer.aiter_raw())

    async def next(self, event: str = "", deadline: float = 30) -> tuple[str, str, str]:
        """The next event, or the next one of that name. What comes at its own time has to be asked for."""
        async with asyncio.timeout(deadline):
            async for block in self._blocks:
                if block[0] == event or (not event and block[0] not in AT_ITS_OWN_TIME):
                    return block
        raise AssertionError("the stream ended")

    async def rest(self) -> list[str]:
        """What comes until the stream ends."""
        async with asyncio.timeout(30):
            return [block[0] async for block in self._blocks if block[0] not in AT_ITS_OWN_TIME]


@contextlib.asynccontextmanager
async def watching(person: Person, raid_id: int, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent["Authorization"] = f"Bearer {person.token}"
    path = f"/api/v1/raids/{raid_id}/stream{query}"
    async with person.client.stream("GET", path, headers=sent) as answer:
        yield Stream(answer)


async def contribute(person: Person, raid: dict[str, Any], xp: int = 1) -> dict[str, Any]:
    answer = await person.post(f"/raids/{raid['id']}/contributions", {"xp": xp})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body
