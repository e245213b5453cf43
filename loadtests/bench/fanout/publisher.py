"""Publishes without waiting for answers: whoever waits slows itself down, and hides an overload."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from loadtests.bench.fanout.knobs import BURST
from loadtests.bench.fanout.payload import now

READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where events go in. `message` makes what is written there of a seq and the time of writing."""

    port: int
    message: Callable[[int, int], bytes]


class Publisher:
    def __init__(self, outlet: Outlet, writer: asyncio.StreamWriter) -> None:
        self._outlet = outlet
        self._writer = writer

    async def publish(self, first: int, count: int, rate: str) -> None:
        """At so many per second, by the clock: being late does not put off the next one."""
        if rate == BURST:
            self._write(range(first, first + count))
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        for place in range(count):
            await asyncio.sleep(began + place / float(rate) - loop.time())
            self._write(range(first + place, first + place + 1))

    def _write(self, seqs: range) -> None:
        sent = now()
        self._writer.write(b"".join([self._outlet.message(seq, sent) for seq in seqs]))


@contextlib.asynccontextmanager
async def publisher(outlet: Outlet) -> AsyncIterator[Publisher]:
    reader, writer = await asyncio.open_connection("127.0.0.1", outlet.port)
    answers = asyncio.create_task(_drop(reader))
    try:
        yield Publisher(outlet, writer)
    finally:
        answers.cancel()
        writer.close()


async def _drop(reader: asyncio.StreamReader) -> None:
    while await reader.read(READ):
        pass


def redis_publish(channel: bytes, payload: bytes) -> bytes:
    """The command as it goes over the wire."""
    return b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(channel), channel, len(payload), payload)


def http_post(path: str, payload: bytes) -> bytes:
    """Requests follow one another on the connection; their answers are nobody's business."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n%s" % (len(payload), payload)
