"""A server in this process that is reached through real sockets, so that a test can look into it as well."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import orjson
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from realtime.hub import Hub
from server.app import create_app
from server.serving import _config, address_of, listen
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

    def socket(self, person: Person | None, path: str, **headers: str) -> connect:
        """A WebSocket of that person, or of nobody."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if person is not None:
            sent["Authorization"] = f"Bearer {person.token}"
        url = self.url.replace("http", "ws", 1) + "/api/v1" + path
        offered = [Subprotocol("raidline.v1")]
        return connect(url, additional_headers=sent, subprotocols=offered, proxy=None, close_timeout=2)


@contextlib.asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Served]:
    app = create_app(settings)
    server, listener = Server(_config(app)), listen("127.0.0.1", 0)
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


async def say(socket: ClientConnection, **frame: object) -> None:
    await socket.send(orjson.dumps(frame).decode())


async def hear(socket: ClientConnection, kind: str, deadline: float = 5.0) -> dict:  # type: ignore[type-arg]
    """The next frame of that type, or the next event of that name."""
    async with asyncio.timeout(deadline):
        while True:
            frame: dict[str, object] = orjson.loads(await socket.recv())
            if kind in (frame["type"], frame.get("event")):
                return frame
