"""Pipes on uvicorn's protocols: bytes past ASGI, where and as long as uvicorn itself would write them.

uvicorn's own state decides, read at every write, so nothing goes out before the head of an answer, after its end, in
the midst of a closing handshake, or to somebody who is gone. Flow control is the transport's, told by the protocol.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from realtime.pipe import Waiting


class _Watched(ABC):
    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: Waiting | None = None

    @property
    @abstractmethod
    def is_open(self) -> bool: ...

    def watch(self, waiting: Waiting) -> None:
        self._waiting = waiting

    def pause(self) -> None:
        if self._waiting is not None:
            self._waiting.pause()

    def resume(self) -> None:
        if self._waiting is not None:
            self._waiting.resume()


class HttpPipe(_Watched):
    """Of one answer. What is written has to be framed as chunks already."""

    __slots__ = ("_cycle", "_transport")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        super().__init__()
        self._cycle = cycle
        self._transport = cycle.transport

    @property
    def is_open(self) -> bool:
        cycle = self._cycle
        return not (cycle.response_complete or cycle.disconnected or self._transport.is_closing())

    @property
    def paused(self) -> bool:
        return self._cycle.flow.write_paused

    def write(self, data: bytes) -> bool:
        if not self.is_open:
            return False
        self._transport.write(data)
        return True


class SocketPipe(_Watched):
    """Of one WebSocket. What is written has to be whole frames, as a server sends them."""

    __slots__ = ("_protocol", "_transport")

    def __init__(self, protocol: WebSocketsSansIOProtocol) -> None:
        super().__init__()
        self._protocol = protocol
        self._transport = protocol.transport

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


def http_pipe(cycle: RequestResponseCycle) -> HttpPipe | None:
    """None unless the answer has begun and is in chunks."""
    pipe = HttpPipe(cycle)
    return pipe if cycle.response_started and cycle.chunked_encoding and pipe.is_open else None


def socket_pipe(protocol: WebSocketsSansIOProtocol) -> SocketPipe | None:
    """None unless the socket is open."""
    pipe = SocketPipe(protocol)
    return pipe if pipe.is_open else None
