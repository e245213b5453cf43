"""The way out to one client: its pipe where the server offers one, else an ASGI `send` that is driven by hand.

Neither needs a task, a queue or a lock to be written to, as long as the client reads: the hub writes to thousands of
clients in a plain loop. A client that does not read as fast as it is written to is parked, and meanwhile nothing is
gathered for it but its position. A pipe says itself when the client reads again; a `send` that has to wait is
finished in a task of its own.
"""

from __future__ import annotations

import asyncio
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from typing import Any, cast

from starlette.types import Message, Send

from realtime.chunks import Chunk
from realtime.pipe import Pipe

_Send = Callable[[Message], Coroutine[Any, Any, None]]
"""What it returns is a coroutine with every server there is, so it can be driven without being asked for its steps."""

_MAX_PENDING = 256
"""Chunks that may wait while the client does not read. They are answers and goodbyes, never events."""


class Outlet:
    """Calls `on_writable` whenever the client can be written to again, and `on_blocked` when `put` and `drive` must no
    longer be used, perhaps in the midst of them. Never raises into the writer."""

    __slots__ = (
        "_finished",
        "_gate",
        "_on_blocked",
        "_on_writable",
        "_parked",
        "_pending",
        "_pipe",
        "_send",
        "closed",
        "parked_since",
        "writable",
    )

    def __init__(self, on_writable: Callable[[], None], on_blocked: Callable[[], None]) -> None:
        self.writable = False
        """Open, and the client reads."""
        self.parked_since: float | None = None
        """Loop time since when one and the same write has not got through; None while nothing waits."""
        self.closed = False
        self._finished = False
        self._on_writable = on_writable
        self._on_blocked = on_blocked
        self._send: _Send | None = None
        self._pipe: Pipe | None = None
        self._pending: deque[Chunk] | None = None
        """Made when it is needed: an empty one is larger than all the rest here."""
        self._parked: asyncio.Task[None] | None = None
        """A `send` that waits."""
        self._gate: asyncio.Event | None = None
        """Those who wait for the client to read; None while nobody does."""

    def open(self, send: Send, pipe: Pipe | None = None) -> None:
        """From now on chunks go out; those pushed before go first."""
        if self.closed:
            return
        self._send, self._pipe, self.writable = cast("_Send", send), pipe, True
        if pipe is not None:
            pipe.watch(self)
            if pipe.paused:
                self.pause()
        self._go_on()

    def close(self) -> None:
        """Nothing goes out any more. A parked send is given up."""
        self._block()
        self.closed = True
        self._pending = self._send = self._pipe = None
        self._open_gate()
        if self._parked is not None:
            self._parked.cancel()

    @property
    def piped(self) -> bool:
        return self._pipe is not None

    @property
    def put(self) -> Callable[[bytes], object] | None:
        """Takes a chunk's wire, and asks nothing: for who writes the same to many. None where there is no pipe, or
        none that still leads anywhere."""
        return self._pipe.put if self._pipe is not None and self.writable else None

    def drive(self, messages: Iterable[Message]) -> None:
        """The same for a chunk's messages, where there is no pipe."""
        send = self._send
        assert send is not None
        rest = iter(messages)
        for message in rest:
            try:
                steps = send(message)
                awaited = steps.send(None)
            except StopIteration:
                continue
            except Exception:  # the connection is gone, its request will be told so
                self.close()
            else:
                self._park()
                self._parked = asyncio.get_running_loop().create_task(
                    self._finish(send, _Suspended(steps, awaited), rest)
                )
            return

    def push(self, chunk: Chunk) -> None:
        """Write now, or as soon as it is possible, in order. Does not wait."""
        if self.closed or self._finished:
            return
        if self.writable:
            self._write(chunk)
        elif self._pending is None:
            self._pending = deque((chunk,))
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
        while self.parked_since is not None and not self.closed:
            self._gate = self._gate or asyncio.Event()
            await self._gate.wait()
        self.push(chunk)

    def pause(self) -> None:
        """By the pipe, perhaps in the midst of a write."""
        if not self.closed and self.parked_since is None:
            self._park()

    def cease(self) -> None:
        """By the pipe: the next write is going to say that it has ended."""
        self._on_blocked()

    def resume(self) -> None:
        # Not at once: the transport calls in the midst of its own writing.
        asyncio.get_running_loop().call_soon(self._resumed)

    def _resumed(self) -> None:
        if self._parked is None and self.parked_since is not None and not self._is_paused:
            self._unpark()
            self._go_on()

    @property
    def _is_paused(self) -> bool:
        return self._pipe is not None and self._pipe.paused

    def _block(self) -> None:
        if self.writable:
            self.writable = False
            self._on_blocked()

    def _park(self) -> None:
        self._block()
        self.parked_since = asyncio.get_running_loop().time()

    def _unpark(self) -> None:
        self.parked_since = None
        self.writable = not self.closed
        self._open_gate()

    def _open_gate(self) -> None:
        if self._gate is not None:
            self._gate.set()
            self._gate = None

    def _go_on(self) -> None:
        while self.writable and self._pending:
            self._write(self._pending.popleft())
        if not self._pending:
            self._pending = None
        if self.writable:
            self._on_writable()

    def _write(self, chunk: Chunk) -> None:
        wire = None if self._pipe is None else chunk.wire
        if self._pipe is None or wire is None:
            self.drive(chunk.messages)
        elif wire and not self._pipe.write(wire):
            self.close()

    async def _finish(self, send: _Send, suspended: _Suspended, messages: Iterator[Message]) -> None:
        try:
            await suspended.rest()
            for part in (messages, self._take_pending()):
                for message in part:
                    self._park()
                    await send(message)
        except Exception:  # as above
            self.close()
        finally:
            self._parked = None
            if not self._is_paused:
                self._unpark()
        self._go_on()

    def _take_pending(self) -> Iterator[Message]:
        while self._pending:
            yield from self._pending.popleft().messages


class _Suspended:
    """A `send` that was started outside a task and has to wait; a task takes it over where it stands."""

    def __init__(self, steps: Coroutine[Any, Any, None], awaited: Any) -> None:
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
