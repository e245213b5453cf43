"""One node of a Redis Cluster as a child process: bounded in memory, and nothing on disk but who belongs to whom."""

import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.embedded.child import Child
from tests.helpers import REPOSITORY, eventually, free_port, stop_where_it_stands

LOCAL = "127.0.0.1"
UNPACKED = REPOSITORY / ".venv" / "redis" / "redis-server"
FLOOR = 7
"""Sharded channels came with it."""

MEMORY = "64mb"

ASK_SECONDS = 60.0

FIXED = {
    "bind": LOCAL,
    "cluster-enabled": "yes",
    "cluster-require-full-coverage": "no",
    "cluster-replica-validity-factor": "0",  # a replica takes over however old its data are
    "repl-diskless-sync-delay": "0",
    "maxmemory": MEMORY,
    "maxmemory-policy": "noeviction",
    "appendonly": "no",
    "save": "",
    "daemonize": "no",
}


def cluster_program() -> Path:
    """A redis-server that can be a node; skips where there is none."""
    for found in (shutil.which("redis-server"), UNPACKED):
        if found and Path(found).exists() and _major(Path(found)) >= FLOOR:
            return Path(found)
    pytest.skip(f"no redis-server >= {FLOOR}: `make redis` as root on Debian, or install one by the system's means")


def _major(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
    found = re.search(r"\bv=(\d+)\.", said)
    return int(found[1]) if found else 0


class Node:
    """Alone until somebody makes it meet others."""

    def __init__(self, program: Path, folder: Path, timeout_ms: int) -> None:
        folder.mkdir()
        self.port, self.bus_port = free_port(), free_port()
        self.id = ""
        self._program = program
        self._folder = folder
        self._timeout_ms = timeout_ms
        self._child = Child("redis", folder, None, signal.SIGKILL)

    @property
    def address(self) -> str:
        return f"{LOCAL}:{self.port}"

    @property
    def running(self) -> bool:
        return self._child.running

    async def start(self) -> None:
        """Answers when this returns. After a kill it is the same node, without its data."""
        own = {
            "port": self.port,
            "cluster-port": self.bus_port,
            "cluster-node-timeout": self._timeout_ms,
            "dir": self._folder,
        }
        settings = [str(word) for name, value in {**FIXED, **own}.items() for word in (f"--{name}", value)]
        self._child.start([str(self._program), *settings])
        await eventually(self._answers)
        self.id = await self.ask("CLUSTER", "MYID")

    async def stop(self) -> None:
        self._child.resume()
        await self._child.stop((signal.SIGTERM, 5.0))

    async def kill(self) -> None:
        await self._child.kill()

    def pause(self) -> None:
        """Its connections stay open and nothing answers, from when this returns."""
        stop_where_it_stands(self._child.pid)

    def resume(self) -> None:
        self._child.resume()

    async def ask(self, *command: str | bytes | int) -> Any:
        """Its own answer to one command. The connection is this call's: nodes outlive the loops of tests."""
        async with Redis(
            host=LOCAL,
            port=self.port,
            decode_responses=True,
            socket_timeout=ASK_SECONDS,
            socket_connect_timeout=ASK_SECONDS,
        ) as client:
            return await client.execute_command(*command)  # type: ignore[no-untyped-call]

    async def is_copied(self) -> bool:
        """Whether its replicas have all it was told to keep. `WAIT` would ask that of one connection's own writes."""
        told = await self.ask("INFO", "replication")
        copies = [copy["offset"] for name, copy in told.items() if name.startswith("slave") and isinstance(copy, dict)]
        return bool(copies) and min(copies) >= int(told["master_repl_offset"])

    async def has_refused(self, why: str) -> bool:
        """Whether it ever answered anything with this word."""
        return f"errorstat_{why}" in await self.ask("INFO", "errorstats")

    async def _answers(self) -> bool:
        if not self.running:
            raise RuntimeError(f"a node did not start: {self._child.last_words()}")
        try:
            return bool(await self.ask("PING"))
        except (RedisError, OSError):
            return False
