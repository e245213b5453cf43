"""A route as plain ASGI, asked before all others, for the one that most requests take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from realtime.pipe import SERVERS_SEND
from server.context import WHOLE_EXTENSION
from server.failures import answer_failure, answer_nobody


class Direct:
    """Asks `handle`, and sends its answer, or what any route would for what it raises: Starlette's two sets of handlers
    around every function are what this does without."""

    def __init__(self, handle: Callable[[Request], Awaitable[Response]]) -> None:
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._handle(request)
        except ClientDisconnect as failure:
            answer = await answer_nobody(request, failure)
        except Exception as failure:
            answer = await answer_failure(request, failure)
        await answer(scope, receive, send)


class Ahead:
    """Stands before the router with one of its routes, whose endpoint is `Direct`.

    What a request waits for wakes it through every call that led there; by the router these are six more.
    """

    def __init__(self, app: ASGIApp, route: Route) -> None:
        self.app = app
        self._route = route

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["method"] in (self._route.methods or ()):
            match, found = self._route.matches(scope)
            if match is Match.FULL:
                scope.update(found, route=self._route)
                return self._route.app(scope, receive, send)
        return self.app(scope, receive, send)


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
