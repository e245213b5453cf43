"""Serving: our socket, what runs beside the server, and the order in which it ends."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from server.serving import Companion, ServingError, WebServer, address_of, listen
from tests.helpers import eventually


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def make_app(*routes: Route, **options: Any) -> Starlette:
    return Starlette(routes=[Route("/", hello), *routes], **options)


async def forever(server: WebServer) -> None:
    await asyncio.sleep(600)


def test_a_taken_port_is_one_line_that_names_it() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ServingError, match=f"^PORT: {port} is taken, choose another$"):
            listen("127.0.0.1", port)


def test_a_host_that_is_not_ours_is_named() -> None:
    with pytest.raises(ServingError, match=r"--host 192\.0\.2\.1: "):
        listen("192.0.2.1", 0)


def test_the_address_is_one_that_this_machine_can_call() -> None:
    with listen("0.0.0.0", 0) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_it_serves_from_our_socket_until_told_to_leave() -> None:
    with listen("127.0.0.1", 0) as listener:
        server = WebServer(make_app(), listener, [])
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with httpx.AsyncClient(base_url=server.address, timeout=30) as client:
            await eventually(lambda: server.started)
            answer = await client.get("/")
        assert answer.text == "hello"
        assert "server" not in answer.headers
        server.leave()
        await asyncio.wait_for(serving, 30)


async def test_signals_end_it_without_ending_us() -> None:
    """Uvicorn alone would raise the signal again, and cut short what comes after it."""
    with listen("127.0.0.1", 0) as listener:
        server = WebServer(make_app(), listener, [])
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serving, 30)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.05)


async def test_streams_are_told_to_leave_before_it_waits_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """An open stream ends by its own goodbye: here it would wait for ever."""
    monkeypatch.setattr("server.serving.DRAIN_SECONDS", 600)
    leaving = asyncio.Event()

    async def words() -> AsyncIterator[str]:
        yield "hello "
        await leaving.wait()
        yield "goodbye"

    async def stream(request: Request) -> StreamingResponse:
        return StreamingResponse(words())

    app = make_app(Route("/stream", stream))
    app.state.drain = leaving.set
    with listen("127.0.0.1", 0) as listener:
        server = WebServer(app, listener, [])
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        async with httpx.AsyncClient(base_url=server.address, timeout=30) as client:
            reading = asyncio.create_task(client.get("/stream"))
            await eventually(lambda: server.server_state.tasks)
            server.leave()
            assert (await asyncio.wait_for(reading, 30)).text == "hello goodbye"
        await asyncio.wait_for(serving, 30)


async def test_one_told_to_leave_while_it_starts_tells_its_streams_too() -> None:
    """Who called before it served is let in, and must not be cut off without a word."""
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        server.leave()
        told.append("started")
        yield
        told.append("ended")

    app = make_app(lifespan=lifespan)
    app.state.drain = lambda: told.append("drained")
    with listen("127.0.0.1", 0) as listener:
        server = WebServer(app, listener, [])
        await asyncio.wait_for(server.serve(sockets=[listener]), 30)
    assert told == ["started", "drained", "ended"]


async def test_a_companion_that_fails_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.serving.RESTART_DELAY", 0.01)
    starts = 0

    async def fails_once(server: WebServer) -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            raise ValueError("the first time")
        server.leave()

    with listen("127.0.0.1", 0) as listener:
        server = WebServer(make_app(), listener, [Companion("fails_once", fails_once)])
        await asyncio.wait_for(server.serve(sockets=[listener]), 30)
    assert starts == 2


async def test_companions_end_before_the_application_does() -> None:
    """The worker must not meet services that are closed already."""
    order: list[str] = []
    begun = asyncio.Event()

    async def companion(server: WebServer) -> None:
        begun.set()
        try:
            await asyncio.sleep(600)
        finally:
            order.append("companion")

    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        order.append("application")

    app = make_app(lifespan=asynccontextmanager(lifespan))
    with listen("127.0.0.1", 0) as listener:
        server = WebServer(app, listener, [Companion("companion", companion)])
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await begun.wait()
        server.leave()
        await asyncio.wait_for(serving, 30)
    assert order == ["companion", "application"]


async def test_an_application_that_cannot_start_is_an_error_not_an_exit() -> None:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        int("no number")
        yield

    with listen("127.0.0.1", 0) as listener:
        server = WebServer(make_app(lifespan=lifespan), listener, [])
        with pytest.raises(ServingError, match="could not start"):
            await server.serve(sockets=[listener])


def test_the_socket_accepts_at_once() -> None:
    """Whoever calls while we start waits instead of being refused."""
    with listen("127.0.0.1", 0) as listener:
        socket.create_connection(listener.getsockname(), timeout=1).close()
