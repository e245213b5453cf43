"""Real services for every test that asks: one Postgres and one Redis per session, a database per test."""

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
import redis.asyncio
import structlog
from pydantic import SecretStr

from server.embedded import EmbeddedPostgres, EmbeddedRedis
from server.settings import Settings, load_settings
from tests.helpers import ADMIN_TOKEN, SETTING_NAMES, Launched, clean_environment, finish_all, free_port
from tests.scheduling import Scheduling

TEMPLATE = "raidline_template"

UNSAFE = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}
"""The shared Postgres need not outlive a power cut; those that tests kill keep their settings."""

LEDGER_PATIENCE_MS = 60_000
"""A ledger that stands still for two seconds would make a 201 a 202, which is as right, and seldom what is asked."""

hypothesis.settings.register_profile("still", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("still")
"""How long an example takes says how busy the machine is."""

Launch = Callable[..., Awaitable[Launched]]


@dataclass(frozen=True, slots=True)
class Embedded:
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name in SETTING_NAMES or name.startswith("RAIDLINE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A command sets up logs for its whole process, which here is ours."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def services_root() -> Iterator[Path]:
    """A folder that the services' user can pass through, also when the tests run as root."""
    with _open_folder() as folder:
        yield folder


@pytest.fixture
def service_folder() -> Iterator[Path]:
    """The same for services of one test alone: those that are killed, paused or given an older dump."""
    with _open_folder() as folder:
        yield folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded(services_root: Path) -> AsyncIterator[Embedded]:
    async with contextlib.AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(services_root / "postgres", settings=UNSAFE)
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        redis_server = EmbeddedRedis(services_root / "redis")
        await redis_server.start()
        stack.push_async_callback(redis_server.stop)
        yield Embedded(postgres, redis_server)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template_database(embedded: Embedded) -> str:
    """The name of a migrated database with its partitions, for cloning."""
    from server.commands import prepare_database

    await _execute(embedded, f"CREATE DATABASE {TEMPLATE}")
    await prepare_database(embedded.postgres.url_of(TEMPLATE))
    return TEMPLATE


@pytest_asyncio.fixture
async def database_url(embedded: Embedded, template_database: str) -> AsyncIterator[str]:
    """A database of this test's own: migrated, empty, dropped afterwards."""
    async with clone_of(embedded, template_database) as url:
        yield url


@pytest_asyncio.fixture
async def empty_database_url(embedded: Embedded) -> AsyncIterator[str]:
    """A database of this test's own with nothing in it at all."""
    async with clone_of(embedded, "template0") as url:
        yield url


@pytest_asyncio.fixture
async def redis_url(embedded: Embedded) -> str:
    """The session's Redis, emptied."""
    async with redis.asyncio.Redis.from_url(embedded.redis.url) as client:
        await client.flushall()
    return embedded.redis.url


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return load_settings().model_copy(
        update={
            "database_url": database_url,
            "redis_url": redis_url,
            "guests": True,
            "admin_token": SecretStr(ADMIN_TOKEN),
            "ack_timeout_ms": LEDGER_PATIENCE_MS,
        }
    )


@pytest.fixture
def launch(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Launch]:
    """Starts `raidline serve` (or another command) as a process against this test's services.

    `await launch()` returns when it answers; `await launch("worker")` as soon as it runs. Settings
    are given as keywords: `launch(RAIDLINE_LATE_DAYS="1")`; all processes end with the test.
    """
    with launching(database_url, redis_url, tmp_path) as start:
        yield start


@contextlib.contextmanager
def launching(database_url: str, redis_url: str, folder: Path) -> Iterator[Launch]:
    """What `launch` gives, against these services; the processes end with the block, their logs stay in `folder`."""
    launched: list[Launched] = []

    defaults = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "RAIDLINE_GUESTS": "1",
        "RAIDLINE_ADMIN_TOKEN": ADMIN_TOKEN,
    }

    async def start(*arguments: str, port: int | None = None, **settings: str) -> Launched:
        port = port or free_port()
        environment = clean_environment(**{**defaults, "PORT": str(port), **settings})
        log = folder / f"raidline-{len(launched)}.log"
        process = Launched(arguments or ("serve", "--host", "127.0.0.1"), environment, log)
        launched.append(process)
        if not arguments or arguments[0] in ("serve", "up"):
            await process.serving(f"http://127.0.0.1:{port}")
        return process

    try:
        yield start
    finally:
        finish_all(launched)


@contextlib.asynccontextmanager
async def clone_of(embedded: Embedded, template: str) -> AsyncIterator[str]:
    """The address of a database like that one, for as long as the block runs."""
    name = f"test_{uuid4().hex}"
    await _execute(embedded, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield embedded.postgres.url_of(name)
    await _execute(embedded, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(embedded: Embedded, statement: str) -> None:
    connection = await asyncpg.connect(embedded.postgres.url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextlib.contextmanager
def _open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="raidline-tests-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
