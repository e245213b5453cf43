"""The ways in which a log can come in: whatever the way, the same is to be said of it afterwards."""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from loadtests.figures import read_lines

HEADER = "user,occurred_at,files"
STREAMS = 8
SETTLE_SECONDS = 300.0
LOOK_SECONDS = 0.1

RECORDED = "SELECT count(*) >= $1 FROM contribution_keys"
SETTLED = """
    SELECT NOT EXISTS (SELECT FROM jobs WHERE state IN ('waiting', 'running')) AND NOT EXISTS (SELECT FROM outbox)"""


@dataclass(frozen=True, slots=True)
class Importer:
    """Runs `raidline` against one database and one Redis, with a folder for files of its own."""

    database_url: str
    redis_url: str
    folder: Path

    async def imports(self, *files: Path) -> None:
        """All of them at once, each by a process. Raises RuntimeError where one does not end well."""
        async with contextlib.AsyncExitStack() as stack:
            running = [await stack.enter_async_context(self._running("import", str(file))) for file in files]
            for process in running:
                if code := await process.wait():
                    raise RuntimeError(f"raidline import ended with {code}")

    async def is_killed(self, file: Path, rows: int) -> None:
        """Kill an import once so many contributions are recorded."""
        async with self._running("import", str(file)) as process:
            await self._until(RECORDED, process, rows)
            process.kill()
            await process.wait()

    async def settles(self) -> None:
        """Have a worker do what was left to be done."""
        async with self._running("worker") as worker:
            await self._until(SETTLED, worker)

    async def audits(self) -> str:
        """What `raidline audit` says; empty where it finds no difference."""
        async with self._running("audit", output=asyncio.subprocess.PIPE) as process:
            told, _ = await process.communicate()
            return told.decode() if process.returncode else ""

    @contextlib.asynccontextmanager
    async def _running(
        self, *arguments: str, output: int = asyncio.subprocess.DEVNULL
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", *arguments),
            env={**os.environ, "DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url},
            stdout=output,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    async def _until(self, query: str, process: asyncio.subprocess.Process, *arguments: int) -> None:
        connection = await asyncpg.connect(self.database_url)
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while not await connection.fetchval(query, *arguments):
                    if process.returncode is not None:
                        raise RuntimeError(f"raidline ended with {process.returncode} too soon")
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            await connection.close()


Way = Callable[[Importer, Path], Awaitable[Sequence[Path]]]
"""Imports a log, or files made of it; returns those that make raids of their own."""


async def in_order(importer: Importer, file: Path) -> Sequence[Path]:
    await importer.imports(file)
    return [file]


async def shuffled(importer: Importer, file: Path) -> Sequence[Path]:
    lines = read_lines(file)
    random.Random(1).shuffle(lines)
    mixed = _written(importer.folder / "shuffled.csv", lines)
    await importer.imports(mixed)
    return [mixed]


async def in_streams(importer: Importer, file: Path) -> Sequence[Path]:
    """Every eighth line to each of eight processes, so that all of them speak of the same people and days."""
    lines = read_lines(file)
    parts = [_written(importer.folder / f"part-{n}.csv", lines[n::STREAMS]) for n in range(STREAMS)]
    await importer.imports(*parts)
    return parts


async def killed(importer: Importer, file: Path) -> Sequence[Path]:
    await importer.is_killed(file, len(read_lines(file)) // 2)
    await importer.imports(file)
    return [file]


async def twice(importer: Importer, file: Path) -> Sequence[Path]:
    await importer.imports(file)
    await importer.imports(file)
    return [file]


WAYS: Mapping[str, Way] = {
    "order": in_order,
    "shuffled": shuffled,
    "streams": in_streams,
    "killed": killed,
    "twice": twice,
}


def _written(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path
