"""Stages for tests of faults: one per module where a test leaves the services as they were, else its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest_asyncio

from server.embedded import EmbeddedRedis
from tests.conftest import Embedded
from tests.faults.stage import Stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(embedded: Embedded, template_database: str, services_root: Path) -> AsyncIterator[Stage]:
    """A database and a Redis of the module's own."""
    name = f"faults_{uuid4().hex[:12]}"
    await _execute(embedded.postgres.url, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    folder = services_root / name
    folder.mkdir()
    folder.chmod(0o711)
    redis = EmbeddedRedis(folder / "redis", store=services_root / "programs")
    await redis.start()
    made = Stage(folder, embedded.postgres, redis, embedded.postgres.url_of(name))
    yield made
    made.finish()
    await redis.stop()
    await _execute(embedded.postgres.url, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
