"""Pipes on uvicorn's protocols: bytes past ASGI, where and as long as uvicorn itself would write them.

uvicorn's own state decides, read at every write, so nothing goes out before the head of an answer, after its end, in
the midst of a closing handshake, or to somebody who is gone. Flow control is the transport's, told by the protocol.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from starlette.types import Message, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from realtime.pipe import Waiting

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent, ASGISendEvent, HTTPScope, WebSocketScope

_OF_KEPT = cast("HTTPScope", {"method": "GET"})
"""In place of the scope of a request that is over: what uvicorn asks for at the end of its answer."""

_UNHEARD = asyncio.Event()
"""Says to nobody that more of a request has come."""


class _Watched(ABC):
    __slots__ = ("_transport", "_waiting")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._waiting: Waiting | None = None

    @property
    @abstractmethod
    def is_open(self) -> bool: ...

    def watch(self, waiting: Waiting) -> None:
        self._waiting = waiting

    def cut(self) -> None:
        """Whatever the client still had to read."""
        self._transport.abort()

    @property
    def put(self) -> Callable[[bytes], object] | None:
        # A transport that closes by itself drops what is written, until the protocol hears that it is lost.
        return self._transport.write if self.is_open else None

    def pause(self) -> None:
        if self._waiting is not None:
            self._waiting.pause()

    def resume(self) -> None:
        if self._waiting is not None:
            self._waiting.resume()

    def cease(self) -> None:
        """It ends before anything else can be written."""
        if self._waiting is not None:
            self._waiting.cease()


class HttpPipe(_Watched):
    """Of one answer. What is written has to be framed as chunks already."""

    __slots__ = ("_cycle", "_is_over", "_on_gone", "_protocol")

    def __init__(self, protocol: HttpToolsProtocol, cycle: RequestResponseCycle) -> None:
        super().__init__(cycle.transport)
        self._protocol = protocol
        self._cycle = cycle
        self._is_over = False
        self._on_gone: Callable[[], object] | None = None

    @property
    def is_open(self) -> bool:
        return not (self._is_over or self._transport.is_closing())

    @property
    def paused(self) -> bool:
        return self._cycle.flow.write_paused

    def write(self, data: bytes) -> bool:
        if not self.is_open:
            return False
        self._transport.write(data)
        return True

    def keep(self, on_gone: Callable[[], object]) -> Send:
        self._on_gone = on_gone
        cycle, protocol = self._cycle, self._protocol
        # uvicorn takes it for a fault if the application returns before its answer is complete, unless the client
        # has left; whether it really has is known here.
        cycle.disconnected = True
        # Nobody reads the request any more, nor waits for the rest of it.
        cycle.scope = protocol.scope = _OF_KEPT
        protocol.headers, cycle.message_event = [], _UNHEARD
        return self._send

    async def _send(self, message: Message) -> None:
        """As the server, to whom the client is there again."""
        if not self.is_open:
            return
        self._cycle.disconnected = False
        await self._cycle.send(cast("ASGISendEvent", message))
        if self._cycle.response_complete and not self._is_over:
            # Unhooked when the application returned.
            self._protocol.on_response_complete()

    def end(self) -> None:
        """The answer has ended, or the connection is lost. Called by the protocol."""
        self._is_over = True
        self.cease()
        if self._on_gone is not None:
            # Not at once: the end may have been written by whoever is to be told.
            self._protocol.loop.call_soon(self._on_gone)
            self._on_gone = None


class SocketPipe(_Watched):
    """Of one WebSocket. What is written has to be whole frames, as a server sends them."""

    __slots__ = ("_on_gone", "_on_message", "_protocol")

    def __init__(self, protocol: WebSocketsSansIOProtocol) -> None:
        super().__init__(protocol.transport)
        self._protocol = protocol
        self._on_message: Callable[[Message], object] | None = None
        self._on_gone: Callable[[], object] | None = None

    @property
    def is_open(self) -> bool:
        return self._protocol.conn.state is State.OPEN and not self._transport.is_closing()

    @property
    def paused(self) -> bool:
        return not self._protocol.writable.is_set()

    def write(self, data: bytes) -> bool:
        if not self.is_open:
            return False
        self._transport.write(data)
        return True

    def keep(self, on_message: Callable[[Message], object], on_gone: Callable[[], object]) -> Send:
        protocol = self._protocol
        self._on_message, self._on_gone = on_message, on_gone
        # uvicorn closes a socket whose application returns, unless it waits for the client's part in closing.
        protocol.close_timer = cast("asyncio.TimerHandle", _NEVER)
        waiting, protocol.queue = protocol.queue, cast("asyncio.Queue[ASGIReceiveEvent]", self)
        # Nobody asks for the request any more.
        protocol.scope = cast("WebSocketScope", {})
        while not waiting.empty():
            self.put_nowait(waiting.get_nowait())
        return cast("Send", protocol.send)

    def read_on(self) -> None:
        protocol = self._protocol
        if protocol.read_paused and not self._transport.is_closing():
            protocol.read_paused = False
            self._transport.resume_reading()

    def put_nowait(self, event: ASGIReceiveEvent) -> None:
        """In place of the queue from which the application would take what comes."""
        message = cast("Message", event)
        if message["type"] == "websocket.receive" and self._on_message is not None:
            self._on_message(message)
        elif message["type"] == "websocket.disconnect":
            self._end()

    def _end(self) -> None:
        self.cease()
        if self._on_gone is not None:
            # Not at once: the end may have been said by whoever is to be told.
            self._protocol.loop.call_soon(self._on_gone)
            self._on_gone = self._on_message = None


class Piped(asyncio.Protocol):
    """Of a protocol with a pipe, which hears from it when the transport wants no more for now."""

    _pipe: _Watched | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._pipe is not None:
            self._pipe.pause()

    def eof_received(self) -> None:
        # The transport closes when all is written. One who says that it has left and then does not read would have
        # its stream stay for as long as it likes, and nobody be told.
        if self._pipe is not None:
            self._pipe.cut()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._pipe is not None:
            self._pipe.resume()


class _Never:
    """A timer that never goes off."""

    def cancel(self) -> None:
        """It is no timer."""


_NEVER = _Never()


def http_pipe(protocol: HttpToolsProtocol, scope: Scope) -> HttpPipe | None:
    """None unless it is this request whose answer has begun, in chunks, and nothing more is to come of the request."""
    cycle = protocol.cycle
    # Whoever sends another request before this one is answered has the newer one stand in `cycle`.
    is_current = cast("Scope", cycle.scope).get("extensions") is scope["extensions"]
    if not (is_current and cycle.response_started and cycle.chunked_encoding) or cycle.more_body:
        return None
    pipe = HttpPipe(protocol, cycle)
    return pipe if pipe.is_open and not (cycle.response_complete or cycle.disconnected) else None


def socket_pipe(protocol: WebSocketsSansIOProtocol) -> SocketPipe | None:
    """None unless the socket is open."""
    pipe = SocketPipe(protocol)
    return pipe if pipe.is_open else None
