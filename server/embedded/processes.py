"""A process with its children, treated as one. Processes that ended meanwhile are passed over."""

import asyncio
import contextlib
import time
from collections.abc import Iterable

import psutil

POLL = 0.01
START_TOLERANCE = 2.0
"""Two readings of one process's start may differ by so many seconds when the clock was set."""


def family(pid: int, started: float | None = None) -> list[psutil.Process]:
    """The process and its children; none when it is gone or, by its start, another one has its pid."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if started is None or abs(process.create_time() - started) < START_TOLERANCE:
            return [process, *process.children(recursive=True)]
    return []


def send(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def paused_family(pid: int) -> list[psutil.Process]:
    """The process and its children, all standing still.

    The children are looked for when the parent does: one that was born meanwhile would be missed, and go on.
    """
    pause(family(pid)[:1])
    whole = family(pid)
    pause(whole[1:])
    return whole


def pause(processes: Iterable[psutil.Process]) -> None:
    """Stop each of them; it stands still when this returns."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
            while process.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
                time.sleep(POLL / 10)


def resume(processes: list[psutil.Process]) -> None:
    for process in reversed(processes):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()


async def gone(processes: Iterable[psutil.Process], patience: float | None = None) -> bool:
    """Wait until all have ended; False when some still run after so many seconds."""
    deadline = None if patience is None else time.monotonic() + patience
    while any(_alive(process) for process in processes):
        if deadline is not None and time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL)
    return True


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
