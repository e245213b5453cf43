"""The WebSocket transport: one socket, the raids it follows, and what its client asks for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from raidline.ids import RaidId
from realtime import client_frames
from realtime.chunks import Chunk, Farewell, Texts
from realtime.client_frames import Broken, Contribute, Ping, Ref, Subscribe, Unsubscribe
from realtime.ending import Ending
from realtime.frames import socket_framing
from realtime.hub import Hub
from realtime.pipe import SocketPipe, servers_send_of, socket_pipe_of
from realtime.sse import abort_of, was_aborted
from realtime.stream import Stream, Transport
from realtime.topics import OwnTopic, RaidTopic, Topic

logger = logging.getLogger(__name__)

SUBPROTOCOL = "raidline.v1"

MAX_RAIDS = 50
MAX_IN_FLIGHT = 64
"""Contributions of one socket that wait for their answer; more are refused."""


class FrameError(Exception):
    """A client's frame cannot be carried out: `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.fields = fields or {}
        """Said besides."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """What the socket cannot do itself. Both raise FrameError."""

    contribute: Callable[[Contribute], Awaitable[dict[str, Any]]]
    """The fields of the answer, `status` among them."""

    watch: Callable[[Stream, RaidId | None, str | None], Awaitable[None]]
    """As Hub.watch; as Hub.watch_own for None."""


def farewell(ending: Ending) -> Chunk:
    return Farewell({"type": "websocket.close", "code": ending.value, "reason": ending.reason})


def _dismissal(topic: Topic) -> Chunk:
    detail = "This raid is no longer to be seen."
    return _text({"type": "error", **_named(topic), "code": "no_permission", "detail": detail})


SOCKET_OF_ONE = Transport(framing=socket_framing, farewell=farewell)
SOCKET_OF_MANY = Transport(framing=socket_framing, farewell=farewell, dismissal=_dismissal)


async def accept(websocket: WebSocket) -> None:
    """Also for those who are turned away: a browser sees close codes, and no HTTP status."""
    offered = websocket.scope.get("subprotocols", [])
    await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)


class Socket:
    """Serves one accepted socket until either side ends it. `own_raid` is what it is about, if of one."""

    def __init__(self, hub: Hub, stream: Stream, handlers: Handlers, own_raid: RaidId | None) -> None:
        self._hub = hub
        self._stream = stream
        self._handlers = handlers
        self._own_raid = own_raid
        self._in_flight: set[asyncio.Task[None]] = set()
        self._pipe: SocketPipe | None = None
        self._said: deque[Message] | None = None
        """By the client, and not yet taken; None while it is silent."""
        self._taking: asyncio.Task[None] | None = None

    async def run(self, websocket: WebSocket) -> None:
        """Returns when the socket has ended; at once where the server keeps it open without us."""
        scope = websocket.scope
        self._pipe = socket_pipe_of(scope)
        if self._pipe is None:
            await self._stay(websocket)
        else:
            send = self._pipe.keep(self._hear, partial(self._hub.close, self._stream))
            self._stream.open(send, abort_of(scope), self._pipe)

    async def _stay(self, websocket: WebSocket) -> None:
        scope = websocket.scope
        self._stream.open(servers_send_of(scope, websocket.send), abort_of(scope))
        try:
            with contextlib.suppress(WebSocketDisconnect):
                while True:
                    await self._take(_text_of(await websocket.receive()))
        except asyncio.CancelledError:
            if not was_aborted(self._stream):
                raise
        finally:
            # Contributions under way are decided all the same; their answers go nowhere.
            self._hub.close(self._stream)

    def _hear(self, message: Message) -> None:
        """A task is there only for as long as the client has something to say."""
        if self._said is None:
            self._said = deque()
            self._taking = asyncio.get_running_loop().create_task(self._take_all(self._said))
        self._said.append(message)

    async def _take_all(self, said: deque[Message]) -> None:
        assert self._pipe is not None
        try:
            while said and not self._stream.outlet.closed:
                await self._take(_text_of(said.popleft()))
        except Exception:
            logger.exception("a frame could not be taken")
            self._stream.abort()
        finally:
            self._said = self._taking = None
        self._pipe.read_on()

    async def _take(self, text: str | bytes | None) -> None:
        frame = client_frames.parse(text, self._own_raid)
        try:
            match frame:
                case Ping():
                    await self._reply(frame.ref, {})
                case Subscribe():
                    await self._subscribe(frame)
                case Unsubscribe():
                    await self._unsubscribe(frame)
                case Contribute():
                    self._contribute(frame)
                case Broken():
                    raise FrameError(frame.code, frame.detail)
        except FrameError as error:
            await self._refuse(frame.ref, error)

    async def _subscribe(self, frame: Subscribe) -> None:
        self._of_many()
        topic, followed = self._topic(frame.raid_id), self._stream.subscribers
        if topic in followed:
            raise FrameError("already_subscribed", f"This socket follows {_in_words(topic)} already.")
        if sum(isinstance(one, RaidTopic) for one in (*followed, topic)) > MAX_RAIDS:
            raise FrameError("too_many_subscriptions", f"A socket follows at most {MAX_RAIDS} raids.")
        await self._handlers.watch(self._stream, frame.raid_id, frame.since)
        await self._reply(frame.ref, _named(topic))

    async def _unsubscribe(self, frame: Unsubscribe) -> None:
        self._of_many()
        topic = self._topic(frame.raid_id)
        if not self._stream.leave(topic):
            raise FrameError("not_subscribed", f"This socket does not follow {_in_words(topic)}.")
        await self._reply(frame.ref, _named(topic))

    def _topic(self, raid_id: RaidId | None) -> Topic:
        if raid_id is not None:
            return RaidTopic(raid_id)
        if self._stream.user_id is None:
            raise FrameError("user_required", "This needs a user, and the caller is none.")
        return OwnTopic(self._stream.user_id)

    def _of_many(self) -> None:
        if self._own_raid is not None:
            raise FrameError("not_allowed", "This socket follows one raid, and only that.")

    def _contribute(self, frame: Contribute) -> None:
        if self._own_raid is not None and frame.raid_id != self._own_raid:
            raise FrameError("not_allowed", "This socket is about another raid.")
        if len(self._in_flight) >= MAX_IN_FLIGHT:
            raise FrameError("too_many_requests", f"At most {MAX_IN_FLIGHT} contributions may wait at once.")
        task = asyncio.get_running_loop().create_task(self._contributed(frame))
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _contributed(self, frame: Contribute) -> None:
        try:
            await self._reply(frame.ref, await self._handlers.contribute(frame))
        except FrameError as error:
            await self._refuse(frame.ref, error)

    async def _reply(self, ref: Ref, fields: dict[str, Any]) -> None:
        await self._say({"type": "reply", **_marked(ref), "ok": True, **fields})

    async def _refuse(self, ref: Ref, error: FrameError) -> None:
        content = {"code": error.code, "detail": error.detail, **error.fields}
        await self._say({"type": "error", **_marked(ref), **content})

    async def _say(self, content: dict[str, Any]) -> None:
        await self._stream.outlet.write(_text(content))


def _text_of(message: Message) -> str | None:
    """None for bytes, which are no frame of ours."""
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text: str | None = message.get("text")
    return text


def _named(topic: Topic) -> dict[str, Any]:
    return {"raidId": topic.raid_id} if isinstance(topic, RaidTopic) else {"own": True}


def _in_words(topic: Topic) -> str:
    return "the raid" if isinstance(topic, RaidTopic) else "your own events"


def _text(content: dict[str, Any]) -> Chunk:
    return Texts([orjson.dumps(content)])


def _marked(ref: Ref) -> dict[str, Ref]:
    return {} if ref is None else {"ref": ref}
