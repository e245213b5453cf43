"""A node hangs and nobody takes its place: the worker's duties for the raids on the others are done."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from raidline.ids import RaidId
from realtime import keys
from server.services import Services, open_services
from server.settings import Settings
from server.worker import AT_ONCE, Worker
from tests.cluster.nodes import Nodes, cluster_of
from tests.realtime.echoes import within

NEVER_MS = 600_000
"""Until the nodes say of one that it is gone: the tests are over long before."""

RAIDS = [RaidId(number) for number in range(1, 13)]


@pytest_asyncio.fixture
async def nodes(program: Path, service_folder: Path) -> AsyncIterator[Nodes]:
    async with cluster_of(program, service_folder, timeout_ms=NEVER_MS) as nodes:
        yield nodes


@pytest_asyncio.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings) as services:
        yield services


async def test_deadlines_of_its_raids_make_room_for_the_others(nodes: Nodes, services: Services) -> None:
    agenda = services.agenda
    await agenda.note_deadlines([(raid_id, 1) for raid_id in RAIDS])
    busy = await nodes.owner(keys.RAIDS_DEADLINES)
    hung = next(node for node in await nodes.primaries() if node is not busy)
    away = {raid_id for raid_id in RAIDS if services.store.shard(raid_id) == hung.address}
    hung.pause()

    with within(30.0):
        await Worker(services).meet_deadlines()

    hung.resume()
    left = (await services.scripted.plain([["ZRANGE", keys.RAIDS_DEADLINES, 0, -1]]))[0]
    assert {RaidId(int(raid_id)) for raid_id in left} == away
    assert 0 < len(away) < len(RAIDS) <= AT_ONCE
