"""uvicorn's WebSockets, with the ends that it leaves open. What `server/abortable.py` says holds here as well."""

from __future__ import annotations

import asyncio
from typing import ClassVar
from weakref import WeakKeyDictionary

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from realtime.pipe import PIPE_EXTENSION
from realtime.sse import ABORT_EXTENSION
from server.abortable import as_bytes
from server.pipes import Piped, SocketPipe, socket_pipe
from server.problems import Problem
from server.rounds import Rounds


class AbortableSocket(Piped, WebSocketsSansIOProtocol):
    _rounds: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, Rounds]] = WeakKeyDictionary()
    """Of pings, one for all sockets of a loop: uvicorn would have a timer for each."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._pipe = None
        super().connection_lost(exc)

    def start_keepalive(self) -> None:
        # The handshake is over, and nothing asks for it again, but the parser holds on to the request.
        self.request.headers.clear()
        self.request = self.response = None  # type: ignore[assignment]  # as before it
        super().start_keepalive()

    def schedule_ping(self) -> None:
        rounds = self._rounds.get(self.loop)
        if rounds is None:
            assert self.ping_interval is not None
            rounds = self._rounds[self.loop] = Rounds(self.ping_interval)
        rounds.join(self)

    def stop_keepalive(self) -> None:
        super().stop_keepalive()
        rounds = self._rounds.get(self.loop)
        if rounds is not None:
            rounds.leave(self)

    def take_turn(self) -> None:
        self.send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        if self._pipe is not None:
            self._pipe.cease()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # No GET, or more headers than websockets takes: uvicorn would say nothing, for ever.
            self.transport.write(as_bytes(Problem("bad_request")))
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope = getattr(self, "scope", None)  # there is none if the handshake was refused
        if scope is not None:
            scope["extensions"][ABORT_EXTENSION] = self.transport.abort
            scope["extensions"][PIPE_EXTENSION] = self._offer_pipe

    def _offer_pipe(self, scope: Scope) -> SocketPipe | None:
        pipe = self._pipe = socket_pipe(self)
        return pipe

    @property
    def handshake_complete(self) -> bool:
        # By a refusal too: uvicorn forgets it there, and logs that the application gave no answer.
        return self._is_open or self.close_sent

    @handshake_complete.setter
    def handshake_complete(self, is_open: bool) -> None:
        self._is_open = is_open

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # one who asks without ever reading would have the answers pile up
