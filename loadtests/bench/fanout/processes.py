"""Processes of a benchmark: they end with it, whatever ends it, and the kernel says what they cost."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from loadtests.bench.fanout.errors import BenchError
from loadtests.bench.world import cpu_seconds
from server.embedded.child import LAUNCH

START_SECONDS = 30.0
STOP_SECONDS = 10.0
KIB = 1024


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    command: Sequence[str]
    port: int
    environment: Mapping[str, str]


@contextlib.asynccontextmanager
async def running(program: Program, log: Path, where: AbstractContextManager[None] | None = None) -> AsyncIterator[int]:
    """Its pid, once it takes connections. Raises BenchError with its last words when it does not."""
    with where or contextlib.nullcontext():
        process = _started(program, log)
    try:
        await _takes_connections(program, lambda: process.poll() is None, log)
        yield process.pid
    finally:
        await _end(process)


def _started(program: Program, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as words:
        return subprocess.Popen(
            [*launched(), *program.command],
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
        )


def launched() -> list[str]:
    """What goes before a command, so that the kernel ends it when we are gone."""
    return [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(signal.SIGTERM)), "-", "-"]


async def _takes_connections(program: Program, lives: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while lives() and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", program.port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    lines = log.read_text(errors="replace").strip().splitlines() or ["it left no word"]
    raise BenchError(f"{program.name} does not start: {lines[-1]}")


async def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
        await asyncio.sleep(0.02)


def family(pid: int) -> list[int]:
    """A process and all that descend from it and live."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def processor_seconds(pid: int) -> float:
    """User and system time of a process and its living children so far, to the nanosecond."""
    return sum(cpu_seconds(one) for one in family(pid))


def resident_kib(pid: int) -> float:
    """Memory that a process and its living children have of their own."""
    return sum(_private_kib(one) for one in family(pid))


def _private_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
