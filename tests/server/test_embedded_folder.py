"""The data folder: one raidline at a time, and nothing around it is touched."""

import os
import stat
from pathlib import Path

import pytest
import redis.asyncio

from server.embedded import (
    EmbeddedError,
    EmbeddedRedis,
    FolderInUse,
    embedded_services,
    running_services,
)
from server.embedded.user import service_user
from tests.server.services import (
    database_answers,
    forget_moved_data,
    owners_below,
    permissions_above,
    python_within_reach,
    start_holder,
)


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
    with pytest.raises(EmbeddedError, match=r"--data .*/file: File exists"):
        async with embedded_services(service_folder / "file" / "data", None, None):
            pass


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
        assert owners_below(home / "data") == {user.uid}
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
        assert before.items() <= permissions_above(home / "data" / "x").items()
    finally:
        holder.terminate()
        await holder.wait()


async def test_a_narrow_umask_is_no_obstacle(service_folder: Path) -> None:
    """Folders of ours have the modes they need, whatever new ones get by default."""
    before = os.umask(0o077)
    try:
        async with embedded_services(service_folder / "data", None, None) as urls:
            assert await database_answers(urls.database_url)
    finally:
        os.umask(before)
    assert not (service_folder / "data" / "location").exists()
