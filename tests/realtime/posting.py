"""Raids that people contribute to and watch all the time, whatever happens to their Redis or cluster meanwhile.

There is no ledger: a raid that is in doubt begins a new life from nothing. Here it matters what its streams are told.
"""

import asyncio
import functools
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime import sse
from realtime.cancelling import end_tasks
from realtime.errors import RedisAway
from realtime.healing import Frozen, HealToken, RaidCare
from realtime.hub import Hub, HubSettings
from realtime.keys import raid_key, raid_keys
from realtime.logs import StillInDoubt
from realtime.presence import PresenceSettings
from realtime.presence_store import PresenceStore
from realtime.raids import Decided, RaidStore
from realtime.redis_service import RedisService
from realtime.scripting import Scripting
from realtime.stream import Viewer
from tests.helpers import eventually
from tests.realtime.raid_world import ACTIVE, ALICE, BOB, Loading, contribution
from tests.realtime.readers import Client, assert_seamless

PATIENCE = 40.0
BETWEEN_POSTS = 0.02
SETTINGS = HubSettings(heartbeat=1.0, presence=PresenceSettings(interval=0.2))


class Raids:
    """So many raids, somebody who contributes to each all the time, and a hub with two streams of each."""

    def __init__(self, redis: RedisService, scripted: Scripting, count: int) -> None:
        self.ids = [RaidId(number) for number in range(1, count + 1)]
        self.streams: dict[RaidId, list[Client]] = {}
        self.accepted: defaultdict[RaidId, int] = defaultdict(int)
        self._scripted = scripted
        self._store, self._care = RaidStore(scripted), RaidCare(scripted)
        self._epochs = dict.fromkeys(self.ids, 7)
        self._healing = {raid_id: asyncio.Lock() for raid_id in self.ids}
        self.hub = Hub(self._store, redis.listener(), self._ensure, SETTINGS, presence=PresenceStore(scripted))
        self._posting: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        self.hub.start()
        for raid_id in self.ids:
            await self._ensure(raid_id, Epoch(0))
            self.streams[raid_id] = [await self.watch(raid_id) for _ in range(2)]
        self._posting = [asyncio.create_task(self._post(raid_id)) for raid_id in self.ids]

    async def end(self) -> None:
        await self.stop_posting()
        await self.hub.stop()

    async def stop_posting(self) -> None:
        await end_tasks(self._posting)

    async def watch(self, raid_id: RaidId, user_id: UserId = ALICE) -> Client:
        client, stream = Client(), self.hub.open(Viewer(user_id), sse.SSE)
        await self.hub.watch(stream, raid_id, None)
        stream.open(client.send, client.abort, client.pipe)
        return client

    async def go_on(self, raid_ids: Collection[RaidId], more: int = 10) -> None:
        """Wait until so many more contributions to each were accepted, and all its streams have heard of them."""
        before = {one: self.accepted[one] for one in raid_ids}
        await eventually(lambda: all(self.accepted[one] >= before[one] + more for one in raid_ids), PATIENCE)

    async def agree(self) -> None:
        """Posting ends; every stream has every entry there is, each once and in order."""
        await self.stop_posting()
        for raid_id in self.ids:
            await eventually(functools.partial(self._is_told_all, raid_id), PATIENCE)
        for clients in self.streams.values():
            for client in clients:
                assert_seamless(client.told)
                assert not client.ended

    def told(self, raid_id: RaidId, event: str) -> int:
        """How often its streams were told of this, at most."""
        line = f"event: {event}\n".encode()
        return max(sum(text.count(line) for text in client.written) for client in self.streams[raid_id])

    async def _is_told_all(self, raid_id: RaidId) -> bool:
        with suppress(RedisAway):
            head = (await self._store.heads([raid_id])).get(raid_id)
            return all(client.at == head for client in self.streams[raid_id])
        return False

    async def _post(self, raid_id: RaidId) -> None:
        for number in range(1, 100_000):
            while not await self._accepts(raid_id, number):
                await asyncio.sleep(BETWEEN_POSTS)
            self.accepted[raid_id] += 1
            await asyncio.sleep(BETWEEN_POSTS)

    async def _accepts(self, raid_id: RaidId, number: int) -> bool:
        command = contribution(number, raid_id=raid_id, xp=1)
        with suppress(RedisAway, StillInDoubt):
            decision = (await self._store.decide([Decided(command)]))[0]
            if decision.outcome in ("missing", "suspect"):
                await self._ensure(raid_id, decision.epoch)
            return decision.outcome in ("accepted", "duplicate")
        return False

    async def _ensure(self, raid_id: RaidId, _least: Epoch) -> None:
        """As the healer would, but for what it knows of the ledger."""
        key = raid_key(raid_id, "state")
        async with self._healing[raid_id]:
            run_id = await self._scripted.run_id(key)
            if await self._scripted.plain([["HGET", key, "run_id"]]) == [run_id.encode()]:
                return
            await self._scripted.plain([["DEL", *raid_keys(raid_id)]])
            self._epochs[raid_id] += 1
            fields = ACTIVE | {"epoch": self._epochs[raid_id], "public": 1}
            nothing = Frozen("missing", Epoch(0), Seq(0), token=HealToken(""), run_id=run_id)
            await self._care.load(raid_id, Loading(fields, (ALICE, BOB)).state(run_id, raid_id), nothing)


@asynccontextmanager
async def followed(redis_url: str, count: int = 12, *, timeout: float = 1.0) -> AsyncIterator[Raids]:
    redis = RedisService(redis_url)
    scripted = redis.scripted(timeout=timeout, connections=8)
    raids = Raids(redis, scripted, count)
    try:
        await raids.begin()
        await raids.go_on(raids.ids)
        yield raids
    finally:
        await raids.end()
        await scripted.close()
        await redis.close()
