"""A server in this process that is reached through real sockets, so that a test can look into it as well."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from realtime.hub import Hub
from realtime.pipe import PIPE_EXTENSION
from server.app import create_app
from server.serving import WebServer, _config, address_of, listen
from server.settings import Settings
from tests.end_to_end.client import client_of
from tests.helpers import eventually
from tests.server.people import People, Person


class Server(uvicorn.Server):
    """Signals stay the test run's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Served:
    url: str
    app: Starlette
    people: People

    @property
    def hub(self) -> Hub:
        hub: Hub = self.app.state.services.hub
        return hub

    def socket(
        self, person: Person | None, path: str, *, offered: str | None = "raidline.v1", **headers: str
    ) -> connect:
        """A WebSocket of that person, or of nobody."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if person is not None:
            sent["Authorization"] = f"Bearer {person.token}"
        url = self.url.replace("http", "ws", 1) + "/api/v1" + path
        subprotocols = [Subprotocol(offered)] if offered else None
        return connect(
            url, additional_headers=sent, subprotocols=subprotocols, proxy=None, open_timeout=30, close_timeout=2
        )


class Plain:
    """The application as any ASGI server would run it: without the extensions that ours offers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        offered = scope.get("extensions") or {}
        kept = {name: value for name, value in offered.items() if name != PIPE_EXTENSION}
        await self._app({**scope, "extensions": kept}, receive, send)


WAYS = [pytest.param(False, id="pipe"), pytest.param(True, id="send")]
"""How streams are written. What is true of them has to be true of both."""


@contextlib.asynccontextmanager
async def served(settings: Settings, *, plain: bool = False) -> AsyncIterator[Served]:
    app = create_app(settings)
    config = _config(app)
    config.app = Plain(app) if plain else app
    server, listener = Server(config), listen("127.0.0.1", 0)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await eventually(lambda: server.started or task.done())
    url = address_of(listener)
    try:
        async with client_of(url) as client:
            yield Served(url, app, People(client))
    finally:
        app.state.drain()
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def web_server(routes: Sequence[BaseRoute]) -> AsyncIterator[WebServer]:
    """The server as we run it, of these routes alone."""
    with listen("127.0.0.1", 0) as listener:
        server = WebServer(Starlette(routes=routes), listener, [])
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        yield server
        server.leave()
        await serving


async def say(socket: ClientConnection, **frame: object) -> None:
    await socket.send(json.dumps(frame))


async def hear(socket: ClientConnection, *kinds: str, deadline: float = 30.0) -> dict[str, Any]:
    """The next frame of such a type, or the next event of such a name."""
    async with asyncio.timeout(deadline):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] in kinds or frame.get("event") in kinds:
                return frame


async def close_code(socket: ClientConnection) -> int:
    """How the server ends it, whatever it says before."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(30):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code
