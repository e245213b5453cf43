"""Embedded services: real, closed, alone in their folder, and gone with the program."""

import asyncio
import os
import shutil
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
import redis.asyncio

from server.embedded import (
    EmbeddedError,
    EmbeddedPostgres,
    EmbeddedRedis,
    FolderInUse,
    embedded_services,
    running_services,
)
from server.embedded.user import ServiceUser, may_reach, service_user
from tests.conftest import Embedded
from tests.helpers import REPOSITORY, eventually

HOLD = """
import asyncio, sys
from pathlib import Path
from server.embedded import embedded_services

async def main():
    async with embedded_services(Path(sys.argv[1]), None, None) as urls:
        print(urls.database_url, urls.redis_url, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def database_answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


async def setting(url: str, name: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SELECT current_setting($1)", name))
    finally:
        await connection.close()


def open_ports(pid: int) -> list[object]:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return [
        connection
        for member in family
        for connection in member.net_connections("inet")
        if connection.type == socket.SOCK_STREAM
    ]


def permissions_above(path: Path) -> dict[Path, tuple[int, int, int]]:
    existing = [parent for parent in path.parents if parent.exists()]
    found = {parent: parent.stat() for parent in existing}
    return {parent: (s.st_mode, s.st_uid, s.st_gid) for parent, s in found.items()}


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


async def test_no_secret_of_ours_reaches_a_service(
    service_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


async def test_a_second_start_on_the_folder_says_who_runs(service_folder: Path) -> None:
    data = service_folder / "data"
    async with embedded_services(data, None, None) as urls:
        with pytest.raises(FolderInUse, match=rf"in use by another raidline \(pid {os.getpid()}\)") as raised:
            async with embedded_services(data, None, None):
                pass
        assert "\n" not in str(raised.value)
        assert running_services(data) == urls


async def test_a_long_or_odd_path_gets_a_short_socket_folder(service_folder: Path) -> None:
    """The folder's name may hold spaces and commas and be longer than any socket's path may be."""
    data = service_folder / ("a long, long name " * 8).strip() / "data"
    data.parent.mkdir(mode=0o711)
    async with embedded_services(data, None, None) as urls:
        assert await database_answers(urls.database_url)
        async with redis.asyncio.Redis.from_url(urls.redis_url) as client:
            assert await client.ping()
        sockets = Path(urls.database_url.partition("?host=")[2])
        assert len(str(sockets)) < 80
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()


async def test_parent_folders_keep_modes_and_owners(service_folder: Path) -> None:
    """Not one existing folder above the data is opened up or given away."""
    closed = service_folder / "closed"
    closed.mkdir(mode=0o700)
    data = closed / "below" / "data"
    before = permissions_above(closed / "x")
    async with embedded_services(data, None, None) as urls:
        assert await database_answers(urls.database_url)
        during = permissions_above(closed / "x")
    assert before == during == permissions_above(closed / "x")
    forget_moved_data(data)


async def test_as_root_a_closed_folder_keeps_only_a_pointer(service_folder: Path) -> None:
    """Data that the services' user could not reach lives elsewhere, and is found there again."""
    if os.geteuid() != 0:
        pytest.skip("an ordinary user reaches its own folders")
    closed = service_folder / "closed"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        async with embedded_services(closed / "data", None, None):
            pass
        moved = Path((closed / "data" / "location").read_text().strip())
        assert (moved / "postgres" / "data" / "PG_VERSION").exists()
    assert not (closed / "data" / "postgres").exists()
    forget_moved_data(closed / "data")
    with pytest.raises(EmbeddedError, match="location"):
        async with embedded_services(closed / "data", None, None):
            pass


async def test_a_folder_of_somebody_else_is_refused_in_one_line(service_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make such a folder")
    (service_folder / "redis").mkdir(mode=0o711)
    (service_folder / "redis" / "data").mkdir()
    os.chown(service_folder / "redis" / "data", 12345, 12345)
    with pytest.raises(EmbeddedError, match="belongs to uid 12345"):
        await EmbeddedRedis(service_folder / "redis").start()


async def test_a_folder_that_cannot_be_made_is_refused_in_one_line(service_folder: Path) -> None:
    (service_folder / "file").write_text("")
    with pytest.raises(EmbeddedError, match=r"--data .*file/data: Not a directory"):
        async with embedded_services(service_folder / "file" / "data", None, None):
            pass


async def test_postgres_that_does_not_start_says_why(service_folder: Path) -> None:
    server = EmbeddedPostgres(service_folder / "postgres", settings={"max_connections": "many"})
    with pytest.raises(EmbeddedError, match="max_connections"):
        await server.start()
    assert not server.running


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
        assert await asyncio.wait_for(answer, 5) == 1
        await connection.close()
    finally:
        await postgres.stop()


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
        for member in (psutil.Process(pid), *psutil.Process(pid).children()):
            member.suspend()
    holder.kill()
    await holder.wait()
    assert all(running(pid) for pid in pids)
    async with embedded_services(data, None, None) as urls:
        assert await database_answers(urls.database_url)
        assert not any(running(pid) for pid in pids)


async def test_ctrl_c_in_the_terminal_reaches_services_only_through_us(embedded: Embedded) -> None:
    for pid in (embedded.postgres.pid, embedded.redis.pid):
        assert os.getsid(pid) == pid


async def test_as_an_ordinary_user(service_folder: Path) -> None:
    """Somebody without any rights: everything is that user's and lies in the folder it named."""
    user = service_user()
    if user is None:
        pytest.skip("is what all other tests show")
    python = python_within_reach(user)
    home = service_folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, user.uid, user.gid)
    before = permissions_above(home / "data" / "x")
    holder, urls = await start_holder(home / "data", python, user=user.uid, group=user.gid, extra_groups=[])
    try:
        assert await database_answers(urls[0])
        owners = {path.lstat().st_uid for path in (home / "data").rglob("*")}
        assert owners == {user.uid}
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
        assert before.items() <= permissions_above(home / "data" / "x").items()
    finally:
        holder.terminate()
        await holder.wait()


def python_within_reach(user: ServiceUser) -> str:
    """An interpreter of our version that `user` may run, with our packages; skips when there is none."""
    packages = Path(psutil.__file__).parent.parent
    if not (may_reach(user, REPOSITORY / "x") and may_reach(user, packages / "x")):
        pytest.skip("the repository or its packages lie in a folder closed to others")
    name = f"python3.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        if Path(python).exists() and may_reach(user, Path(python).resolve()):
            return python
    pytest.skip("no interpreter of this version outside a closed folder")


async def start_holder(
    data: Path, python: str = sys.executable, **options: Any
) -> tuple[asyncio.subprocess.Process, list[str]]:
    """Another process that holds services in `data`; returns it and their URLs."""
    packages = Path(psutil.__file__).parent.parent
    holder = await asyncio.create_subprocess_exec(
        *(python, "-B", "-c", HOLD, str(data)),
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{packages}"},
        stdout=asyncio.subprocess.PIPE,
        **options,
    )
    assert holder.stdout is not None
    urls = (await asyncio.wait_for(holder.stdout.readline(), 30)).decode().split()
    assert len(urls) == 2
    return holder, urls


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def service_pids(data: Path) -> list[int]:
    return [int((data / name / f"{name}.pid").read_text().split()[0]) for name in ("postgres", "redis")]


def forget_moved_data(data: Path) -> None:
    """Remove what a test as root had to leave outside its own folder."""
    pointer = data / "location"
    if pointer.exists():
        shutil.rmtree(pointer.read_text().strip())
