"""A browser, and a Raidline for it to look at. Both are a test's own: a playwright belongs to one event loop."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser import chromium
from tests.browser.raidline import Raidline, open_raidline
from tests.browser.world import World
from tests.conftest import Launch
from tests.end_to_end.client import client_of

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # what it yields is of no interest, what it returns is the report
    report: pytest.TestReport = yield  # type: ignore[assignment]
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report  # type: ignore[return-value]


@pytest.fixture
def browser_path() -> str:
    return chromium.executable() or pytest.skip(chromium.HOW_TO_GET_IT)


@pytest.fixture
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=chromium.arguments())
        yield browser
        await browser.close()


@pytest.fixture
async def raidline(browser_path: str, launch: Launch) -> AsyncIterator[Raidline]:
    async with client_of("") as client:
        yield await open_raidline(launch, client)


@pytest.fixture
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
    for context in browser.contexts:
        await context.close()
    assert failed or not faults, f"something went wrong on a page that the test does not expect:\n{faults}"
