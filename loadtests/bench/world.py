"""Services and servers that live as long as one benchmark, and what the kernel says they cost."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import aiohttp
import asyncpg

from server.commands import prepare_database
from server.embedded import EmbeddedPostgres, EmbeddedRedis, ServiceUrls

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_SECONDS = 20.0


class World:
    """A Postgres and a Redis of this benchmark's own, and the pids whose time is asked for."""

    def __init__(self, postgres: EmbeddedPostgres, redis: EmbeddedRedis) -> None:
        self.urls = ServiceUrls(postgres.url, redis.url)
        self.url_of = postgres.url_of
        self.postgres_pid = postgres.pid
        self.redis_pid = redis.pid
        self.admin_token = secrets.token_urlsafe()

    def cpu_seconds(self) -> tuple[float, float]:
        """So far, of Redis and of all of Postgres."""
        return cpu_seconds(self.redis_pid), cpu_seconds(self.postgres_pid, with_children=True)


@contextlib.asynccontextmanager
async def world() -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory(prefix="raidline-bench-") as folder:
        Path(folder).chmod(0o711)
        postgres, redis = EmbeddedPostgres(Path(folder) / "postgres"), EmbeddedRedis(Path(folder) / "redis")
        async with postgres, redis:
            await prepare_database(postgres.url)
            yield World(postgres, redis)


@contextlib.asynccontextmanager
async def own_connection(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection beside those of what is measured."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def process(
    arguments: Sequence[str], environment: Mapping[str, str], port: int, *, heard: bool = False
) -> AsyncIterator[int]:
    """A server process that answers on `port`; yields its pid and ends it afterwards. `heard`: it may print."""
    one = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        env={**os.environ, **environment},
        stdout=None if heard else asyncio.subprocess.DEVNULL,
    )
    try:
        await _answers(port)
        yield one.pid
    finally:
        one.terminate()
        await one.wait()


async def _answers(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with aiohttp.ClientSession() as http:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"http://127.0.0.1:{port}/healthz"):
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing answers on port {port}")
            await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int, *, with_children: bool = False) -> float:
    """User and system time of a process so far, to the nanosecond; with its living and ended children for Postgres."""
    # The clock of another process (clock_getcpuclockid). /proc only has it in ticks: of what a round of empty requests
    # takes, one is a tenth. Of children that have ended there is nothing finer.
    spent = time.clock_gettime((~pid << 3) | 2)
    if not with_children:
        return spent
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = sum(int(field) for field in fields[13:15]) / TICKS_PER_SECOND
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return spent + ended + sum(cpu_seconds(int(child)) for child in children)
