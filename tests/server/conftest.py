"""The whole application in this process, against real services: without a socket, or through real ones."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from starlette.applications import Starlette

from server.app import create_app
from server.settings import Settings
from tests.server.people import People
from tests.server.serving import WAYS, Served, served

OpenServer = Callable[[], Awaitable[tuple[Starlette, People]]]


@pytest.fixture
async def open_server(settings: Settings) -> AsyncIterator[OpenServer]:
    """Opens one server after another against the same Postgres and Redis."""
    async with AsyncExitStack() as stack:

        async def open_one() -> tuple[Starlette, People]:
            app = create_app(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="http://raidline", cookies=NoCookies()
            )
            return app, People(await stack.enter_async_context(client))

        yield open_one


class NoCookies(httpx.Cookies):
    """Tests say what they send; nothing is kept from one answer to the next request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        return


@pytest.fixture
async def people(open_server: OpenServer) -> People:
    """Where the people of a test come from: those of one server."""
    return (await open_server())[1]


@pytest.fixture(params=WAYS)
async def server(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """One that is reached through real sockets, whichever way it writes to its streams."""
    async with served(settings, plain=request.param) as one:
        yield one
