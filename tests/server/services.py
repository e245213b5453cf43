"""What the tests of embedded services ask of processes, sockets and folders."""

import asyncio
import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from server.embedded.user import ServiceUser, may_reach
from tests.helpers import REPOSITORY

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
        connection = await asyncpg.connect(url, timeout=30)
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


def permissions_above(path: Path) -> dict[Path, tuple[int, int, int]]:
    existing = [parent for parent in path.parents if parent.exists()]
    found = {parent: parent.stat() for parent in existing}
    return {parent: (s.st_mode, s.st_uid, s.st_gid) for parent, s in found.items()}


def owners_below(folder: Path) -> set[int]:
    """While services run some files go between being found and being looked at."""
    found = set()
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            with contextlib.suppress(FileNotFoundError):
                found.add((Path(parent) / name).lstat().st_uid)
    return found


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
    urls = (await asyncio.wait_for(holder.stdout.readline(), 60)).decode().split()
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
