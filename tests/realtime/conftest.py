"""The world of the raid scripts: a real Redis, emptied for every test."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from realtime.connection import Scripted
from server.embedded import EmbeddedRedis
from tests.realtime.clock import Clock
from tests.realtime.raid_world import World
from tests.realtime.readers import Client


@pytest_asyncio.fixture
async def scripted(redis_url: str) -> AsyncIterator[Scripted]:
    scripted = Scripted(redis_url, timeout=30, connections=4)
    yield scripted
    await scripted.close()


@pytest_asyncio.fixture
async def world(scripted: Scripted) -> World:
    return World(scripted)


@pytest_asyncio.fixture
async def lonely_redis(service_folder: Path) -> AsyncIterator[EmbeddedRedis]:
    """A Redis of this test's own, to be stopped and killed."""
    async with EmbeddedRedis(service_folder / "redis") as redis:
        yield redis


@pytest_asyncio.fixture
async def clock() -> Clock:
    """The test's loop goes by it from now on."""
    return Clock(asyncio.get_running_loop())


@pytest.fixture(params=[pytest.param(False, id="send"), pytest.param(True, id="pipe")])
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is true of streams has to be true however they are written."""
    monkeypatch.setattr(Client, "is_piped", request.param)
