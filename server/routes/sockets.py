"""WebSockets, for those who also write: one raid from the start, or whatever the client subscribes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
import structlog
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from raidline.ids import RaidId
from realtime.client_frames import Contribute
from realtime.ending import Ending
from realtime.hub import TooManyStreams
from realtime.stream import Stream, Transport
from realtime.websocket import SOCKET_OF_MANY, SOCKET_OF_ONE, FrameError, Handlers, Socket, accept
from server import idempotency
from server.caller import Caller
from server.context import request_id_of, services_of
from server.contributions import contribute
from server.following import as_problems, cursor_of, follower, opened
from server.problems import Problem

log = structlog.get_logger(__name__)


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
            caller, stream = await let_in(websocket, transport, own_raid)
        except Problem as problem:
            ending = ending_of(problem)
            await websocket.close(ending.value, ending.reason)
            return
        handlers = handlers_of(websocket, caller)
        await Socket(services_of(websocket).hub, stream, handlers, own_raid).run(websocket)


async def let_in(websocket: WebSocket, transport: Transport, own_raid: RaidId | None) -> tuple[Caller, Stream]:
    """Who calls, and their stream, which follows the socket's own raid if it has one. Raises Problem."""
    hub = services_of(websocket).hub
    with as_problems():
        caller = await follower(websocket, own_raid)

    async def follow(stream: Stream) -> None:
        if own_raid is not None:
            await hub.watch(stream, own_raid, cursor_of(websocket))

    return caller, await opened(hub, caller, transport, follow)


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


routes: list[BaseRoute] = [
    WebSocketRoute("/api/v1/raids/{raid_id:id}/ws", raid_socket),
    WebSocketRoute("/api/v1/ws", open_socket),
]
