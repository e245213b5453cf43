"""The whole application in this process, against real services: without a socket, or through real ones."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from starlette.applications import Starlette

from realtime.hub import HubSettings
from realtime.lane import Lane
from server.app import create_app
from server.settings import Settings
from tests.helpers import the_same_hour
from tests.server.people import People
from tests.server.serving import WAYS, Served, served

OpenServer = Callable[[], Awaitable[tuple[Starlette, People]]]

PATIENCE_S = 30.0
"""Of a server in a test's process, wherever it would give up sooner: its test may stand still for seconds, and Redis
and Postgres beside it."""


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server does when its patience ends is for the tests that say how long it is."""
    monkeypatch.setattr("server.services.REDIS_SECONDS", PATIENCE_S)
    monkeypatch.setattr("server.services.STATEMENT_TIMEOUT_MS", round(1000 * PATIENCE_S))
    monkeypatch.setattr("server.services.HubSettings", functools.partial(HubSettings, join_timeout=PATIENCE_S))
    monkeypatch.setattr("server.leaderboards.PATIENCE_SECONDS", PATIENCE_S)
    monkeypatch.setattr("server.routes.health.CHECK_TIMEOUT_S", PATIENCE_S)
    monkeypatch.setattr("realtime.redis_service.Lane", functools.partial(Lane, timeout=PATIENCE_S))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Whose answers to contributions wait until they are in the ledger."""
    return settings.model_copy(update={"ack_timeout_ms": round(1000 * PATIENCE_S)})


@pytest.fixture
async def one_day() -> None:
    """While the test runs no day ends anywhere."""
    await the_same_hour()


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
