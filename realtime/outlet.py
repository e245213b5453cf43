"""The way out to one client: an ASGI `send` that is driven by hand.

A `send` that does not have to wait finishes in one step, so no task, queue or lock is needed to call it: the
hub writes to thousands of clients in a plain loop. One that has to wait belongs to a client that does not
read as fast as it is written to; it is parked in a task of its own until the client reads again, and
meanwhile nothing is gathered for it but its position.
"""

import asyncio
import types
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from starlette.types import Message, Send

from realtime.frames import Chunk

_MAX_PENDING = 256
"""Chunks that may wait while the client does not read. They are answers and goodbyes, never events."""


class Outlet:
    """Calls `on_writable` whenever the client can be written to again. Never raises into the writer."""

    def __init__(self, on_writable: Callable[[], None]) -> None:
        self.parked_since: float | None = None
        """Loop time since when one and the same send has not got through; None while nothing waits."""
        self.closed = False
        self._finished = False
        self._on_writable = on_writable
        self._send: Send | None = None
        self._pending: deque[Chunk] = deque()
        self._parked: asyncio.Task[None] | None = None

    @property
    def writable(self) -> bool:
        return self._send is not None and self._parked is None and not self.closed

    def open(self, send: Send) -> None:
        """From now on chunks go out; those pushed before go first."""
        self._send = send
        self._drive(self._take_pending())
        if self.writable:
            self._on_writable()

    def close(self) -> None:
        """Nothing goes out any more. A parked send is given up."""
        self.closed = True
        self._pending.clear()
        if self._parked is not None:
            self._parked.cancel()

    def push(self, chunk: Chunk) -> None:
        """Write now, or as soon as it is possible, in order. Does not wait."""
        if self.closed or self._finished:
            return
        if self.writable:
            self._drive(iter(chunk))
        elif len(self._pending) < _MAX_PENDING:
            self._pending.append(chunk)
        else:
            self.close()

    def finish(self, chunk: Chunk) -> None:
        """The last chunk: nothing is taken after it."""
        self.push(chunk)
        self._finished = True

    async def write(self, chunk: Chunk) -> None:
        """Write in order, once the client reads. For answers, whose number the client decides."""
        while self._parked is not None and not self.closed:
            await asyncio.wait((self._parked,))
        self.push(chunk)

    def _take_pending(self) -> Iterator[Message]:
        while self._pending:
            yield from self._pending.popleft()

    def _drive(self, messages: Iterator[Message]) -> None:
        send = self._send
        assert send is not None
        for message in messages:
            steps = send(message).__await__()
            try:
                awaited = next(steps)
            except StopIteration:
                continue
            except Exception:  # the connection is gone, its request will be told so
                self.close()
                return
            self._park(send, _Suspended(steps, awaited), messages)
            return

    def _park(self, send: Send, suspended: "_Suspended", messages: Iterable[Message]) -> None:
        loop = asyncio.get_running_loop()
        self.parked_since = loop.time()
        self._parked = loop.create_task(self._finish(send, suspended, messages))

    async def _finish(self, send: Send, suspended: "_Suspended", messages: Iterable[Message]) -> None:
        loop = asyncio.get_running_loop()
        try:
            await suspended.rest()
            for part in (messages, self._take_pending()):
                for message in part:
                    self.parked_since = loop.time()
                    await send(message)
        except Exception:  # as above
            self.close()
        finally:
            self.parked_since = self._parked = None
        if self.writable:
            self._on_writable()


class _Suspended:
    """A `send` that was started outside a task and has to wait; a task takes it over where it stands."""

    def __init__(self, steps: Generator[Any, Any, Any], awaited: Any) -> None:
        self._steps = steps
        self._awaited = awaited

    @types.coroutine
    def rest(self) -> Generator[Any, Any, None]:
        awaited = self._awaited
        try:
            while True:
                try:
                    sent = yield awaited
                except BaseException as error:  # a cancellation is the send's to see first
                    awaited = self._steps.throw(error)
                else:
                    awaited = self._steps.send(sent)
        except StopIteration:
            return
