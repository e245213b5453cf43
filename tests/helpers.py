"""What tests of every ring need: waiting without hoping, and real servers as processes."""

import asyncio
import contextlib
import functools
import inspect
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
from redis.asyncio import Redis

from server.embedded.child import LAUNCH

REPOSITORY = Path(__file__).parent.parent
ADMIN_TOKEN = "the-admin-token-of-tests"
PORTS = (10_000, 32_000)
BLOCK = 200
"""Ports that one process of tests has to itself; the first of them says whose they are."""

SETTING_NAMES = ("DATABASE_URL", "REDIS_URL", "PORT", "WEB_CONCURRENCY", "ALLOWED_ORIGINS")


async def eventually(condition: Callable[[], Any], deadline: float = 30.0, *, every: float = 0.02) -> Any:
    """The first truthy value of `condition`, awaited if need be; an AssertionError means not yet.

    Asked once more after the deadline: what came about while this process stood still counts.
    """
    end = time.monotonic() + deadline
    last: Any = "never asked"
    while True:
        is_over = time.monotonic() > end
        try:
            value = condition()
            last = (await value) if inspect.isawaitable(value) else value
            if last:
                return last
        except AssertionError as error:
            last = error
        if is_over:
            raise AssertionError(f"not within {deadline} s: {last!r}")
        await asyncio.sleep(every)


async def the_same_hour(seconds: float = 30.0) -> None:
    """Returns when so many seconds of this hour are left: days begin with an hour, somewhere on earth with any."""
    left = 3600 - time.time() % 3600
    if left < seconds:
        await asyncio.sleep(left + 0.1)


async def next_millisecond(redis: Redis) -> None:
    """An epoch is a time in milliseconds; nothing is forgotten and begun anew within one."""

    async def now() -> int:
        seconds, microseconds = await redis.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    begun = await now()
    while await now() == begun:
        pass


async def all_written(redis_url: str) -> None:
    """Returns when all that Redis has answered is in its append-only file, and outlives a kill.

    While the disk still syncs what came before it, Redis answers for up to two seconds before it writes.
    """
    async with Redis.from_url(redis_url) as redis:

        async def is_written() -> bool:
            told = await redis.info("persistence")
            return int(told["aof_buffer_length"]) == 0

        await eventually(is_written, 60)


def free_port() -> int:
    """One that nobody else is given while it is still to be taken, nor while who has it is away for a moment.

    From below those of outgoing connections, which take theirs at any moment; out of a block that is this process's
    alone, each in its turn.
    """
    ports = _ports_of(os.getpid())
    while True:
        port = next(ports)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


@functools.cache
def _ports_of(_pid: int) -> Iterator[int]:
    first = _claimed_block()
    return itertools.cycle(range(first + 1, first + BLOCK))


def _claimed_block() -> int:
    """The first port of a block, held by being listened to until this process ends."""
    while True:
        first = random.SystemRandom().randrange(*PORTS, BLOCK)
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", first))
            claim.listen()
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return first


_claims: list[socket.socket] = []


def clean_environment(**settings: str) -> dict[str, str]:
    """This process's environment with these of our settings and no others.

    Without PYTHONDONTWRITEBYTECODE: some hundred processes need not compile the same modules each.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in (*SETTING_NAMES, "PYTHONDONTWRITEBYTECODE") and not name.startswith("RAIDLINE_")
    }
    return {**kept, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1", **settings}


class Launched:
    """A `raidline` command as a process of its own. It ends with this process, kill -9 included."""

    module = "server"

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.url = ""
        launcher = [
            sys.executable,
            "-I",
            "-S",
            str(LAUNCH),
            str(os.getpid()),
            str(int(signal.SIGKILL)),
            "-",
            "-",
        ]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*launcher, sys.executable, "-m", self.module, *arguments],
                cwd=log.parent,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    async def serving(self, url: str, deadline: float = 90.0) -> None:
        """Wait until it answers at `url`."""
        self.url = url
        async with httpx.AsyncClient() as client:

            async def healthy() -> bool:
                if self.process.poll() is not None:
                    raise RuntimeError(f"ended with {self.process.returncode}\n{self.output}")
                try:
                    return (await client.get(f"{url}/healthz", timeout=5)).status_code == 200
                except httpx.TransportError:
                    return False

            try:
                await eventually(healthy, deadline, every=0.05)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{self.output}") from None

    async def ended(self, deadline: float = 90.0) -> int:
        """Wait for its end; returns the exit code."""
        await eventually(lambda: self.process.poll() is not None, deadline)
        return int(self.process.returncode)

    async def stop(self, deadline: float = 60.0) -> int:
        """SIGTERM, as every process manager does; returns the exit code."""
        self.process.terminate()
        return await self.ended(deadline)

    async def kill(self) -> None:
        self.process.kill()
        await self.ended()

    def pause(self) -> None:
        """It does nothing any more when this returns."""
        stop_where_it_stands(self.pid)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def ask_to_end(self) -> None:
        """SIGTERM, also to one that stands still."""
        if self.running:
            self.process.terminate()
            self.resume()

    def finish(self) -> None:
        """The end of a test: gone, whatever state it was in."""
        self.ask_to_end()
        self.wait_for_end()

    def wait_for_end(self) -> None:
        """Having been asked; not for ever."""
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def stop_where_it_stands(pid: int) -> None:
    """SIGSTOP, and wait until it has: on another core a process goes on for a moment after it was sent."""
    os.kill(pid, signal.SIGSTOP)
    process, end = psutil.Process(pid), time.monotonic() + 30
    while process.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
        assert time.monotonic() < end, f"{pid} does not stop"
        time.sleep(0.001)


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs, also when it ends while it is asked."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def finish_all(processes: Sequence[Launched]) -> None:
    """All of them at once, for each may take a while to end in good order."""
    for process in processes:
        process.ask_to_end()
    for process in processes:
        process.wait_for_end()
