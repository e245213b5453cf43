"""Stands for one node of a cluster as far as sharded channels go: it refuses, gives up slots, and answers late."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from redis.crc import key_slot

ELSEWHERE = "127.0.0.1:1"


class Shard:
    """Takes one connection at a time. `serves` are its slots."""

    def __init__(self, chance: random.Random, slots: Sequence[int]) -> None:
        self.serves = set(slots)
        self.subscribed: set[bytes] = set()
        self.is_down = False
        self._chance = chance
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, socket: Path, chance: random.Random, slots: Sequence[int]) -> AsyncIterator["Shard"]:
        shard = cls(chance, slots)
        server = await asyncio.start_unix_server(shard._serve, socket)
        try:
            yield shard
        finally:
            server.close()
            shard.cut()

    def cut(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def give_up(self, slot: int) -> None:
        """The slot is another node's from now on; whoever listens is told so."""
        self.serves.discard(slot)
        for name in [name for name in self.subscribed if key_slot(name) == slot]:
            self._leave(name)

    def publish(self, name: bytes, payload: bytes) -> bool:
        if name in self.subscribed:
            self._write(_array(b"smessage", name, payload))
        return name in self.subscribed

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.subscribed.clear()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._answer(await _command(reader))
                for _ in range(self._chance.randrange(3)):
                    await asyncio.sleep(0)

    def _answer(self, words: list[bytes]) -> None:
        match words:
            case [b"SSUBSCRIBE", *names]:
                self._unless_refused(names, self._join)
            case [b"SUNSUBSCRIBE", *names]:
                self._unless_refused(names, self._leave)
            case [b"PING"]:
                self._write(_array(b"pong", b""))
            case _:
                self._write(b"+OK\r\n")

    def _unless_refused(self, names: list[bytes], carry_out: Callable[[bytes], None]) -> None:
        slot = key_slot(names[0])
        if self.is_down:
            self._write(b"-CLUSTERDOWN The cluster is down\r\n")
        elif slot not in self.serves:
            self._write(f"-MOVED {slot} {ELSEWHERE}\r\n".encode())
        else:
            for name in names:
                carry_out(name)

    def _join(self, name: bytes) -> None:
        self.subscribed.add(name)
        self._write(_array(b"ssubscribe", name))

    def _leave(self, name: bytes) -> None:
        self.subscribed.discard(name)
        self._write(_array(b"sunsubscribe", name))

    def _write(self, answer: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(answer)


def _array(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


async def _command(reader: asyncio.StreamReader) -> list[bytes]:
    words = []
    for _ in range(int((await reader.readuntil(b"\r\n"))[1:])):
        size = int((await reader.readuntil(b"\r\n"))[1:])
        words.append((await reader.readexactly(size + 2))[:-2])
    return words
