"""A browser, launched once, and a Raidline for it to look at, which is a module's or a test's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from server.embedded import EmbeddedRedis, ServiceUrls
from tests.browser import chromium
from tests.browser.raidline import Raidline, open_raidline
from tests.browser.world import PATIENCE_MS, World
from tests.conftest import Embedded, Launch, clone_of, launching
from tests.end_to_end.client import client_of

FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=PATIENCE_MS)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # what it yields is of no interest, what it returns is the report
    report: pytest.TestReport = yield  # type: ignore[assignment]
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report  # type: ignore[return-value]


def pytest_itemcollected(item: pytest.Item) -> None:
    """All on one loop: a playwright belongs to the loop it was started on."""
    if item.get_closest_marker("asyncio") is not None:
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def browser_path() -> str:
    return chromium.executable() or pytest.skip(chromium.HOW_TO_GET_IT)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def launched_browser(browser_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=chromium.arguments())
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(launched_browser: Browser) -> AsyncIterator[Browser]:
    """Without a context, as if it had just been launched."""
    yield launched_browser
    for context in launched_browser.contexts:
        await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def raidline_of_module(
    browser_path: str, embedded: Embedded, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Raidline]:
    async with clone_of(embedded, template_database) as database_url, client_of("") as client:
        redis = EmbeddedRedis(embedded.redis.folder.parent / f"redis-{uuid4().hex[:12]}")
        await redis.start()
        services = ServiceUrls(database_url, redis.url)
        with launching(database_url, redis.url, tmp_path_factory.mktemp("raidline")) as launch:
            yield await open_raidline(launch, client, services)
        await redis.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def own_raidline(browser_path: str, launch: Launch, database_url: str, redis_url: str) -> AsyncIterator[Raidline]:
    async with client_of("") as client:
        yield await open_raidline(launch, client, ServiceUrls(database_url, redis_url))


@pytest_asyncio.fixture(loop_scope="session")
async def raidline(raidline_of_module: Raidline) -> Raidline:
    """The same for all tests of a module, to each of which come people of its own.

    Where more than people's own things are looked at, a module says `own_raidline` instead.
    """
    if not raidline_of_module.server.running:
        await raidline_of_module.start()
    return raidline_of_module.with_new_people()


@pytest_asyncio.fixture(loop_scope="session")
async def world(
    raidline: Raidline, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[World]:
    world = World(raidline, browser)
    yield world
    faults = "\n".join(world.faults.unexpected)
    failed = request.node.stash.get(FAILED, False)
    if faults or failed:
        for picture in await world.pictures(tmp_path):
            print(f"as it was then: {picture}")  # noqa: T201 - pytest shows it with the failure
        print(faults)  # noqa: T201
    assert failed or not faults, f"something went wrong on a page that the test does not expect:\n{faults}"
