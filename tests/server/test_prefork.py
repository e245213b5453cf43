"""Several web processes: kept alive, ended together, gone with their parent."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.helpers import clean_environment, eventually

PARENT = """
import os, signal, sys
from pathlib import Path
from server import prefork

folder = Path(sys.argv[1])
code = int(sys.argv[2])

def work():
    (folder / str(os.getpid())).write_text("")
    if code:
        return code
    signal.pause()
    return 0

sys.exit(prefork.Prefork(2, work).run())
"""


class Parent:
    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self._folder = folder

    def children(self) -> list[int]:
        return [int(file.name) for file in self._folder.iterdir() if running(int(file.name))]

    async def with_children(self, count: int) -> list[int]:
        await eventually(lambda: len(self.children()) == count)
        return self.children()


def running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def start(folder: Path, code: int = 0) -> Parent:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(folder), str(code)), env=clean_environment()
    )
    return Parent(process, folder)


@pytest_asyncio.fixture
async def parent(tmp_path: Path) -> AsyncIterator[Parent]:
    started = await start(tmp_path)
    yield started
    if started.process.returncode is None:
        started.process.kill()
        await started.process.wait()


async def test_a_child_that_dies_is_replaced(parent: Parent, tmp_path: Path) -> None:
    first = await parent.with_children(2)
    os.kill(first[0], signal.SIGKILL)
    await eventually(lambda: first[0] not in parent.children())
    assert first[1] in await parent.with_children(2)


async def test_a_signal_ends_all(parent: Parent) -> None:
    await parent.with_children(2)
    parent.process.terminate()
    assert await asyncio.wait_for(parent.process.wait(), 30) == 0
    assert parent.children() == []


async def test_children_end_with_a_killed_parent(parent: Parent) -> None:
    await parent.with_children(2)
    parent.process.kill()
    await parent.process.wait()
    await eventually(lambda: parent.children() == [])


async def test_a_child_that_cannot_start_ends_all(tmp_path: Path) -> None:
    """Another try would fail like it; the exit code says that it did not start."""
    parent = await start(tmp_path, code=3)
    assert await asyncio.wait_for(parent.process.wait(), 30) == 3
    assert parent.children() == []
