"""A hub on several raids in memory and people's own logs, and clients that follow many of them at once."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime import keys
from realtime.cursor import Cursor
from realtime.entries import Entry
from realtime.hub import Hub, HubSettings
from realtime.logs import Own
from realtime.own_log import OwnPage
from realtime.raids import LogPage, StreamStart, View, Viewer
from realtime.stream import Stream
from realtime.stream import Viewer as Reader
from realtime.streams_of_many import SSE_OF_MANY, follow_all
from realtime.topics import OwnTopic, RaidTopic, Topic
from tests.realtime.bench import NEVER
from tests.realtime.many import Many
from tests.realtime.memory import FIRST_EPOCH, LEADER, Ear, Memory, payload_of
from tests.realtime.readers import Client


@dataclass
class Worlds:
    """All raids' Redis. It is what a hub reads from."""

    of: dict[RaidId, Memory]

    async def ensure(self, raid_id: RaidId, least_epoch: Epoch) -> None:
        await self.of[raid_id].ensure(raid_id, least_epoch)

    async def stream_start(self, raid_id: RaidId, viewer: Viewer, cursor: Cursor | None) -> StreamStart:
        return await self.of[raid_id].stream_start(raid_id, viewer, cursor)

    async def view(self, raid_id: RaidId, viewer: Viewer) -> View:
        return await self.of[raid_id].view(raid_id, viewer)

    async def entries_after(self, raid_id: RaidId, cursor: Cursor) -> LogPage:
        return await self.of[raid_id].entries_after(raid_id, cursor)

    async def heads(self, raid_ids: list[RaidId]) -> dict[RaidId, Cursor]:
        return {raid_id: self.of[raid_id].head for raid_id in raid_ids}


@dataclass
class OwnMemory:
    """One person's own log, of one life."""

    ear: Ear
    entries: list[Entry] = field(default_factory=list)
    epoch: Epoch = FIRST_EPOCH

    @property
    def head(self) -> Cursor:
        return Cursor(self.epoch, Seq(len(self.entries)))

    def write(self) -> None:
        seq = Seq(len(self.entries) + 1)
        entry = Entry(self.epoch, seq, "streak", orjson.dumps({"current": seq}))
        self.entries.append(entry)
        self.ear.hear(payload_of(entry), keys.own_events_channel(LEADER))

    async def read(self, user_id: UserId, cursor: Cursor | None) -> OwnPage:
        if cursor is None or cursor.epoch != self.epoch or cursor.seq > len(self.entries):
            return OwnPage("none" if cursor is None else "reset", self.head)
        return OwnPage("full", self.head, tuple(self.entries[cursor.seq :]))

    async def heads(self, user_ids: Sequence[UserId]) -> dict[UserId, Cursor]:
        return dict.fromkeys(user_ids, self.head)


async def own_snapshot(user_id: UserId) -> bytes:
    return b"{}"


@dataclass
class ManyClient(Client):
    """A client of the bench, and what its reader has had before this connection."""

    many: Many = field(default_factory=Many)

    def __post_init__(self) -> None:
        super().__init__()

    def reads_all(self) -> Many:
        """Take in what this connection brought. Only once."""
        self.many.read(b"".join(self.written))
        return self.many

    __hash__ = Client.__hash__


@dataclass
class BenchOfMany:
    worlds: Worlds
    own: OwnMemory
    ear: Ear
    hub: Hub
    streams: dict[ManyClient, Stream] = field(default_factory=dict)

    async def client(
        self, *raid_ids: RaidId, many: Many | None = None, user: UserId | None = LEADER, own: bool = True
    ) -> ManyClient:
        client = ManyClient(many or Many())
        stream = self.streams[client] = self.hub.open(Reader(user), SSE_OF_MANY)
        topics: list[Topic] = [RaidTopic(raid_id) for raid_id in raid_ids]
        if own and user is not None:
            topics.append(OwnTopic(user))
        try:
            await follow_all(self.hub, stream, topics, client.many.cursor)
        except Exception:
            self.hub.close(self.streams.pop(client))
            raise
        stream.open(client.send, client.abort, client.pipe)
        return client

    def gone(self, client: ManyClient) -> None:
        self.hub.close(self.streams.pop(client))


@asynccontextmanager
async def bench_of_many(*raid_ids: RaidId, settings: HubSettings = NEVER, seed: int = 1) -> AsyncIterator[BenchOfMany]:
    ear = Ear()
    worlds = Worlds({raid_id: Memory(random.Random(seed + raid_id), raid_id) for raid_id in raid_ids})
    own = OwnMemory(ear)
    hub = Hub(worlds, ear, worlds.ensure, settings, None, Own(own, own_snapshot))
    for raid_id, world in worlds.of.items():
        world.publish = _to(ear, raid_id)
    hub.start()
    try:
        yield BenchOfMany(worlds, own, ear, hub)
    finally:
        await hub.stop()


def _to(ear: Ear, raid_id: RaidId) -> Callable[[bytes], None]:
    return lambda payload: ear.hear(payload, keys.events_channel(raid_id))
