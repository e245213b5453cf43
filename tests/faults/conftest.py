"""Stages for tests of faults: one per module where a test leaves the services as they were, else its own."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

import server.auditor
import server.services
from realtime import scripts
from server.embedded import EmbeddedRedis
from server.settings import Settings
from tests.conftest import Embedded
from tests.faults.rules import Rule
from tests.faults.stage import Stage
from tests.faults.world import World, bare_world

PATIENCE_SECONDS = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(embedded: Embedded, template_database: str, services_root: Path) -> AsyncIterator[Stage]:
    """A database and a Redis of the module's own."""
    name = f"faults_{uuid4().hex[:12]}"
    await _execute(embedded.postgres.url, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    folder = services_root / name
    folder.mkdir()
    folder.chmod(0o711)
    async with EmbeddedRedis(folder / "redis", store=services_root / "programs") as redis_server:
        made = Stage(folder, embedded.postgres, redis_server, embedded.postgres.url_of(name))
        yield made
        made.finish()
    await _execute(embedded.postgres.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["with_the_rule", "without_it"])
def rule(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Rule]:
    yield Rule(request.param == "without_it", monkeypatch, tmp_path)
    scripts.script.cache_clear()


@pytest.fixture
def patient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """For servers that wait for what is only slow: a test says itself what is away."""
    for name in ("REDIS_SECONDS", "CARE_SECONDS"):
        monkeypatch.setattr(server.services, name, PATIENCE_SECONDS)
    monkeypatch.setattr(server.services, "STATEMENT_TIMEOUT_MS", round(PATIENCE_SECONDS * 1000))
    return settings.model_copy(update={"ack_timeout_ms": round(PATIENCE_SECONDS * 1000)})


@pytest_asyncio.fixture
async def world(patient: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """Two servers and an active raid, in a database and a Redis that nobody else uses meanwhile."""
    monkeypatch.setattr(server.auditor, "YOUNG_MS", 0)
    async with bare_world(patient) as made, contextlib.AsyncExitStack() as stack:
        await made.begin(stack)
        yield made


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
