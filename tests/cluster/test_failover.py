"""A primary dies, or a slot moves, while everybody contributes: nothing is lost, nothing is counted twice."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from realtime.keys import raid_key
from realtime.topology import slot_of
from tests.cluster.nodes import Nodes
from tests.cluster.scene import Scene, scene_on
from tests.conftest import Launch
from tests.helpers import eventually

COUNT = 10
TAKEN_OVER_SECONDS = 60.0
MOVES = 4


@pytest_asyncio.fixture
async def scene(nodes: Nodes, launch: Launch, database_url: str) -> AsyncIterator[Scene]:
    async with scene_on(nodes, launch, database_url) as made:
        yield made


@pytest_asyncio.fixture
async def own_scene(own_nodes: Nodes, launch: Launch, database_url: str) -> AsyncIterator[Scene]:
    async with scene_on(own_nodes, launch, database_url) as made:
        yield made


@pytest_asyncio.fixture
async def lonely_scene(lonely_nodes: Nodes, launch: Launch, database_url: str) -> AsyncIterator[Scene]:
    async with scene_on(lonely_nodes, launch, database_url) as made:
        yield made


async def test_a_primary_that_dies_under_load_is_replaced_and_nothing_is_lost(own_scene: Scene) -> None:
    scene = own_scene
    dead = await scene.owner(scene.raids[0])
    its = await scene.on(dead)
    under_way = scene.contribute(scene.raids, COUNT)
    await eventually(lambda: len(scene.crowd.answered(its)) > COUNT // 3, every=0.002)
    await dead.kill()
    await scene.contribute(scene.raids, COUNT)
    await under_way
    assert dead not in await scene.nodes.primaries()
    await scene.all_is_well(redis_lost_data=True)
    await dead.start()
    await eventually(scene.nodes.in_order, TAKEN_OVER_SECONDS)
    await scene.contribute(scene.raids, COUNT)
    await scene.all_is_well(redis_lost_data=True)


async def test_a_primary_that_nobody_replaces_costs_the_raids_of_the_others_nothing(lonely_scene: Scene) -> None:
    scene = lonely_scene
    dead = await scene.owner(scene.raids[0])
    its = await scene.on(dead)
    others = [raid_id for raid_id in scene.raids if raid_id not in its]
    await scene.contribute(scene.raids, COUNT)
    await dead.kill()
    await eventually(lambda: _degraded(scene, dead.address))
    waiting = scene.contribute(its, COUNT)
    during = await scene.contribute(others, COUNT)
    assert all(post.answer.accepted for posts in during for post in posts)
    assert not waiting.done()
    await dead.start()
    await waiting
    await scene.contribute(scene.raids, COUNT)
    await scene.all_is_well(redis_lost_data=True)
    for raid_id in others:
        assert [one.log.verdicts for one in scene.watchers[raid_id]] == [["none"]] * 2, "begun once, and never anew"


async def _degraded(scene: Scene, address: str) -> bool:
    """Whether the servers are ready, and say which node is away."""
    async with httpx.AsyncClient(timeout=60) as client:
        answers = [await client.get(f"{url}/readyz") for url in scene.crowd.route()]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    return all(any(address in part for part in answer.json().get("degraded", ())) for answer in answers)


async def test_a_slot_that_moves_to_and_fro_under_load_takes_its_raid_along(scene: Scene) -> None:
    raid_id = scene.raids[0]
    slot = slot_of(raid_key(raid_id, "state"))
    source = await scene.owner(raid_id)
    other = next(node for node in await scene.nodes.primaries() if node is not source)
    for to in (other, source) * (MOVES // 2):
        before = len(scene.crowd.answered([raid_id]))
        under_way = scene.contribute(scene.raids, COUNT)
        await eventually(lambda before=before: len(scene.crowd.answered([raid_id])) > before, every=0.002)  # type: ignore[misc]
        async with scene.nodes.moving(slot, to):
            await asyncio.wait([under_way], timeout=0.2)
        await under_way
        assert await scene.owner(raid_id) is to
    await scene.contribute(scene.raids, COUNT)
    await scene.all_is_well()
