"""Web processes one by one, also those that share a listening socket."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import psutil

from tests.conftest import Launch
from tests.end_to_end.client import PATIENT, client_of
from tests.helpers import Launched, eventually, is_alive, stop_where_it_stands
from tests.server.people import People

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Web:
    """One process that serves. `siblings` accept from the same socket."""

    pid: int
    url: str
    siblings: Sequence[int]
    stack: AsyncExitStack

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[People]:
        """Who connects during the block is this process's: the siblings stand still. The client outlives the block."""
        client = await self.stack.enter_async_context(client_of(self.url))
        for pid in self.siblings:
            stop_where_it_stands(pid)
        try:
            yield People(client)
        finally:
            for pid in self.siblings:
                os.kill(pid, signal.SIGCONT)


class Webs:
    """`serve --workers` and a `serve` of its own, on the same services."""

    def __init__(self, pair: Launched, single: Launched, stack: AsyncExitStack) -> None:
        self.pair = pair
        self.single = single
        self._stack = stack

    @property
    def urls(self) -> list[str]:
        """Where somebody listens."""
        return [one.url for one in (self.pair, self.single) if one.process.poll() is None]

    @property
    def children(self) -> list[int]:
        """Those of the pair that run now."""
        found = psutil.Process(self.pair.pid).children()
        return [one.pid for one in found if is_alive(one)]

    @property
    def each(self) -> list[Web]:
        pair = self.children
        shared = [Web(pid, self.pair.url, [one for one in pair if one != pid], self._stack) for pid in pair]
        return [*shared, Web(self.single.pid, self.single.url, (), self._stack)]

    async def people(self) -> list[People]:
        """At either URL, whichever process it will be."""
        return [People(await self._stack.enter_async_context(client_of(url))) for url in self.urls]


@asynccontextmanager
async def webs_of(launch: Launch, **settings: str) -> AsyncIterator[Webs]:
    """Three processes behind two URLs, all of which serve when the block begins."""
    settings = {**PATIENT, **settings}
    async with AsyncExitStack() as stack:
        pair, single = await asyncio.gather(
            launch("serve", "--host", "127.0.0.1", "--workers", str(WORKERS), **settings), launch(**settings)
        )
        webs = Webs(pair, single, stack)
        await eventually(lambda: len(webs.children) == WORKERS)
        for web in webs.each:
            async with web.alone() as people:
                assert (await people.client.get("/healthz")).status_code == 200
        yield webs
