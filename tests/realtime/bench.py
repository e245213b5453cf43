"""A hub on a Redis in memory, and clients on the hub."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from raidline.ids import TokenHash, UserId
from realtime import sse
from realtime.errors import RealtimeError
from realtime.hub import Hub, HubSettings, SessionsGone
from realtime.stream import Stream, Viewer
from tests.realtime.memory import LEADER, RAID, Ear, Memory
from tests.realtime.readers import Client

STRANGER = UserId(99)
NEVER = HubSettings(heartbeat=3600.0)


@dataclass
class Bench:
    """A hub, its world, and clients on it."""

    world: Memory
    ear: Ear
    hub: Hub
    streams: dict[Client, Stream] = field(default_factory=dict)

    async def client(self, cursor: str | None = None, user: UserId | None = LEADER, token: str | None = None) -> Client:
        client = Client()
        viewer = Viewer(user, TokenHash(token) if token else None)
        stream = self.hub.open(viewer, sse.SSE)
        self.streams[client] = stream
        try:
            await self.hub.watch(stream, RAID, cursor)
        except RealtimeError:
            self.hub.close(stream)
            raise
        stream.open(client.send, client.abort, client.pipe)
        return client

    def gone(self, client: Client) -> None:
        self.hub.close(self.streams.pop(client))


@asynccontextmanager
async def bench(
    settings: HubSettings = NEVER, seed: int = 1, sessions_gone: SessionsGone | None = None
) -> AsyncIterator[Bench]:
    world, ear = Memory(random.Random(seed)), Ear()
    hub = Hub(world, ear, world.ensure, settings, sessions_gone)
    world.publish = ear.hear
    hub.start()
    try:
        yield Bench(world, ear, hub)
    finally:
        await hub.stop()


async def turn(turns: int = 40) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
