"""Embedded services: real, closed to others, as durable as they promise."""

import contextlib
import os
import socket
import stat
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio

from server.embedded import (
    EmbeddedError,
    EmbeddedPostgres,
    EmbeddedRedis,
    embedded_services,
    running_services,
)
from tests.conftest import Embedded


async def setting(url: str, name: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SELECT current_setting($1)", name))
    finally:
        await connection.close()


def open_ports(pid: int) -> list[object]:
    process = psutil.Process(pid)
    found = process.net_connections("inet")
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # Postgres' children come and go
            found += child.net_connections("inet")
    return [connection for connection in found if connection.type == socket.SOCK_STREAM]


async def test_both_services_are_real_and_keep_their_data(service_folder: Path) -> None:
    """What was written is there again when the same folder is used a second time."""
    data = service_folder / "data"
    async with embedded_services(data, None, None) as urls:
        connection = await asyncpg.connect(urls.database_url)
        await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        await connection.close()
        async with redis.asyncio.Redis.from_url(urls.redis_url) as client:
            await client.set("kept", "8")
    async with embedded_services(data, None, None) as urls:
        connection = await asyncpg.connect(urls.database_url)
        assert await connection.fetchval("SELECT n FROM kept") == 7
        await connection.close()
        async with redis.asyncio.Redis.from_url(urls.redis_url) as client:
            assert await client.get("kept") == b"8"
    assert running_services(data) is None


async def test_given_services_are_used_as_they_are(tmp_path: Path) -> None:
    """With both URLs set nothing is started and no folder is made."""
    async with embedded_services(tmp_path / "data", "postgresql://there/db", "redis://there") as urls:
        assert (urls.database_url, urls.redis_url) == ("postgresql://there/db", "redis://there")
    assert not (tmp_path / "data").exists()


async def test_only_the_missing_service_is_started(service_folder: Path) -> None:
    async with embedded_services(service_folder / "data", "postgresql://there/db", None) as urls:
        assert urls.database_url == "postgresql://there/db"
        assert urls.redis_url.startswith("unix://")
    assert not (service_folder / "data" / "postgres").exists()


async def test_no_port_is_opened(embedded: Embedded) -> None:
    assert open_ports(embedded.postgres.pid) == []
    assert open_ports(embedded.redis.pid) == []


async def test_the_socket_folders_are_closed_to_others(embedded: Embedded) -> None:
    sockets = Path(embedded.postgres.url.partition("?host=")[2])
    for folder in (sockets, embedded.redis.socket.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid != 0 or os.geteuid() != 0


async def test_nothing_runs_as_root(embedded: Embedded) -> None:
    for pid in (embedded.postgres.pid, embedded.redis.pid):
        assert 0 not in psutil.Process(pid).uids()
        assert 0 not in psutil.Process(pid).gids()


async def test_settings_promise_durability(service_folder: Path) -> None:
    """A commit is on disk when it is answered; Redis writes before it answers and drops no key for space."""
    async with embedded_services(service_folder / "data", None, None) as urls:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await setting(urls.database_url, name) == "on"
        assert await setting(urls.database_url, "server_encoding") == "UTF8"
        assert await setting(urls.database_url, "TimeZone") == "UTC"
        async with redis.asyncio.Redis.from_url(urls.redis_url) as client:
            wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
            for name, value in wanted.items():
                assert (await client.config_get(name))[name] == value


async def test_no_secret_of_ours_reaches_a_service(service_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAIDLINE_ADMIN_TOKEN", "not-for-you")
    server = EmbeddedRedis(service_folder / "redis")
    await server.start()
    try:
        environment = Path(f"/proc/{server.pid}/environ").read_bytes()
        assert b"not-for-you" not in environment
    except PermissionError:
        pass  # not even we may look
    finally:
        await server.stop()


async def test_postgres_that_does_not_start_says_why(service_folder: Path) -> None:
    server = EmbeddedPostgres(service_folder / "postgres", settings={"max_connections": "many"})
    with pytest.raises(EmbeddedError, match="max_connections"):
        await server.start()
    assert not server.running
