"""Two servers that heal the same raid at once: with the lock that prevents it, and without."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from raidline.ids import Epoch, RaidId
from server.services import Services, open_services
from tests.faults.crowd import Crowd
from tests.faults.scene import bereave, doubt, epochs
from tests.faults.stage import Stage
from tests.faults.verify import verify

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUNDS = 10


async def test_two_servers_that_heal_the_same_raid_at_once_agree(stage: Stage) -> None:
    servers = await asyncio.gather(stage.web(), stage.web())
    stage.start("worker")
    urls = [server.url for server in servers]
    async with Crowd(lambda: _turned(urls)) as crowd:
        people = [await crowd.person() for _ in range(4)]
        raids = [await crowd.raid(people), await crowd.raid(people, targetTasks=ROUNDS * 4)]
        for number in range(ROUNDS):
            posts = [crowd.contributions(raid_id, people, 8) for raid_id in raids]
            await (bereave if number % 3 == 2 else doubt)(stage, raids)
            await asyncio.gather(*posts)
        await verify(stage, crowd, raids, people[0], redis_lost_data=True)


async def test_the_lock_only_prevents_storms(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    web = await stage.web()
    async with Crowd(lambda: [web.url]) as crowd:
        people = [await crowd.person() for _ in range(4)]
        raids = [await crowd.raid(people)]
        async with open_services(stage.settings()) as one, open_services(stage.settings()) as other:
            for services in (one, other):
                monkeypatch.setattr(services.ledger, "heal_lock", _no_lock)
            for number in range(ROUNDS):
                await crowd.contributions(raids[0], people, 4)
                before = (await epochs(stage, raids))[raids[0]]
                await (bereave if number % 3 == 2 else doubt)(stage, raids)
                await asyncio.gather(*(_heal(services, raids[0]) for services in (one, other, one, other)))
                assert (await epochs(stage, raids))[raids[0]] > before
        await verify(stage, crowd, raids, people[0])


async def _heal(services: Services, raid_id: RaidId) -> None:
    await services.healer.ensure(raid_id, Epoch(0))


@contextlib.asynccontextmanager
async def _no_lock(_raid_id: RaidId) -> AsyncIterator[bool]:
    yield False


def _turned(urls: list[str]) -> list[str]:
    urls.append(urls.pop(0))
    return list(urls)
