"""One connection kept for reading single strings: what is asked for while an answer is awaited goes as one question.

A read through a pool, a task and a general parser costs the client more than the whole of an empty request; this way
it is a fifth of that. Connecting and signing in stays redis-py's; then the transport is ours until it is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from redis.asyncio.connection import AbstractConnection

from realtime.cancelling import end_tasks
from realtime.connection import Scripted
from realtime.errors import RealtimeError, RedisAway

WAITING_MAX = 10_000
"""Reads that may wait for their answer."""


class LaneFull(RealtimeError):
    """More is waiting than may wait; nothing was asked."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one moment's Redis has: its run id, the string that is read with every other, the one asked for."""

    run_id: str
    common: bytes | None
    value: bytes | None


Value = bytes | None | RedisAway
Asked = tuple[str, "asyncio.Future[Found]"]


class Reading(Protocol):
    """Reads single strings; what is asked for in one turn of the loop goes in one round trip."""

    def get(self, key: str) -> Awaitable[Found]:
        """What stands there. Raises LaneFull, RedisAway."""

    async def close(self) -> None: ...


def _nothing() -> None:
    """Whom trouble does not concern."""


class Lane:
    """`timeout` (seconds) is the longest wait for an answer.

    common    the key that is read along: all goes as one MGET. On a node of a cluster there is none, and each key is
              asked for by itself: one command takes keys of one slot, and one slot's trouble is not the others'
    trouble   called when an answer was refused, or the connection failed
    """

    def __init__(
        self, scripted: Scripted, common: str | None, *, timeout: float = 1.0, trouble: Callable[[], None] = _nothing
    ) -> None:
        self._scripted = scripted
        self._common = common
        self._timeout = timeout
        self._trouble = trouble
        self._gathered: list[Asked] = []
        self._waiting = 0
        self._wire: _Wire | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def close(self) -> None:
        if self._connecting is not None:
            await end_tasks([self._connecting])
        if self._wire is not None:
            self._wire.transport.close()

    def get(self, key: str) -> asyncio.Future[Found]:
        """A future of what stands there, or of RedisAway. Raises LaneFull."""
        if self._waiting >= WAITING_MAX:
            raise LaneFull("too many reads wait")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Found] = loop.create_future()
        future.add_done_callback(self._answered)
        self._waiting += 1
        if not self._gathered and not self._is_busy:
            loop.call_soon(self._flush)
        self._gathered.append((key, future))
        return future

    @property
    def _is_busy(self) -> bool:
        """Whether there will be a flush anyway: one question at a time, so that the next one grows."""
        return self._connecting is not None or (self._wire is not None and self._wire.asked is not None)

    def _answered(self, future: asyncio.Future[Found]) -> None:
        self._waiting -= 1

    def _flush(self) -> None:
        if not self._gathered or self._is_busy:
            return
        if self._wire is None or self._wire.lost:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())
            return
        asked, self._gathered = self._gathered, []
        self._wire.ask(self._common, asked)

    async def _connect(self) -> None:
        try:
            connection = await self._scripted.borrow()
            self._wire = _Wire(self._scripted, connection, self._timeout, self._flush, self._trouble)
        except (RedisAway, OSError) as error:
            asked, self._gathered = self._gathered, []
            fail(asked, f"no connection to Redis: {type(error).__name__}")
            self._trouble()
        finally:
            self._connecting = None
        self._flush()


class _Wire(asyncio.Protocol):
    """A connection in use. Whatever goes wrong on it ends it, and fails all who wait for it."""

    def __init__(
        self,
        scripted: Scripted,
        connection: AbstractConnection,
        timeout: float,
        free: Callable[[], None],
        trouble: Callable[[], None],
    ) -> None:
        writer = connection._writer
        if writer is None:
            raise ConnectionError("the connection was closed")
        self.lost = False
        self.transport = writer.transport
        self._run_id = scripted.run_id_of(connection)
        self._scripted = scripted
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None
        self._free = free
        """Called when the next question may be asked."""
        self._trouble = trouble
        self.asked: list[Asked] | None = None
        """The question under way."""
        self._has_common = False
        """Whether the answer to it is one list, of which the first is what is read along."""
        self._asked_at = 0.0
        self._buffer = bytearray()
        self._at = 0
        self._values: list[Value] | None = None
        """Of the answer that is coming in; None before its first line, where it is a list."""
        self._ending: asyncio.Task[None] | None = None
        self.transport.set_protocol(self)

    def ask(self, common: str | None, asked: list[Asked]) -> None:
        names = [key.encode() for key, _ in asked]
        self.asked, self._asked_at = asked, self._loop.time()
        self._has_common = common is not None
        if common is None:
            self._values = []
            self.transport.write(b"".join([b"*2\r\n$3\r\nGET\r\n%s" % _word(name) for name in names]))
        else:
            words = b"".join([_word(name) for name in (common.encode(), *names)])
            self.transport.write(b"*%d\r\n$4\r\nMGET\r\n%s" % (len(names) + 2, words))
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout, self._check)

    def _check(self) -> None:
        self._timer = None
        if self.asked is None:
            return
        waits = self._asked_at + self._timeout - self._loop.time()
        if waits > 0:
            self._timer = self._loop.call_later(waits, self._check)
        else:
            self._end("Redis did not answer in time")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            answered = self.asked is not None and self._take_answer(self.asked)
        except ValueError:  # loading, or out of order: its own words say so
            self._end("Redis refuses to read")
            return
        if answered:
            self._free()

    def connection_lost(self, error: Exception | None) -> None:
        self._end("the connection to Redis was lost")

    def _take_answer(self, asked: list[Asked]) -> bool:
        """Take the answer from the buffer; False while it is not all there."""
        count = len(asked) + self._has_common
        if self._values is None:
            end = self._buffer.find(b"\r\n", self._at)
            if end < 0:
                return False
            if self._buffer[self._at : end] != b"*%d" % count:
                raise ValueError
            self._values, self._at = [], end + 2
        while len(self._values) < count:
            if not self._take_value(self._values):
                return False
        values = self._values
        common = values.pop(0) if self._has_common else None
        assert not isinstance(common, RedisAway), "within a list nothing is refused"
        self._buffer.clear()
        self.asked, self._values, self._at = None, None, 0
        for one, value in zip(asked, values, strict=True):
            if isinstance(value, RedisAway):
                fail([one], str(value))
                self._trouble()
            elif not one[1].done():
                one[1].set_result(Found(self._run_id, common, value))
        return True

    def _take_value(self, values: list[Value]) -> bool:
        """A bulk string, or nothing: `$-1` in RESP2, `_` in RESP3; or an error of this value alone."""
        buffer, begin = self._buffer, self._at
        end = buffer.find(b"\r\n", begin)
        if end < 0:
            return False
        if buffer[begin : begin + 1] == b"-" and not self._has_common:
            values.append(RedisAway(buffer[begin + 1 : end].decode("ascii", "replace")))
            self._at = end + 2
            return True
        length = -1 if buffer[begin : begin + 1] == b"_" else int(buffer[begin + 1 : end])
        stop = end + 2 if length < 0 else end + 2 + length + 2
        if len(buffer) < stop:
            return False
        values.append(None if length < 0 else bytes(buffer[end + 2 : stop - 2]))
        self._at = stop
        return True

    def _end(self, reason: str) -> None:
        if self.lost:
            return
        self.lost = True
        if self._timer is not None:
            self._timer.cancel()
        asked, self.asked = self.asked, None
        if asked is not None:
            fail(asked, reason)
            self._trouble()
        self._ending = self._loop.create_task(self._scripted.give_back_broken(self._connection))
        self._free()


def fail(asked: list[Asked], reason: str) -> None:
    for _, future in asked:
        if not future.done():
            future.set_exception(RedisAway(reason))
            future.exception()  # somebody who went away must not make the loop complain that nobody looked


def _word(name: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(name), name)
