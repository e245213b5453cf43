"""How embedded services end: stopped, killed, paused, or left behind by a killed program."""

import asyncio
import contextlib
import os
import socket
import struct
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio

from server.embedded import (
    EmbeddedPostgres,
    EmbeddedRedis,
    embedded_services,
)
from tests.conftest import Embedded
from tests.helpers import all_written, eventually
from tests.server.services import (
    database_answers,
    running,
    service_pids,
    start_holder,
)


async def test_killed_services_come_back_with_what_they_had(service_folder: Path) -> None:
    """After kill -9 both recover, at the same addresses."""
    postgres = EmbeddedPostgres(service_folder / "postgres")
    redis_server = EmbeddedRedis(service_folder / "redis")
    await postgres.start()
    await redis_server.start()
    addresses = (postgres.url, redis_server.url)
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        await client.set("kept", "8")
    await all_written(redis_server.url)
    await postgres.kill()
    await redis_server.kill()
    connection.terminate()
    assert not await database_answers(postgres.url)
    try:
        await postgres.start()
        await redis_server.start()
        assert (postgres.url, redis_server.url) == addresses
        connection = await asyncpg.connect(postgres.url)
        assert await connection.fetchval("SELECT n FROM kept") == 7
        await connection.close()
        async with redis.asyncio.Redis.from_url(redis_server.url) as client:
            assert await client.get("kept") == b"8"
    finally:
        await postgres.stop()
        await redis_server.stop()


async def test_a_paused_postgres_answers_nobody_until_it_is_resumed(service_folder: Path) -> None:
    """Open connections stall too, not only new ones."""
    postgres = EmbeddedPostgres(service_folder / "postgres")
    await postgres.start()
    try:
        connection = await asyncpg.connect(postgres.url)
        postgres.pause()
        answer = asyncio.ensure_future(connection.fetchval("SELECT 1"))
        await asyncio.sleep(0.3)
        assert not answer.done()
        postgres.resume()
        assert await asyncio.wait_for(answer, 30) == 1
        await connection.close()
    finally:
        await postgres.stop()


async def test_a_backend_born_while_postgres_is_being_paused_stands_still_too(
    service_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children, latecomers = psutil.Process.children, list[socket.socket]()
    async with EmbeddedPostgres(service_folder / "postgres") as postgres:

        def one_more_is_born(process: psutil.Process, recursive: bool = False) -> list[psutil.Process]:
            found = children(process, recursive)
            with contextlib.suppress(TimeoutError):
                latecomers.append(_connected(postgres))
            return found

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(psutil.Process, "children", one_more_is_born)
            postgres.pause()
        for latecomer in latecomers:
            latecomer.sendall(b"Q" + struct.pack("!i", 4 + len(b"SELECT 1\0")) + b"SELECT 1\0")
            with pytest.raises(TimeoutError), latecomer:
                latecomer.recv(1)


PROTOCOL = 3 << 16
READY = b"Z\0\0\0\5I"
"""The last words of Postgres before it takes a question."""


def _connected(postgres: EmbeddedPostgres) -> socket.socket:
    """A backend of its own, at once. Raises TimeoutError where nobody answers."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(0.5)
    words = b"user\0raidline\0database\0postgres\0\0"
    try:
        connection.connect(str(postgres.sockets / ".s.PGSQL.5432"))
        connection.sendall(struct.pack("!ii", 8 + len(words), PROTOCOL) + words)
        while not connection.recv(65536).endswith(READY):
            pass
    except TimeoutError:
        connection.close()
        raise
    return connection


async def test_a_redis_without_aof_can_be_given_an_older_dump(service_folder: Path) -> None:
    server = EmbeddedRedis(service_folder / "redis", aof=False)
    await server.start()
    try:
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.set("first", "1")
            await client.save()
            await client.set("second", "2")
        await server.kill()
        await server.start()
        async with redis.asyncio.Redis.from_url(server.url) as client:
            assert await client.get("first") == b"1"
            assert await client.get("second") is None
    finally:
        await server.stop()


async def test_a_stale_lock_with_a_number_in_use_again_is_no_obstacle(service_folder: Path) -> None:
    """After a power cut the postmaster's old pid may be anybody's."""
    postgres = EmbeddedPostgres(service_folder / "postgres")
    await postgres.start()
    await postgres.stop()
    (service_folder / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    await postgres.start()
    await postgres.stop()


async def test_services_end_with_a_killed_program(service_folder: Path) -> None:
    """kill -9 leaves no process behind, and the folder can be used again at once."""
    data = service_folder / "data"
    holder, _ = await start_holder(data)
    pids = service_pids(data)
    holder.kill()
    await holder.wait()
    if sys.platform == "linux":
        await eventually(lambda: not any(running(pid) for pid in pids))
    async with embedded_services(data, None, None) as urls:
        assert await database_answers(urls.database_url)


async def test_paused_services_of_a_killed_program_are_cleared_later(
    service_folder: Path,
) -> None:
    """A stopped process cannot follow the kernel's signal; the next start knows it by pid and time."""
    data = service_folder / "data"
    holder, _ = await start_holder(data)
    pids = service_pids(data)
    for pid in pids:
        psutil.Process(pid).suspend()  # first, so that it begins no other child
        for child in psutil.Process(pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                child.suspend()
    holder.kill()
    await holder.wait()
    assert all(running(pid) for pid in pids)
    async with embedded_services(data, None, None) as urls:
        assert await database_answers(urls.database_url)
        assert not any(running(pid) for pid in pids)


async def test_ctrl_c_in_the_terminal_reaches_services_only_through_us(embedded: Embedded) -> None:
    for pid in (embedded.postgres.pid, embedded.redis.pid):
        assert os.getsid(pid) == pid
