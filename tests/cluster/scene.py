"""Two servers and a worker on a cluster, and people who contribute to raids on every node while they are watched."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from raidline.ids import RaidId
from realtime.keys import raid_key
from server.settings import Settings, load_settings
from tests.cluster.node import Node
from tests.cluster.nodes import Nodes
from tests.conftest import Launch
from tests.end_to_end.client import Watcher, client_of
from tests.end_to_end.event_log import shape
from tests.faults.crowd import Crowd, Post
from tests.faults.crowd import Person as Contributor
from tests.faults.verify import verify
from tests.helpers import ADMIN_TOKEN
from tests.server.people import Person

VIAS = ("sse", "ws")
CAUGHT_UP_SECONDS = 60.0

PATIENCE_SECONDS = 10.0
"""Of those who contribute: longer than a server keeps anybody waiting, whatever is away."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the ledger and the live state are, for services within the test's own process."""

    database_url: str
    redis_url: str

    def settings(self) -> Settings:
        urls = {"database_url": self.database_url, "redis_url": self.redis_url}
        return load_settings().model_copy(update={**urls, "admin_token": SecretStr(ADMIN_TOKEN)})


@dataclass(frozen=True, slots=True)
class Scene:
    nodes: Nodes
    ground: Ground
    crowd: Crowd
    people: Sequence[Contributor]
    raids: Sequence[RaidId]
    """At least one on each node."""
    watchers: dict[RaidId, list[Watcher]]
    """By every way, at either server."""

    async def owner(self, raid_id: RaidId) -> Node:
        return await self.nodes.owner(raid_key(raid_id, "state"))

    async def on(self, node: Node) -> list[RaidId]:
        return [raid_id for raid_id in self.raids if await self.owner(raid_id) is node]

    def contribute(self, raids: Collection[RaidId], count: int) -> "asyncio.Future[list[list[Post]]]":
        """So many to each of them, all at once; done when all are answered."""
        return asyncio.gather(*(self.crowd.contributions(raid_id, self.people, count) for raid_id in raids))

    async def all_is_well(self, *, redis_lost_data: bool = False) -> None:
        """Every answer is kept, once; every watcher saw every entry of every epoch once, on one connection."""
        await verify(self.ground, self.crowd, self.raids, self.people[0], redis_lost_data=redis_lost_data)
        for raid_id, watching in self.watchers.items():
            end = (await self.crowd.call("GET", f"/raids/{raid_id}", self.people[0].token)).json()
            for one in watching:
                log = await one.reaches(end["cursor"], CAUGHT_UP_SECONDS)
                assert log.raid == shape(end)
                assert log.live
                assert log.wrong == []
                assert not one.ended.is_set()


@asynccontextmanager
async def scene_on(nodes: Nodes, launch: Launch, database_url: str) -> AsyncIterator[Scene]:
    servers = await asyncio.gather(*(launch(REDIS_URL=nodes.url) for _ in range(2)))
    await launch("worker", REDIS_URL=nodes.url)
    urls = [server.url for server in servers]
    orders = itertools.cycle((1, -1))
    async with Crowd(lambda: urls[:: next(orders)], PATIENCE_SECONDS) as crowd, AsyncExitStack() as stack:
        people = [await crowd.person() for _ in range(3)]
        raids = await _raids_on_every_node(nodes, crowd, people)
        watchers = {raid_id: [Watcher(raid_id) for _ in VIAS] for raid_id in raids}
        for watching in watchers.values():
            for one, via, url in zip(watching, VIAS, urls, strict=True):
                client = await stack.enter_async_context(client_of(url))
                stack.push_async_callback(one.disconnect)
                await one.connect(Person(client, people[0].id, people[0].token, ""), via)
        yield Scene(nodes, Ground(database_url, nodes.url), crowd, people, raids, watchers)


async def _raids_on_every_node(nodes: Nodes, crowd: Crowd, people: Sequence[Contributor]) -> list[RaidId]:
    raids, owners = [], set[str]()
    while len(owners) < len(await nodes.primaries()):
        raids.append(await crowd.raid(people))
        owners.add((await nodes.owner(raid_key(raids[-1], "state"))).id)
    return raids
