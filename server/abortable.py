"""uvicorn's protocols, with the ends that it leaves open.

A connection can be cut off at once: ASGI can only end one in good order, after everything that was written has
been read. A client that never reads would hold its buffers, and the server's shutdown, for as long as it likes.
So each connection's scope carries what cuts it, and what gives the pipe that streams are written through
(`server/pipes.py`), and what has an answer's head wait for its body; where another server runs the application, it
does without.

A request has to arrive: within some time, and with headers of some size. uvicorn bounds neither, and gathers a
long header in quadratic time, in which nobody else is served.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import orjson
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from realtime.pipe import PIPE_EXTENSION
from realtime.sse import ABORT_EXTENSION
from server.context import WHOLE_EXTENSION, new_request_id
from server.pipes import HttpPipe, Piped, http_pipe
from server.problems import PROBLEM_JSON, Problem

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application, HTTPScope

HEAD_MAX = 64 * 1024
"""Bytes that may come before a head, or what stands between two pieces of a body, is complete."""

REQUEST_SECONDS = 60.0
"""How long a request may take to arrive, and a new connection to send its first."""


class AbortableHttp(Piped, HttpToolsProtocol):
    _undelivered = 0
    _in_head = False
    _is_complete = False
    _patience: asyncio.TimerHandle | None = None
    _pipe: HttpPipe | None = None
    _answering: RequestResponseCycle | None = None
    """Of the request that the application has, whatever came behind it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._end_pipe()
        self._tell_of_leaving()
        super().connection_lost(exc)
        cycle: RequestResponseCycle | None = self.cycle  # its type leaves out the None at first
        if cycle is None or cycle.response_complete:
            # Both lead back here: left in place, every connection would be a circle for the collector to find.
            self.cycle, self.scope = cast("RequestResponseCycle", None), cast("HTTPScope", {})

    def data_received(self, data: bytes) -> None:
        self._undelivered += len(data)
        self._is_complete = False
        super().data_received(data)
        if self._undelivered > HEAD_MAX and not self.transport.is_closing():
            self._refuse(Problem("headers_too_large"))
        elif not self._is_complete and self._patience is None:
            self._wait_for_request()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._is_complete = True, False
        # uvicorn's type for the scope knows only the extensions of the standard.
        cast("dict[str, object]", self.scope)["extensions"] = {
            ABORT_EXTENSION: self.transport.abort,
            PIPE_EXTENSION: self._offer_pipe,
            WHOLE_EXTENSION: self._hold_head,
        }

    def on_header(self, name: bytes, value: bytes) -> None:
        # Those behind a chunked body may be there in time or not, so they never are.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._undelivered = False, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._undelivered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_complete, self._undelivered = True, 0
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._end_pipe()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(Problem("bad_request"))

    def _refuse(self, problem: Problem) -> None:
        """Answer what never becomes a request, and be done with the connection."""
        cycle: RequestResponseCycle | None = self.cycle  # its type leaves out the None at first
        is_answering = cycle is not None and cycle.response_started and not cycle.response_complete
        # Where others wait in the pipeline, `cycle` is the last of them, and one before it is being answered.
        if is_answering or self.pipeline:
            self.transport.abort()  # in the midst of an answer there is no room for another
            return
        self.transport.write(as_bytes(problem))
        self.transport.close()

    def _offer_pipe(self, scope: Scope) -> HttpPipe | None:
        self._pipe = http_pipe(self, scope)
        return self._pipe

    def _hold_head(self, scope: Scope) -> None:
        """Have the head of this request's answer wait for the first piece of its body. Not where the client has sent
        another request before it was answered: the newer one stands in `cycle`."""
        cycle = self.cycle
        if cast("Scope", cycle.scope).get("extensions") is scope["extensions"]:
            cycle.transport = cast("asyncio.Transport", _HeldHead(cycle.transport))

    def _end_pipe(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.end()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _tell_of_leaving(self) -> None:
        """uvicorn tells only the last request of the pipeline: one that waits before it for its client to leave would
        wait for ever."""
        cycle, self._answering = self._answering, None
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def _wait_for_request(self) -> None:
        self._patience = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class _HeldHead:
    """Where an answer is written to: its head goes out with what comes next.

    uvicorn writes the two by themselves: a system call more, a client that is woken twice, and one that looks at
    nothing but the status leaves before the body is there, so that its connection cannot be used again.
    """

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        if self._head is None:
            self._head = data
            return
        self._transport.write(self._head + data)
        self._head = b""

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()


def as_bytes(problem: Problem) -> bytes:
    request_id = new_request_id()
    body = orjson.dumps(problem.as_json(request_id))
    head = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
        f"content-type: {PROBLEM_JSON}\r\n"
        f"content-length: {len(body)}\r\n"
        f"x-request-id: {request_id}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body
