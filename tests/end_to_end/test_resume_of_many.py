"""Readers of several raids that come and go over two servers miss nothing, on either transport."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.conftest import Launch
from tests.end_to_end.client import at, servers
from tests.realtime.many import Log, Many
from tests.server.following_many import OWN, following_many
from tests.server.people import People, Person

COUNT = 60
"""Contributions to each raid while readers come and go, at the least."""

ROUND = 20
"""So many more at a time, until every reader came back often enough."""

CONNECTIONS = 4
"""So often each reader connects while there is something to miss, at the least."""

LONGEST_SECONDS = 120.0
"""No reader takes so long to come back so often, however busy the machine is."""


@dataclass
class Scene:
    """Raids of one leader, and two servers."""

    leader: Person
    raid_ids: list[int]
    servers: list[People]

    async def contribute(self, raid_id: int, count: int) -> None:
        for number, people in zip(range(count), cycle(self.servers), strict=False):
            answer = await at(self.leader, people).post(f"/raids/{raid_id}/contributions", {"xp": number % 7})
            assert answer.status_code == 201, answer.text

    async def heads(self) -> dict[int, tuple[int, int]]:
        answers = [(await self.leader.get(f"/raids/{raid_id}")).json() for raid_id in self.raid_ids]
        return {one["id"]: (one["epoch"], one["seq"]) for one in answers}


@pytest.fixture
async def scene(launch: Launch) -> AsyncIterator[Scene]:
    async with servers(launch) as people:
        leader = await people[0].person()
        raids = [await leader.starts_raid(targetXp=10**9, targetTasks=10**6) for _ in range(3)]
        yield Scene(leader, [raid["id"] for raid in raids], people)


@dataclass
class SocketReader:
    """Follows several raids over one WebSocket, each from the last id it had."""

    logs: dict[int, Log] = field(default_factory=dict)
    cursors: dict[int | None, str] = field(default_factory=dict)
    verdicts: list[str] = field(default_factory=list)
    connections: int = 0

    def take(self, frame: dict[str, Any]) -> None:
        if frame["type"] != "event":
            assert frame["type"] == "reply", frame
            return
        raid_id: int | None = frame.get("raidId")
        if frame["event"] == "hello":
            self.verdicts.append(frame["data"]["recovered"])
        if raid_id is not None:
            self.logs.setdefault(raid_id, Log()).take(frame["event"], frame["data"])
        if "id" in frame:
            self.cursors[raid_id] = frame["id"]

    @contextlib.asynccontextmanager
    async def connected(self, person: Person, followed: Sequence[int | None]) -> AsyncIterator["SocketReader"]:
        url = str(person.client.base_url).replace("http", "ws", 1).rstrip("/") + "/api/v1/ws"
        headers = {"Authorization": f"Bearer {person.token}"}
        offered = [Subprotocol("raidline.v1")]
        async with connect(
            url, additional_headers=headers, subprotocols=offered, proxy=None, open_timeout=60, close_timeout=2
        ) as socket:
            self.connections += 1
            for topic in followed:
                since = {"since": self.cursors[topic]} if topic in self.cursors else {}
                named = {"own": True} if topic is OWN else {"raidId": topic}
                await socket.send(json.dumps({"type": "subscribe", "ref": 1, **named, **since}))
            reading = asyncio.create_task(self._read(socket))
            try:
                yield self
            finally:
                reading.cancel()
                await asyncio.wait([reading])
                if not reading.cancelled():
                    reading.result()

    async def _read(self, socket: websockets.ClientConnection) -> None:
        while True:
            self.take(json.loads(await socket.recv()))

    async def reaches(self, heads: dict[int, tuple[int, int]]) -> None:
        async with asyncio.timeout(60):
            while {raid_id: log.has for raid_id, log in self.logs.items()} != heads:
                await asyncio.sleep(0.02)


class Play:
    """Readers that come and go while all raids are contributed to."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self.scene = scene
        self.chance = chance
        self.streams = [Many() for _ in range(4)]
        self.sockets = [SocketReader() for _ in range(2)]
        self.count = 0
        """Contributions that each raid has got."""
        self._done = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._feed())
            for many in self.streams:
                group.create_task(self._by_stream(many))
            for reader in self.sockets:
                group.create_task(self._by_socket(reader))

    async def _feed(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                while self.count < COUNT or not self._all_came_often():
                    await asyncio.gather(*(self.scene.contribute(raid_id, ROUND) for raid_id in self.scene.raid_ids))
                    self.count += ROUND
        finally:
            self._done.set()

    def _all_came_often(self) -> bool:
        connections = [len(many.verdicts(OWN)) for many in self.streams] + [one.connections for one in self.sockets]
        return min(connections) >= CONNECTIONS

    def _somewhere(self) -> Person:
        return at(self.scene.leader, self.chance.choice(self.scene.servers))

    async def _ticket(self) -> str | None:
        if self.chance.random() < 0.5:
            return None
        ticket: str = (await self._somewhere().post("/stream-tickets")).json()["ticket"]
        return ticket

    async def _by_stream(self, many: Many) -> None:
        while not self._done.is_set():
            raid_ids = self.chance.sample(self.scene.raid_ids, len(self.scene.raid_ids))
            ticket = await self._ticket()
            async with following_many(self._somewhere(), *raid_ids, many=many, ticket=ticket, in_query=True) as stream:
                with contextlib.suppress(TimeoutError):
                    await stream.until(lambda _: False, deadline=self.chance.random() * 0.3)
        async with following_many(self._somewhere(), *self.scene.raid_ids, many=many) as stream:
            heads = await self.scene.heads()
            await stream.until(lambda many: {one: log.has for one, log in many.logs.items()} == heads, 60)

    async def _by_socket(self, reader: SocketReader) -> None:
        while not self._done.is_set():
            async with reader.connected(self._somewhere(), [OWN, *self.scene.raid_ids]):
                await asyncio.sleep(self.chance.random() * 0.3)  # any moment will do
        async with reader.connected(self._somewhere(), [OWN, *self.scene.raid_ids]):
            await reader.reaches(await self.scene.heads())


@pytest.mark.parametrize("seed", [1, 2])
async def test_readers_of_several_raids_that_come_and_go_get_every_entry_once(scene: Scene, seed: int) -> None:
    begun = await scene.heads()
    play = Play(scene, random.Random(seed))
    await play.run()
    for many in play.streams:
        assert many.wrong == []
        assert_all_once(many.logs, begun, play.count)
        assert all(set(many.verdicts(log)[1:]) <= {"full"} for log in (OWN, *scene.raid_ids))
        assert len(many.verdicts(OWN)) > 3
    for reader in play.sockets:
        assert_all_once(reader.logs, begun, play.count)


def assert_all_once(logs: dict[int, Log], begun: dict[int, tuple[int, int]], count: int) -> None:
    """Every entry from the reader's first snapshot on, which may be of a moment after the beginning."""
    for raid_id, log in logs.items():
        last = begun[raid_id][1] + count
        assert log.seqs == list(range(log.seqs[0], last + 1))
        assert log.has == (begun[raid_id][0], last)


async def test_what_happened_in_all_raids_while_away_comes_from_the_other_server(scene: Scene) -> None:
    here, elsewhere = (at(scene.leader, people) for people in scene.servers)
    many, reader = Many(), SocketReader()
    async with (
        following_many(here, *scene.raid_ids, many=many) as stream,
        reader.connected(here, [OWN, *scene.raid_ids]),
    ):
        await stream.cursor_moves()
        await reader.reaches(await scene.heads())
    for raid_id in scene.raid_ids:
        await scene.contribute(raid_id, 5)
    async with (
        following_many(elsewhere, *scene.raid_ids, many=many) as stream,
        reader.connected(elsewhere, [OWN, *scene.raid_ids]),
    ):
        await stream.until(lambda many: all(len(many.seqs(raid_id)) == 5 for raid_id in scene.raid_ids))
        await reader.reaches(await scene.heads())
    many.assert_seamless()
    assert all(many.verdicts(log) == ["none", "full"] for log in (OWN, *scene.raid_ids))
    assert reader.verdicts == ["none"] * 4 + ["full"] * 4
    assert all(log.repeated == 0 and len(log.seqs) == 5 for log in reader.logs.values())
