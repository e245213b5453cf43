"""Bytes on a socket that never become a request, or only with patience the server does not have."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from server import abortable
from server.abortable import HEAD_MAX, AbortableHttp
from server.routes.direct import Direct, Ready
from server.serving import WebServer
from tests.helpers import eventually
from tests.server.serving import web_server

HANDSHAKE = (
    b"Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


async def tell(request: Request) -> JSONResponse:
    body = await request.body()
    names = [name.decode() for name, _ in request.scope["headers"]]
    return JSONResponse({"body": body.decode(), "headers": names})


async def echo(request: Request) -> Response:
    return Ready(200, await request.body(), [(b"content-type", b"text/plain")])


async def trickle(request: Request) -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        for part in "abcdef":
            yield part
            await asyncio.sleep(0.1)

    return StreamingResponse(parts())


class Flow:
    """An answer without end, as an application of its own: until the client has left."""

    left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        type(self).left = False
        await send({"type": "http.response.start", "status": 200, "headers": []})
        flowing = asyncio.create_task(self._flow(send))
        while (await receive())["type"] != "http.disconnect":
            pass
        flowing.cancel()
        type(self).left = True

    @staticmethod
    async def _flow(send: Send) -> None:
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0.01)


async def deaf(websocket: WebSocket) -> None:
    await websocket.accept()
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    routes = [
        Route("/tell", tell, methods=["GET", "POST"]),
        Route("/echo", Direct(echo), methods=["POST"]),
        Route("/trickle", trickle),
        Route("/flow", Flow()),
        WebSocketRoute("/ws", deaf),
    ]
    async with web_server(routes) as server:
        yield server


@pytest.fixture
def port(server: WebServer) -> int:
    return int(server.address.rpartition(":")[2])


async def answer_to(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Everything the server says until it ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(30):
            try:
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause)
                return await reader.read()
            except ConnectionError:  # where an end was on its way before the reset, it is a broken pipe
                return b"reset"
    finally:
        writer.close()


async def test_what_is_no_request_is_a_problem_with_an_id(port: int) -> None:
    answer = await answer_to(port, b"GET / HTTP/1.1\r\nno colon\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\ncontent-type: application/problem+json\r\n" in answer
    assert b"\r\nx-request-id: " in answer
    assert b'"code":"bad_request"' in answer


async def test_in_the_midst_of_an_answer_there_is_no_room_for_another(port: int) -> None:
    begin, next_one = b"GET /trickle HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /tell HTTP/1.1\r\nHost: a\r\n\r\n"
    for behind in (b"no request\r\n\r\n", next_one + b"no request\r\n\r\n", next_one + b"GET / HTTP/1.1\r\nno\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begin)
        assert (await reader.readuntil(b"a\r\n")).startswith(b"HTTP/1.1 200 OK")
        writer.write(behind)
        with contextlib.suppress(ConnectionError):
            assert b" 400 " not in await reader.read()
        writer.close()


async def test_who_leaves_a_request_behind_and_goes_is_noticed(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /flow HTTP/1.1\r\nHost: a\r\n\r\nGET /tell HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readuntil(b"x")
    writer.close()
    await eventually(lambda: Flow.left)


async def test_headers_are_bounded(port: int) -> None:
    small = [b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(100)]
    answer = await answer_to(port, b"GET /tell HTTP/1.1\r\nHost: a\r\n", *small, pause=0.001)
    assert answer == b"reset" or answer.startswith(b"HTTP/1.1 431 ")


async def test_a_header_without_end_is_not_gathered(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take quadratic time, in which nobody else is served."""
    gathered: list[int] = []
    take = AbortableHttp.data_received

    def counted(protocol: AbortableHttp, data: bytes) -> None:
        gathered.append(len(data))
        take(protocol, data)

    monkeypatch.setattr(AbortableHttp, "data_received", counted)
    answer = await answer_to(port, b"GET /tell HTTP/1.1\r\nHost: a\r\nX-A: ", *[b"a" * 65536] * 500)
    assert answer == b"reset" or answer.startswith(b"HTTP/1.1 431 ")
    assert sum(gathered) < HEAD_MAX + 2**19, "what was read at once beyond the bound"


async def test_long_bodies_and_many_requests_on_one_connection_are_no_headers(port: int) -> None:
    post = b"POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n"
    one = b"GET /tell HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n" % (b"x" * 9000)
    pieces = [post + b"\r\n", *[b"y" * 10_000] * 20, *[one] * 20, post + b"Connection: close\r\n\r\n"]
    answer = await answer_to(port, *pieces, *[b"z" * 50_000] * 4, pause=0.001)
    assert answer.count(b"HTTP/1.1 200 OK") == 22
    assert b"z" * 200_000 in answer


async def test_an_answer_in_one_piece_is_the_same_answer(port: int) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: "
    last = head + b"0\r\nConnection: close\r\n\r\n"
    at_once = await answer_to(port, head + b"2\r\n\r\nab" + head + b"3\r\n\r\ncde" + last)
    one_by_one = await answer_to(port, head + b"2\r\n\r\nab", head + b"3\r\n\r\ncde", last, pause=0.05)

    answers = [answer.partition(b"\r\n\r\n") for answer in one_by_one.split(b"HTTP/1.1 200 OK\r\n")]
    assert [body for _head, _end, body in answers] == [b"", b"ab", b"cde", b""]
    assert len(at_once) == len(one_by_one)
    assert at_once.count(b"HTTP/1.1 200 OK\r\n") == 3


async def test_trailers_are_no_headers_whenever_they_come(port: int) -> None:
    head = b"POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = b"2\r\nhi\r\n0\r\nIdempotency-Key: smuggled\r\nAuthorization: Bearer x\r\n\r\n"
    answer = await answer_to(port, head + body)
    assert b'"body":"hi"' in answer
    assert b"idempotency-key" not in answer
    assert b"authorization" not in answer


async def test_a_trailer_without_end_is_refused(port: int) -> None:
    head = b"POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-A: "
    answer = await answer_to(port, head, *[b"a" * 65536] * 50)
    assert answer == b"reset" or answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /tell HTTP/1.1\r\nHost: a\r\n",
        b"POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab",
        b"GET /tell HTTP/1.1\r\nHost: a\r\n\r\nGET /tell HT",
    ],
)
async def test_a_request_that_does_not_arrive_is_not_waited_for(
    port: int, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abortable, "REQUEST_SECONDS", 0.2)
    answer = await answer_to(port, sent)
    assert answer in (b"", b"reset") or answer.startswith(b"HTTP/1.1 200 OK")


async def test_an_answer_may_take_its_time(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abortable, "REQUEST_SECONDS", 0.2)
    answer = await answer_to(port, b"GET /trickle HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"f\r\n0\r\n\r\n")


async def test_so_may_a_websocket(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abortable, "REQUEST_SECONDS", 0.2)
    close = b"\x88\x80\0\0\0\0"
    answer = await answer_to(port, b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"\r\n", b"", b"", close, pause=0.2)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert answer.endswith(b"\x88\x00")


@pytest.mark.parametrize(
    "handshake",
    [
        b"GET /ws HTTP/1.1\r\nContent-Length: 3\r\n" + HANDSHAKE + b"\r\nabc",
        b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"Cookie: " + b"c" * 9000 + b"\r\n\r\n",
        b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
async def test_a_handshake_that_cannot_be_read_is_answered(port: int, handshake: bytes) -> None:
    answer = await answer_to(port, handshake)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")


async def test_pongs_do_not_pile_up_for_one_who_never_reads(server: WebServer, port: int) -> None:
    loop, pings = asyncio.get_running_loop(), b"\x89\xfd\0\0\0\0" + b"p" * 125
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, b"GET /ws HTTP/1.1\r\n" + HANDSHAKE + b"\r\n")
        assert (await loop.sock_recv(client, 4096)).startswith(b"HTTP/1.1 101 ")
        for _ in range(200):
            await loop.sock_sendall(client, pings * 500)
        (connection,) = server.server_state.connections
        await eventually(lambda: connection.transport.get_write_buffer_size() > 0)
        assert connection.transport.get_write_buffer_size() < 2**20
