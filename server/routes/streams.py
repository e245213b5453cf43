"""Events as they happen, a raid's and the caller's own: server-sent events, and WebSockets for those who also write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from raidline.ids import RaidId
from realtime import sse
from realtime.client_frames import Contribute
from realtime.ending import Ending
from realtime.hub import Draining, Hub, NotVisible, TooManyStreams
from realtime.logs import StillInDoubt
from realtime.stream import Stream, Transport, Viewer
from realtime.websocket import SOCKET_OF_MANY, SOCKET_OF_ONE, FrameError, Handlers, Socket, accept
from server import idempotency
from server.caller import Caller
from server.context import request_id_of, services_of
from server.contributions import contribute
from server.failures import problem_of
from server.identity import caller_of
from server.problems import Problem, unavailable

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 5
"""When to come back to a server that is about to restart, or full."""


async def raid_stream(request: Request) -> Response:
    """SSE of one raid. Whether there is one for the caller is decided before the stream begins."""
    caller, hub = await caller_of(request), services_of(request).hub
    raid_id = RaidId(request.path_params["raid_id"])
    return await sse_answer(hub, caller, lambda stream: hub.watch(stream, raid_id, cursor_of(request)))


async def own_stream(request: Request) -> Response:
    """SSE of what happens to the caller: streaks, unlocks, rewards, and of nobody else's.

    As with a raid; `snapshot` is what `GET /me` answers. A first visit and a reset need it from the ledger: while
    that is away they are 503, and whoever resumes within the log goes on.
    """
    caller, hub = await caller_of(request), services_of(request).hub
    caller.require_user()
    return await sse_answer(hub, caller, lambda stream: hub.watch_own(stream, cursor_of(request)))


async def sse_answer(hub: Hub, caller: Caller, follow: Callable[[Stream], Awaitable[None]]) -> Response:
    """A stream that follows something before it begins, so that a failure is an answer. Raises Problem."""
    with as_problems():
        stream = hub.open(viewer_of(caller), sse.SSE)
        sse.greet(stream)
        try:
            await follow(stream)
        except BaseException:
            hub.close(stream)
            raise
    return sse.StreamResponse(stream, hub.close)


async def raid_socket(websocket: WebSocket) -> None:
    """One raid, followed from the start and resumed by the query."""
    await serve_socket(websocket, SOCKET_OF_ONE, RaidId(websocket.path_params["raid_id"]))


async def open_socket(websocket: WebSocket) -> None:
    """Whatever the client subscribes to."""
    await serve_socket(websocket, SOCKET_OF_MANY, None)


async def serve_socket(websocket: WebSocket, transport: Transport, own_raid: RaidId | None) -> None:
    with suppress(WebSocketDisconnect):
        await accept(websocket)
        try:
            caller, stream = await opened(websocket, transport, own_raid)
        except Problem as problem:
            ending = ending_of(problem)
            await websocket.close(ending.value, ending.reason)
            return
        handlers = handlers_of(websocket, caller)
        await Socket(websocket, services_of(websocket).hub, stream, handlers, own_raid).run()


async def opened(websocket: WebSocket, transport: Transport, own_raid: RaidId | None) -> tuple[Caller, Stream]:
    """Who calls, and their stream, which follows the socket's own raid if it has one. Raises Problem."""
    hub = services_of(websocket).hub
    with as_problems():
        caller = await caller_of(websocket)
        stream = hub.open(viewer_of(caller), transport)
        try:
            if own_raid is not None:
                await hub.watch(stream, own_raid, cursor_of(websocket))
        except BaseException:
            hub.close(stream)
            raise
    return caller, stream


def handlers_of(websocket: WebSocket, caller: Caller) -> Handlers:
    services, request_id = services_of(websocket), request_id_of(websocket)

    async def post(frame: Contribute) -> dict[str, Any]:
        made = {"key": idempotency.make_key()} if frame.key is None else {}
        key = frame.key if frame.key is not None else made["key"]
        with as_frame_errors(made):
            answer = await contribute(services, caller, frame.raid_id, key, frame.body, request_id=request_id)
        content = orjson.loads(answer.body)
        if not answer.ok:
            raise FrameError(content["code"], content["detail"], made)
        return {"status": answer.status, **made, **content}

    async def watch(stream: Stream, raid_id: RaidId | None, since: str | None) -> None:
        with as_frame_errors({}):
            if raid_id is None:
                await services.hub.watch_own(stream, since)
            else:
                await services.hub.watch(stream, raid_id, since)

    return Handlers(post, watch)


@contextmanager
def as_problems() -> Iterator[None]:
    """What opening a stream can raise, as the problem the caller gets to see."""
    try:
        yield
    except NotVisible:
        raise Problem("not_found") from None
    except (TooManyStreams, Draining) as error:
        raise unavailable(f"Not here and now: {error}.", RETRY_AFTER_S) from error
    except StillInDoubt:
        raise unavailable("The raid is being put in order.") from None
    except Exception as failure:
        raise problem_of(failure) from failure


@contextmanager
def as_frame_errors(fields: dict[str, Any]) -> Iterator[None]:
    """Whatever goes wrong in carrying out a frame is told in an error frame; the socket goes on."""
    try:
        with as_problems():
            yield
    except Problem as problem:
        raise FrameError(problem.code, problem.detail, fields) from problem
    except Exception as failure:
        log.exception("a frame could not be carried out")
        raise FrameError("internal_error", "Something went wrong here.", fields) from failure


def ending_of(problem: Problem) -> Ending:
    """How a socket that cannot be opened is closed."""
    if isinstance(problem.__cause__, TooManyStreams):
        return Ending.TOO_MANY
    if problem.status == 401:
        return Ending.SESSION_OVER
    return Ending.RESTART if problem.status >= 500 else Ending.NO_PERMISSION


def viewer_of(caller: Caller) -> Viewer:
    seconds_left = None
    if caller.expires_at is not None:
        seconds_left = (caller.expires_at - datetime.now(UTC)).total_seconds()
    return Viewer(caller.viewer, caller.token_hash, seconds_left)


def cursor_of(connection: HTTPConnection) -> str | None:
    """Where the client was, in its own words. The header wins: a browser that reconnects by itself repeats
    the query it began with."""
    query = connection.query_params
    given = connection.headers.get("last-event-id") or query.get("lastEventId") or query.get("last_event_id")
    return given or None


routes: list[BaseRoute] = [
    Route("/api/v1/raids/{raid_id:id}/stream", raid_stream, methods=["GET"]),
    Route("/api/v1/me/stream", own_stream, methods=["GET"]),
    WebSocketRoute("/api/v1/raids/{raid_id:id}/ws", raid_socket),
    WebSocketRoute("/api/v1/ws", open_socket),
]
