"""uvicorn's protocols, but a connection can be cut off at once.

ASGI can only end a connection in good order, after everything that was written has been read. A client that
never reads would hold its buffers, and the server's shutdown, for as long as it likes. So each connection's
scope carries what cuts it; where another server runs the application, it does without.
"""

from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from realtime.sse import ABORT_EXTENSION


class AbortableHttp(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        # uvicorn's type for the scope knows only the extensions of the standard.
        cast("dict[str, object]", self.scope)["extensions"] = {ABORT_EXTENSION: self.transport.abort}


class AbortableSocket(WebSocketsSansIOProtocol):
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope = getattr(self, "scope", None)  # there is none if the handshake was refused
        if scope is not None:
            scope["extensions"][ABORT_EXTENSION] = self.transport.abort
