"""Bytes past ASGI: only in the midst of an answer or an open socket, and nothing of a request stays behind."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from realtime.chunks import Body, Texts
from realtime.pipe import AnswerPipe, SocketPipe, answer_pipe_of, socket_pipe_of
from server import rounds, serving
from server.abortable_socket import AbortableSocket
from server.serving import WebServer
from tests.helpers import eventually
from tests.server.serving import web_server
from tests.server.test_raw_connections import HANDSHAKE, answer_to

END = {"type": "http.response.body", "body": b"", "more_body": False}
REQUEST = b"GET /kept HTTP/1.1\r\nHost: a\r\n\r\n"


class World:
    """What its routes have opened."""

    def __init__(self) -> None:
        self.offered: list[AnswerPipe | None] = []
        self.kept: list[Send] = []
        self.sockets: list[tuple[WebSocket, SocketPipe | None]] = []
        self.keeps_sockets = False
        self.heard: list[str] = []
        self.gone = 0

    def hear(self, message: Message) -> None:
        self.heard.append(message["text"])

    def leave(self) -> None:
        self.gone += 1


class Kept(Response):
    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        pipe = answer_pipe_of(scope)
        self._world.offered.append(pipe)
        if pipe is None:
            await send(END)
        else:
            self._world.kept.append(pipe.keep(self._world.leave))


@pytest.fixture
def world() -> World:
    return World()


@contextlib.asynccontextmanager
async def started(world: World) -> AsyncIterator[WebServer]:
    async def kept(request: Request) -> Response:
        return Kept(world)

    async def early(request: Request) -> Response:
        world.offered.append(answer_pipe_of(request.scope))
        return Response("early")

    async def heard(websocket: WebSocket) -> None:
        await websocket.accept()
        pipe = socket_pipe_of(websocket.scope)
        world.sockets.append((websocket, pipe))
        if pipe is not None and world.keeps_sockets:
            world.kept.append(pipe.keep(world.hear, world.leave))
            return
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass

    routes = [Route("/kept", kept, methods=["GET", "POST"]), Route("/early", early), WebSocketRoute("/ws", heard)]
    async with web_server(routes) as server:
        yield server


@pytest.fixture
async def server(world: World) -> AsyncIterator[WebServer]:
    async with started(world) as server:
        yield server


@pytest.fixture
def port(server: WebServer) -> int:
    return port_of(server)


def port_of(server: WebServer) -> int:
    return int(server.address.rpartition(":")[2])


@contextlib.asynccontextmanager
async def asking(port: int, request: bytes = REQUEST) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        yield reader
    finally:
        writer.close()


async def the_pipe(world: World) -> AnswerPipe:
    await eventually(lambda: bool(world.kept))
    pipe = world.offered[-1]
    assert pipe is not None
    return pipe


def wire(body: bytes) -> bytes:
    wire = Body(body).wire
    assert wire is not None
    return wire


async def test_an_answer_goes_on_when_its_request_is_over(world: World, server: WebServer, port: int) -> None:
    async with asking(port) as reader:
        pipe = await the_pipe(world)
        await eventually(lambda: not server.server_state.tasks)
        assert pipe.write(wire(b"one"))
        assert pipe.write(wire(b"two" * 10))
        await world.kept[0](END)
        assert not pipe.write(wire(b"late"))
        answer = await reader.readuntil(b"0\r\n\r\n")
        assert answer.endswith(b"\r\n\r\n3\r\none\r\n1e\r\n" + b"two" * 10 + b"\r\n0\r\n\r\n")
        await eventually(lambda: world.gone == 1)


async def test_the_connection_serves_what_comes_after_it(world: World, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    pipe = await the_pipe(world)
    writer.write(b"GET /early HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(0.05)
    assert pipe.write(wire(b"first"))
    await world.kept[0](END)
    assert (await reader.readuntil(b"0\r\n\r\n")).endswith(b"5\r\nfirst\r\n0\r\n\r\n")
    assert (await reader.readuntil(b"early")).startswith(b"HTTP/1.1 200 OK")
    writer.close()
    await eventually(lambda: world.gone == 1)


async def test_who_leaves_is_noticed_without_a_task(world: World, server: WebServer, port: int) -> None:
    async with asking(port):
        pipe = await the_pipe(world)
        await eventually(lambda: not server.server_state.tasks)
        assert world.gone == 0
    await eventually(lambda: world.gone == 1)
    assert not pipe.write(wire(b"late"))
    await world.kept[0](END)


async def test_before_the_answer_has_begun_there_is_no_pipe(world: World, port: int) -> None:
    answer = await answer_to(port, b"GET /early HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"early")
    assert world.offered == [None]


async def test_while_a_request_is_still_coming_there_is_no_pipe(world: World, port: int) -> None:
    head = b"POST /kept HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    async with asking(port, head + b"a") as reader:
        assert (await reader.read()).endswith(b"0\r\n\r\n")
    assert world.offered == [None]


async def test_while_another_request_waits_there_is_no_pipe(world: World, port: int) -> None:
    async with asking(port, REQUEST * 2) as reader:
        assert (await reader.readuntil(b"0\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        await the_pipe(world)
        assert [pipe is None for pipe in world.offered] == [True, False]


@contextlib.asynccontextmanager
async def connected(world: World, port: int) -> AsyncIterator[tuple[ClientConnection, WebSocket, SocketPipe]]:
    async with connect(
        f"ws://127.0.0.1:{port}/ws", proxy=None, max_size=None, open_timeout=30, close_timeout=1
    ) as client:
        await eventually(lambda: bool(world.sockets))
        websocket, pipe = world.sockets[-1]
        assert pipe is not None
        yield client, websocket, pipe


async def test_frames_of_every_length_are_read_as_they_were_written(world: World, port: int) -> None:
    texts = [b"x" * size for size in (0, 1, 125, 126, 65535, 65536, 300_000)]
    async with connected(world, port) as (client, _, pipe):
        chunk = Texts([*texts, "äöü 🎲".encode()])
        assert chunk.wire is not None
        assert pipe.write(chunk.wire)
        assert [len(await client.recv()) for _ in texts] == [len(text) for text in texts]
        assert await client.recv() == "äöü 🎲"


async def test_nothing_is_written_once_a_socket_closes(world: World, port: int) -> None:
    async with connected(world, port) as (client, websocket, pipe):
        await websocket.close(3008, "too slow")
        assert not pipe.write(b"\x81\x04late")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 3008
    assert not pipe.write(b"\x81\x04late")


async def test_sockets_are_not_compressed(world: World, port: int) -> None:
    async with connected(world, port) as (client, _, _pipe):
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


async def test_a_socket_that_answers_no_ping_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PING_EVERY", 0.1)
    monkeypatch.setattr(serving, "PING_PATIENCE", 0.2)
    async with started(world) as server:
        answer = await answer_to(port_of(server), b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"\r\n")
    assert b"\x89\x04" in answer
    assert answer.endswith(b"keepalive ping timeout")


async def test_pings_go_on_for_one_who_answers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PING_EVERY", 0.05)
    monkeypatch.setattr(serving, "PING_PATIENCE", 30.0)
    monkeypatch.setattr(rounds, "SLACK", 0.0)
    pings = 0

    def counted(socket: AbortableSocket) -> None:
        nonlocal pings
        pings += 1
        WebSocketsSansIOProtocol.send_keepalive_ping(socket)

    monkeypatch.setattr(AbortableSocket, "send_keepalive_ping", counted)
    async with started(world) as server, connected(world, port_of(server)):
        await eventually(lambda: pings >= 3)


async def test_a_kept_socket_needs_no_task_and_is_heard_one_message_at_a_time(
    world: World, server: WebServer, port: int
) -> None:
    world.keeps_sockets = True
    async with connected(world, port) as (client, _, pipe):
        await eventually(lambda: not server.server_state.tasks)
        await client.send("a")
        await eventually(lambda: world.heard == ["a"])
        for before, word in ((["a"], "b"), (["a", "b"], "c")):
            await client.send(word)
            await asyncio.sleep(0.05)
            assert world.heard == before
            pipe.read_on()
            await eventually(lambda: world.heard == [*before, word])  # noqa: B023
        pipe.read_on()
        assert pipe.write(b"\x81\x02hi")
        assert await client.recv() == "hi"
        assert world.gone == 0
    await eventually(lambda: world.gone == 1)


async def test_a_kept_socket_is_closed_in_order(world: World, port: int) -> None:
    world.keeps_sockets = True
    async with connected(world, port) as (client, _, pipe):
        await eventually(lambda: bool(world.kept))
        await world.kept[0]({"type": "websocket.close", "code": 3008, "reason": "too slow"})
        assert not pipe.write(b"\x81\x04late")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 3008
        await eventually(lambda: world.gone == 1)


class Watcher:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def pause(self) -> None:
        self.seen.append("pause")

    def resume(self) -> None:
        self.seen.append("resume")

    def cease(self) -> None:
        self.seen.append("cease")


async def test_who_puts_is_told_when_the_answer_has_ended(world: World, port: int) -> None:
    watcher = Watcher()
    async with asking(port) as reader:
        pipe = await the_pipe(world)
        pipe.watch(watcher)
        put = pipe.put
        assert put is not None
        put(wire(b"one"))
        await world.kept[0](END)
        assert watcher.seen == ["cease"]
        assert pipe.put is None
        assert (await reader.readuntil(b"0\r\n\r\n")).endswith(b"\r\n\r\n3\r\none\r\n0\r\n\r\n")


async def test_who_puts_is_told_when_a_client_leaves(world: World, port: int) -> None:
    watcher = Watcher()
    async with asking(port):
        pipe = await the_pipe(world)
        pipe.watch(watcher)
    await eventually(lambda: watcher.seen == ["cease"])
    assert pipe.put is None


async def test_who_puts_is_told_when_a_client_closes_its_socket(world: World, port: int) -> None:
    world.keeps_sockets, watcher = True, Watcher()
    async with connected(world, port) as (client, _, pipe):
        await eventually(lambda: bool(world.kept))
        pipe.watch(watcher)
        assert pipe.put is not None
        pipe.put(b"\x81\x02hi")
        assert await client.recv() == "hi"
    await eventually(lambda: "cease" in watcher.seen)
    assert pipe.put is None


async def test_who_puts_is_told_when_no_ping_is_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PING_EVERY", 0.1)
    monkeypatch.setattr(serving, "PING_PATIENCE", 0.2)
    world.keeps_sockets, watcher = True, Watcher()
    async with started(world) as server:
        answer = asyncio.create_task(
            answer_to(port_of(server), b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"\r\n"),
        )
        await eventually(lambda: bool(world.kept))
        _, pipe = world.sockets[0]
        assert pipe is not None
        pipe.watch(watcher)
        await eventually(lambda: bool(watcher.seen))
        assert pipe.put is None
        assert (await answer).endswith(b"keepalive ping timeout")


async def test_one_who_does_not_read_is_paused_and_holds_little_more_than_one_write(
    world: World, server: WebServer, port: int
) -> None:
    loop, watcher, written = asyncio.get_running_loop(), Watcher(), 0
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, REQUEST)
        pipe = await the_pipe(world)
        pipe.watch(watcher)
        while not pipe.paused:
            assert pipe.write(wire(b"x" * 50_000))
            written += 50_000
        assert watcher.seen == ["pause"]
        (connection,) = server.server_state.connections
        assert 0 < connection.transport.get_write_buffer_size() < 64 * 1024 + 50_100
        read = 0
        while read < written:
            read += len(await loop.sock_recv(client, 2**20))
        await eventually(lambda: not pipe.paused)
        assert watcher.seen == ["pause", "resume"]


@pytest.mark.parametrize("is_socket", [False, True])
async def test_one_who_says_that_it_has_left_and_does_not_read_is_let_go(
    world: World, port: int, is_socket: bool
) -> None:
    loop, world.keeps_sockets = asyncio.get_running_loop(), True
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"\r\n" if is_socket else REQUEST)
        await eventually(lambda: bool(world.kept))
        pipe = world.sockets[-1][1] if is_socket else world.offered[-1]
        assert pipe is not None
        while not pipe.paused:
            assert pipe.write(wire(b"x" * 50_000))
        client.shutdown(socket.SHUT_WR)
        await eventually(lambda: world.gone == 1)
        assert pipe.put is None
