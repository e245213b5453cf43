"""A route as plain ASGI, for the one that most requests take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from realtime.pipe import SERVERS_SEND
from server.context import WHOLE_EXTENSION


class Direct:
    """Asks `handle`, and sends its answer. What it raises goes to the application's handlers as from any route; that
    Starlette wraps every function into a second set of the same is what this leaves out."""

    def __init__(self, handle: Callable[[Request], Awaitable[Response]]) -> None:
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._handle(Request(scope, receive))
        await answer(scope, receive, send)


class Ready(Response):
    """An answer whose headers are what goes over the wire, so that nothing is left to encode but the length, and that
    goes out in one piece where the server can."""

    def __init__(self, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status_code, self.body, self.background = status, body, None
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        in_one_piece = (scope.get("extensions") or {}).get(WHOLE_EXTENSION)
        if in_one_piece is not None:
            in_one_piece(scope)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        # What is wrapped around it has had its say.
        await scope.get(SERVERS_SEND, send)({"type": "http.response.body", "body": self.body})
