"""A route as plain ASGI, for the one that most requests take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Direct:
    """Asks `handle`, and sends its answer. What it raises goes to the application's handlers as from any route; that
    Starlette wraps every function into a second set of the same is what this leaves out."""

    def __init__(self, handle: Callable[[Request], Awaitable[Response]]) -> None:
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._handle(Request(scope, receive))
        await answer(scope, receive, send)


class Ready(Response):
    """An answer whose headers are what goes over the wire, so that nothing is left to encode but the length."""

    def __init__(self, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status_code, self.body, self.background = status, body, None
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]
