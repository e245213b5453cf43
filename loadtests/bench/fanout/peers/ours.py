"""Raidline as `raidline serve` runs it; or plain, as another ASGI server without our extensions would."""

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from loadtests.bench.fanout.ground import Ground, RunningRedis
from loadtests.bench.fanout.payload import event
from loadtests.bench.fanout.peer import SSE, WEBSOCKET, Peer, Served
from loadtests.bench.fanout.publisher import Outlet, redis_publish
from loadtests.bench.fanout.subscribers import Door
from loadtests.bench.world import free_port
from raidline.ids import RaidId
from realtime.topics import RaidTopic

ADMIN_TOKEN = "of-this-benchmark-alone"
WAYS = {SSE: ("sse", "stream"), WEBSOCKET: ("websocket", "ws")}


@dataclass(frozen=True, slots=True)
class Raid:
    id: int
    epoch: int
    seq: int
    token: str
    """The leader's session."""

    def message(self, seq: int, sent: int) -> bytes:
        """What the write path's script says with an entry (realtime/lua/includes/raid.lua)."""
        head = b"%d-%d\ncontribution\n" % (self.epoch, seq)
        return redis_publish(RaidTopic(RaidId(self.id)).channel_name, head + event(self.id, seq, sent))


@dataclass(frozen=True, slots=True)
class Serving:
    """Our server with one public raid in it that is under way."""

    pid: int
    port: int
    redis: RunningRedis
    raid: Raid

    def door(self, transport: str) -> Door:
        protocol, way = WAYS[transport]
        headers = (f"Authorization: Bearer {self.raid.token}",)
        return Door(protocol, self.port, f"/api/v1/raids/{self.raid.id}/{way}", headers)


class Ours(Peer):
    transports = (SSE, WEBSOCKET)
    must_be_correct = True

    def __init__(self, *, plain: bool = False) -> None:
        self.name = "ours, plain ASGI" if plain else "ours"
        self._options = ["--plain"] if plain else []

    def prepare(self) -> None:
        """It is here."""

    @contextlib.asynccontextmanager
    async def serve(self, ground: Ground, transport: str) -> AsyncIterator[Served]:
        async with self.serving(ground) as serving:
            raid = serving.raid
            outlet = Outlet(serving.redis.port, partial(Raid.message, raid))
            yield Served(serving.pid, serving.redis.pid, serving.door(transport), outlet, raid.seq + 1)

    @contextlib.asynccontextmanager
    async def serving(self, ground: Ground) -> AsyncIterator[Serving]:
        port = free_port()
        async with ground.redis(durable=True) as redis:
            environment = {
                "DATABASE_URL": ground.postgres.url,
                "REDIS_URL": redis.url,
                "RAIDLINE_ADMIN_TOKEN": ADMIN_TOKEN,
                "RAIDLINE_LOG_LEVEL": "warning",
                # A contribution is followed into the ledger, on however busy a machine.
                "RAIDLINE_ACK_TIMEOUT_MS": "60000",
            }
            command = [sys.executable, "-m", "loadtests.bench.fanout.peers.our_server", str(port), *self._options]
            async with ground.serving("ours", command, port, environment) as pid:
                yield Serving(pid, port, redis, await _raid(port))


async def _raid(port: int) -> Raid:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:

        async def post(path: str, body: dict[str, Any], token: str) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {token}"}
            async with http.post(f"/api/v1/{path}", json=body, headers=headers) as answer:
                answer.raise_for_status()
                content: dict[str, Any] = await answer.json()
                return content

        somebody = {"provider": "bench", "subject": "leader", "name": "leader", "scopes": ["unlimited"]}
        token = (await post("admin/sessions", somebody, ADMIN_TOKEN))["token"]
        endless = {"title": "bench", "targetXp": 10**12, "targetTasks": 0, "public": True}
        raid_id = (await post("raids", endless, token))["id"]
        raid = await post(f"raids/{raid_id}/start", {}, token)
        return Raid(raid_id, raid["epoch"], raid["seq"], token)
