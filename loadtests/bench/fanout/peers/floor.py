"""The floor: a program in C that does one write per event and subscriber."""

import contextlib
from collections.abc import AsyncIterator

from loadtests.bench.fanout import compiling
from loadtests.bench.fanout.ground import Ground
from loadtests.bench.fanout.payload import event
from loadtests.bench.fanout.peer import SSE, Peer, Served
from loadtests.bench.fanout.publisher import Outlet
from loadtests.bench.fanout.subscribers import Door
from loadtests.bench.world import free_port


class Floor(Peer):
    name = "floor, one write"
    transports = (SSE,)

    def prepare(self) -> None:
        compiling.floor()

    @contextlib.asynccontextmanager
    async def serve(self, ground: Ground, transport: str) -> AsyncIterator[Served]:
        port = free_port()
        async with ground.serving("floor", [str(compiling.floor()), str(port)], port) as pid:
            yield Served(pid, None, Door("sse", port, "/"), Outlet(port, _line))


def _line(seq: int, sent: int) -> bytes:
    return event(1, seq, sent) + b"\n"
