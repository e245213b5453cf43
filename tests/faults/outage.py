"""A stage of one's own, two servers and a worker on it, people who go on contributing, and one who watches."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from raidline.ids import RaidId
from tests.faults.crowd import Crowd, Person, Post
from tests.faults.stage import FaultyProcess, Stage, own_services
from tests.faults.verify import verify
from tests.faults.watcher import Watcher, watching
from tests.helpers import eventually

TRICKLE_SECONDS = 0.1
TARGET = 30


@dataclass(slots=True)
class Outage:
    stage: Stage
    servers: Sequence[FaultyProcess]
    crowd: Crowd
    people: Sequence[Person]
    open: RaidId
    """A raid that goes on; `ending` ends with its TARGETth contribution."""
    ending: RaidId
    watcher: Watcher

    async def contribute(self, count: int) -> list[Post]:
        """To both raids at once; returns when all are answered."""
        posts = await asyncio.gather(
            self.crowd.contributions(self.open, self.people, count),
            self.crowd.contributions(self.ending, self.people, count // 2),
        )
        return [post for some in posts for post in some]

    async def trickle(self, seconds: float) -> list[Post]:
        """A few at a time for so long; returns when all are answered."""
        end, flights = time.monotonic() + seconds, []
        while time.monotonic() < end:
            flights.append(asyncio.create_task(self.contribute(2)))
            await asyncio.sleep(TRICKLE_SECONDS)
        return [post for flight in await asyncio.gather(*flights) for post in flight]

    async def is_over(self, *, redis_lost_data: bool = False) -> None:
        """Everything goes on as before, the ending raid ends, nothing was lost, and the watcher saw it all.

        Whoever got no answer yet asks again, with the same key.
        """
        await asyncio.gather(*(self.crowd.insist(post) for post in self.crowd.posts if not post.answers))
        await self.contribute(2 * TARGET)
        raids = [self.open, self.ending]
        await verify(self.stage, self.crowd, raids, self.people[0], redis_lost_data=redis_lost_data)
        snapshot = (await self.crowd.call("GET", f"/raids/{self.open}", self.people[0].token)).json()
        await eventually(lambda: self.watcher.tasks == snapshot["currentTasks"], 60)
        assert not self.watcher.ended
        assert self.watcher.gapless


@contextlib.asynccontextmanager
async def outage(folder: Path, *, aof: bool = True, **environment: str) -> AsyncIterator[Outage]:
    async with own_services(folder, aof=aof) as stage:
        stage.start("worker")
        servers = [stage.start("web", **environment) for _ in range(2)]
        await asyncio.gather(*(server.serving(server.url) for server in servers))
        urls = [server.url for server in servers]
        async with Crowd(lambda: _turned(urls)) as crowd:
            people = [await crowd.person() for _ in range(4)]
            lasting, ending = await crowd.raid(people), await crowd.raid(people, targetTasks=TARGET)
            async with watching(urls[1], lasting, people[0]) as watcher:
                made = Outage(stage, servers, crowd, people, lasting, ending, watcher)
                await made.contribute(10)
                yield made


def _turned(urls: list[str]) -> list[str]:
    """Each time another one first."""
    urls.append(urls.pop(0))
    return list(urls)
