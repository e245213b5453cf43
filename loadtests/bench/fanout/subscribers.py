"""The subscribers: a process in C that holds all connections, driven by lines of text."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from loadtests.bench.fanout import compiling
from loadtests.bench.fanout.errors import BenchError
from loadtests.bench.fanout.processes import launched


@dataclass(frozen=True, slots=True)
class Door:
    """Where subscribers come in. `protocol` is sse, websocket or socket.io."""

    protocol: str
    port: int
    path: str
    headers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the subscribers say of some events. Latencies are from publishing to reading."""

    subscribers: int
    deliveries: int
    lost: int
    doubled: int
    strays: int
    """Events that are none of those expected."""
    closed: int
    """Connections that ended, of all there were."""
    wall_s: float
    """From publishing the first to reading the last."""
    p50_ms: float
    p99_ms: float
    max_ms: float
    """Of every event at every subscriber."""
    last_p50_ms: float
    last_p99_ms: float
    last_max_ms: float
    """Of every event at the last subscriber who got it."""

    @property
    def correct(self) -> bool:
        """Everybody got everything once and in order."""
        return self.deliveries > 0 and not (self.lost or self.doubled or self.strays or self.closed)

    @property
    def faults(self) -> str:
        return f"{self.lost} lost, {self.doubled} doubled, {self.strays} stray, {self.closed} closed"

    @classmethod
    def read(cls, answer: dict[str, Any]) -> "Delivery":
        return cls(**{field.name: answer[field.name] for field in fields(cls)})


class Subscribers:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin = process.stdin
        self._stdout = process.stdout

    async def connect(self, count: int) -> None:
        """Raises BenchError when some of them cannot."""
        answer = await self._ask(f"connect {count}")
        if answer["failed"]:
            refusal = answer["refusal"] or "no answer, or the connection was cut"
            raise BenchError(f"{answer['failed']} of {count} subscribers could not connect: {refusal}")

    async def stall(self, count: int) -> None:
        await self._ask(f"stall {count}")

    async def expect(self, first: int, count: int, patience: float) -> None:
        """These events may be published once this returns; `report` tells of them."""
        await self._ask(f"expect {first} {count} {patience * 1000:.0f}")

    async def report(self) -> Delivery:
        return Delivery.read(await self._answer())

    async def _ask(self, command: str) -> dict[str, Any]:
        self._stdin.write(command.encode() + b"\n")
        return await self._answer()

    async def _answer(self) -> dict[str, Any]:
        line = await self._stdout.readline()
        if not line:
            raise BenchError("the subscribers' process has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.asynccontextmanager
async def subscribers(door: Door) -> AsyncIterator[Subscribers]:
    """None yet. All of them leave when the block ends."""
    command = [str(compiling.subscribers()), door.protocol, str(door.port), door.path, *door.headers]
    process = await asyncio.create_subprocess_exec(
        *launched(), *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Subscribers(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
