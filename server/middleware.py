"""What every request goes through: its id, the bound on its body, and an answer whatever happens."""

from __future__ import annotations

import re
import traceback

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realtime.pipe import SERVERS_SEND
from server.context import REQUEST_ID, header_of, new_request_id
from server.problems import Problem

log = structlog.get_logger("raidline.http")

BODY_LIMIT = 64 * 1024
BATCH_LIMIT = 1024 * 1024
BATCH_PATH = "/api/v1/contributions"

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_FRAMES_LOGGED = 8
_BEGINNINGS = frozenset({"http.response.start", "websocket.http.response.start", "websocket.accept"})
"""The messages that carry an answer's headers."""


class RequestFrame:
    """Outermost of ours. Pure ASGI, for `BaseHTTPMiddleware` costs more than the rest of a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID] = request_id_from(header_of(scope, b"x-request-id"))
        scope[SERVERS_SEND], marked = send, _MarkedSend(send, request_id)
        try:
            receive = bounded(scope, receive)
            await self.app(scope, receive, marked)
        except Problem as problem:
            await problem.to_response(request_id)(scope, receive, marked)
        except Exception as failure:
            if scope["type"] == "websocket":
                raise
            log_fault(request_id, scope, failure)
            if not marked.started:
                await Problem("internal_error").to_response(request_id)(scope, receive, marked)
        finally:
            # It leads back to the scope: left there, every request would be a circle for the collector to find.
            del scope[SERVERS_SEND]


class _MarkedSend:
    """Puts the request's id on the answer, and knows whether the answer has begun."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._marks = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] in _BEGINNINGS:
            self.started = True
            message["headers"] = [*message.get("headers", ()), *self._marks]
        await self._send(message)


def request_id_from(given: str | None) -> str:
    """The caller's own id where it is a plain token, for it goes into our logs; else a new one."""
    if given is not None and _SANE_ID.fullmatch(given):
        return given
    return new_request_id()


def bounded(scope: Scope, receive: Receive) -> Receive:
    """`receive`, or one that counts where the length is not declared. Raises what can be refused at once."""
    # Route patterns end in `$`, which also matches before a line feed.
    if not scope["path"].isprintable():
        raise Problem("not_found")
    if scope["type"] == "websocket":
        return receive
    limit = BATCH_LIMIT if scope["path"] == BATCH_PATH else BODY_LIMIT
    declared = header_of(scope, b"content-length")
    if declared is None:
        return receive if header_of(scope, b"transfer-encoding") is None else counted(receive, limit)
    if not declared.isdecimal() or int(declared[:20]) > limit:
        raise too_large(limit)
    return receive


def counted(receive: Receive, limit: int) -> Receive:
    so_far = 0

    async def receive_counting() -> Message:
        nonlocal so_far
        message = await receive()
        so_far += len(message.get("body", b""))
        if so_far > limit:
            raise too_large(limit)
        return message

    return receive_counting


def too_large(limit: int) -> Problem:
    return Problem("body_too_large", f"At most {limit} bytes are accepted here.")


def log_fault(request_id: str, scope: Scope, failure: Exception) -> None:
    """Where it happened, and not what the exception says: that may quote what the caller sent."""
    frames = traceback.extract_tb(failure.__traceback__)[-_FRAMES_LOGGED:]
    route = scope.get("route")
    log.error(
        "request failed",
        request_id=request_id,
        method=scope["method"],
        route=getattr(route, "path", None),
        error=type(failure).__name__,
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )
