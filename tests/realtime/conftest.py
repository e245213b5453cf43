"""The world of the raid scripts: a real Redis, emptied for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from realtime.connection import Scripted
from server.embedded import EmbeddedRedis
from tests.realtime.raid_world import World


@pytest_asyncio.fixture
async def scripted(redis_url: str) -> AsyncIterator[Scripted]:
    scripted = Scripted(redis_url, timeout=10, connections=4)
    yield scripted
    await scripted.close()


@pytest_asyncio.fixture
async def world(scripted: Scripted) -> World:
    return World(scripted)


@pytest_asyncio.fixture
async def lonely_redis(service_folder: Path) -> AsyncIterator[EmbeddedRedis]:
    """A Redis of this test's own, to be stopped and killed."""
    redis = EmbeddedRedis(service_folder / "redis")
    await redis.start()
    yield redis
    await redis.stop()
