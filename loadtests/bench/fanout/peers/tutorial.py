"""The way tutorials show: sse-starlette, and a subscription in Redis for each connection."""

import contextlib
import sys
from collections.abc import AsyncIterator

from loadtests.bench.fanout.ground import Ground
from loadtests.bench.fanout.knobs import TUTORIAL_REPEATS, TUTORIAL_SUBSCRIBERS
from loadtests.bench.fanout.payload import event
from loadtests.bench.fanout.peer import SSE, Peer, Served
from loadtests.bench.fanout.peers.tutorial_app import CHANNEL
from loadtests.bench.fanout.publisher import Outlet, redis_publish
from loadtests.bench.fanout.subscribers import Door
from loadtests.bench.world import free_port


class Tutorial(Peer):
    name = "tutorial's way"
    transports = (SSE,)
    most_subscribers = TUTORIAL_SUBSCRIBERS
    most_repeats = TUTORIAL_REPEATS

    def prepare(self) -> None:
        """All of it comes with ours."""

    @contextlib.asynccontextmanager
    async def serve(self, ground: Ground, transport: str) -> AsyncIterator[Served]:
        port = free_port()
        command = [sys.executable, "-m", "loadtests.bench.fanout.peers.tutorial_app"]
        async with ground.redis() as redis:
            environment = {"PORT": str(port), "REDIS_URL": redis.url}
            async with ground.serving("tutorial", command, port, environment) as pid:
                yield Served(pid, redis.pid, Door("sse", port, "/"), Outlet(redis.port, _publish))


def _publish(seq: int, sent: int) -> bytes:
    return redis_publish(CHANNEL.encode(), event(1, seq, sent))
