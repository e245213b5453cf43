"""The world of the raid scripts: a real Redis, emptied for every test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from realtime.connection import Scripted
from tests.realtime.raid_world import World


@pytest_asyncio.fixture
async def scripted(redis_url: str) -> AsyncIterator[Scripted]:
    scripted = Scripted(redis_url, timeout=10, connections=4)
    yield scripted
    await scripted.close()


@pytest_asyncio.fixture
async def world(scripted: Scripted) -> World:
    return World(scripted)
