"""Several hubs on one real Redis, people who watch through them, and what each of them believes of the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime import sse
from realtime.connection import Scripted
from realtime.cursor import Cursor
from realtime.healing import Frozen, HealToken
from realtime.hub import Hub, HubSettings
from realtime.keys import raid_keys
from realtime.presence import PresenceSettings
from realtime.presence_store import PresenceStore
from realtime.raids import RaidStore
from realtime.server_listener import ServerListener
from realtime.stream import Stream, Viewer
from tests.realtime.raid_world import RAID, Loading, World
from tests.realtime.readers import Client, Told, parse_sse
from tests.realtime.standstill import Standstill

QUICK = PresenceSettings(interval=0.05, beat=0.2, lease=1.2, grace=0.8)
LONGER = (1, 3, 9)
"""By so much the times are stretched, from one attempt to the next, where the machine could not keep to them."""


class Onlooker(Client):
    """Somebody's page: it keeps what it was told, also from one connection to the next."""

    def __init__(self, user_id: UserId, before: "Onlooker | None" = None) -> None:
        super().__init__()
        self.user_id = user_id
        self.members: set[int] = set(before.members) if before else set()
        self.online: set[int] = set(before.online) if before else set()
        self.presence: list[tuple[float, Told]] = []
        self.resumes_from = before.at if before else None

    async def send(self, message: Any) -> None:
        await super().send(message)
        for one in parse_sse(message.get("body", b"")):
            getattr(self, f"_on_{one.event}", _ignore)(one)

    def _on_snapshot(self, told: Told) -> None:
        self.members = {member["userId"] for member in told.data["members"]}
        self.online = {member["userId"] for member in told.data["members"] if member["isOnline"]}

    def _on_member_join(self, told: Told) -> None:
        self.members.add(told.data["userId"])
        if told.data["isOnline"]:
            self.online.add(told.data["userId"])
        else:
            self.online.discard(told.data["userId"])

    def _on_member_leave(self, told: Told) -> None:
        self.members.discard(told.data["userId"])
        self.online.discard(told.data["userId"])

    def _on_presence(self, told: Told) -> None:
        self.presence.append((asyncio.get_running_loop().time(), told))
        self.online |= set(told.data["online"]) & self.members
        self.online -= set(told.data["offline"])

    @property
    def said(self) -> list[tuple[list[int], list[int]]]:
        """What was said of presence, frame by frame."""
        return [(told.data["online"], told.data["offline"]) for _at, told in self.presence]

    def heard(self, word: str) -> list[int]:
        """Everybody who was said to be online, or offline."""
        return [user_id for _at, told in self.presence for user_id in told.data[word]]


@dataclass
class Crowded:
    world: World
    redis_url: str
    hubs: list[Hub] = field(default_factory=list)
    streams: dict[Client, tuple[Hub, Stream]] = field(default_factory=dict)
    epoch: int = 7
    terms: PresenceSettings = QUICK
    loading: Loading = field(default_factory=Loading)
    healing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self, *members: int, **fields: Any) -> None:
        self.loading = Loading(fields, [UserId(one) for one in members])
        await self.world.load(self.loading)

    @property
    def settings(self) -> HubSettings:
        return HubSettings(heartbeat=0.5, linger=0.1, presence=self.terms)

    async def hub(self, settings: HubSettings | None = None) -> Hub:
        scripted = self.world.scripted
        hub = Hub(
            RaidStore(scripted),
            ServerListener(self.redis_url),
            self._heal,
            settings or self.settings,
            presence=PresenceStore(scripted),
        )
        hub.start()
        self.hubs.append(hub)
        return hub

    async def heal(self) -> None:
        await self._heal(RAID, Epoch(0))

    async def _heal(self, raid_id: RaidId, _least: Epoch) -> None:
        """As the healer would: the state is put in place anew, under a higher epoch, unless somebody was quicker."""
        async with self.healing:
            run_id = await self.world.scripted.run_id()
            if await self.world.redis.hget(self.world.key("state"), "run_id") == run_id.encode():
                return
            await self.world.redis.delete(*raid_keys(raid_id))
            self.epoch += 1
            loading = Loading({**self.loading.fields, "epoch": self.epoch}, self.loading.members)
            nothing = Frozen("missing", Epoch(0), Seq(0), token=HealToken(""), run_id=run_id)
            await self.world.care.load(raid_id, loading.state(run_id, raid_id), nothing)

    async def watch(self, hub: Hub, user_id: int, before: Onlooker | None = None) -> Onlooker:
        client = Onlooker(UserId(user_id), before)
        await self.open(hub, client, user_id, client.resumes_from)
        return client

    async def open(self, hub: Hub, client: Client, user_id: int, cursor: Cursor | None = None) -> None:
        stream = hub.open(Viewer(UserId(user_id)), sse.SSE)
        self.streams[client] = hub, stream
        await hub.watch(stream, RAID, str(cursor) if cursor else None)
        stream.open(client.send, client.abort, client.pipe)

    def gone(self, client: Client) -> None:
        hub, stream = self.streams.pop(client)
        hub.close(stream)

    async def kill(self, hub: Hub) -> None:
        """As if the process were gone: nobody is told."""
        if hub._presence is not None:
            hub._presence.say_goodbye = _nobody  # type: ignore[method-assign]
        await self.end(hub)

    async def end(self, hub: Hub) -> None:
        """In good order."""
        self.hubs.remove(hub)
        await hub.stop()
        for client in [client for client, (its, _) in self.streams.items() if its is hub]:
            self.gone(client)


async def _nobody() -> None:
    return


def _ignore(_told: Told) -> None:
    return


@asynccontextmanager
async def crowded(scripted: Scripted, redis_url: str, terms: PresenceSettings = QUICK) -> AsyncIterator[Crowded]:
    on = Crowded(World(scripted), redis_url, terms=terms)
    try:
        yield on
    finally:
        for hub in tuple(on.hubs):
            await on.end(hub)


async def undisturbed(scripted: Scripted, redis_url: str, play: Callable[[Crowded], Awaitable[None]]) -> None:
    """Have it played. Where it fails and the machine stood still for longer than the times forgive, somebody was
    rightly given up: then it is played anew, with longer ones. What fails on a machine that kept to them fails."""
    for times in LONGER:
        terms = _stretched(times)
        async with crowded(scripted, redis_url, terms) as on, Standstill.watched(on.world.redis) as still:
            try:
                await play(on)
                return
            except AssertionError:
                if times == LONGER[-1] or still.worst(terms.lease) < terms.grace / 4:
                    raise
        await on.world.redis.flushall()


def _stretched(times: int) -> PresenceSettings:
    return PresenceSettings(
        interval=times * QUICK.interval, beat=times * QUICK.beat, lease=times * QUICK.lease, grace=times * QUICK.grace
    )
