"""Server-sent events: a stream as an HTTP response that the hub writes to."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.types import Receive, Scope, Send

from realtime.chunks import Chunk, Farewell
from realtime.ending import Ending
from realtime.frames import CommentFrame, sse_framing
from realtime.pipe import answer_pipe_of, servers_send_of
from realtime.stream import Stream, Transport

_HEADERS = {
    "Cache-Control": "private, no-cache, no-store, must-revalidate, max-age=0, no-transform",
    "X-Accel-Buffering": "no",
}

_RETRY_MS = (1000, 3000)
"""The browser's own pause before it reconnects: spread, so that a lost server is no storm."""

ABORT_EXTENSION = "raidline.abort"
"""In the ASGI scope's extensions, if the server offers it: cuts the connection, whatever waits to be sent."""


def _farewell(ending: Ending) -> Chunk:
    return Farewell({"type": "http.response.body", "body": b"", "more_body": False})


SSE = Transport(framing=sse_framing, farewell=_farewell)


class StreamResponse(EventSourceResponse):
    """Takes its headers from sse-starlette and replaces how it runs.

    The hub writes. Where the server offers a pipe the request is over when the stream begins, and only the stream
    itself stays; elsewhere the request's own task waits for the client to leave. A stream that the server ends
    completes the response, and then `receive` says so too.
    """

    def __init__(self, stream: Stream, close: Callable[[Stream], None]) -> None:
        super().__init__(_Nothing(), headers=_HEADERS, ping=0)
        self._stream = stream
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_kept = False
        try:
            if scope["method"] == "HEAD":
                await super().__call__(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            pipe = answer_pipe_of(scope)
            if pipe is None:
                await self._stay(scope, receive, send)
            else:
                is_kept = True
                self._stream.open(pipe.keep(partial(self._close, self._stream)), abort_of(scope), pipe)
        finally:
            if not is_kept:
                self._close(self._stream)

    async def _stay(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._stream.open(servers_send_of(scope, send), abort_of(scope))
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not was_aborted(self._stream):
                raise


def greet(stream: Stream) -> None:
    """The first thing on a stream: proxies see bytes at once, and the browser learns when to come back."""
    stream.push((CommentFrame(b"raidline", random.randint(*_RETRY_MS)),), False)


def abort_of(scope: Scope) -> Callable[[], object]:
    """What cuts this connection. Without help of the server: the end of its request."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    abort: Callable[[], object] | None = extensions.get(ABORT_EXTENSION)
    if abort is not None:
        return abort
    task = asyncio.current_task()
    assert task is not None
    return task.cancel


def was_aborted(stream: Stream) -> bool:
    """Whether a cancellation that was caught is the stream's own abort; then the request just ends."""
    task = asyncio.current_task()
    if not stream.aborted or task is None:
        return False
    task.uncancel()
    return True


class _Nothing:
    """The content that sse-starlette asks for; the hub brings the real one."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise RuntimeError("Expected the hub to write this response, but its content was asked for")
