"""The server, its Redis or the reader's machine go away in the midst of a raid: the pages go on by themselves.

One page follows by SSE, the other by WebSocket. None is loaded anew, and neither ever shows a total that the server
did not have.
"""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from server.embedded import EmbeddedRedis
from tests.browser.faults import AWAY
from tests.browser.raidline import Raidline
from tests.browser.walking import (
    TOTALS_SEEN,
    connection_is,
    contributes_quickly,
    ends_with_the_servers_totals,
)
from tests.browser.world import World, shows
from tests.helpers import eventually
from tests.server.people import Person


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """Its Redis is killed."""
    return own_raidline


@pytest_asyncio.fixture
async def own_redis(service_folder: Path) -> AsyncIterator[EmbeddedRedis]:
    redis = EmbeddedRedis(service_folder / "redis")
    await redis.start()
    yield redis
    await redis.stop()


@pytest.fixture
def redis_url(own_redis: EmbeddedRedis) -> str:
    """Not the one of all tests: this one is killed."""
    return own_redis.url


class Story:
    """Two who play one raid, each at a page, and what those pages showed."""

    def __init__(self, people: tuple[Person, Person], raid: dict[str, Any], pages: list[Page]) -> None:
        self.people = people
        self.raid = raid
        self.pages = pages

    async def contribute(self, *amounts: int) -> None:
        """Without the page: one after the other, by both in turn."""
        for place, xp in enumerate(amounts):
            answer = await self.people[place % 2].post(f"/raids/{self.raid['id']}/contributions", {"xp": xp})
            assert answer.status_code in (201, 202), answer.text

    async def show(self, **totals: int) -> None:
        for page in self.pages:
            await eventually(shows(page, **totals), 60)

    async def end_well(self) -> None:
        """Live, with the server's totals, never reloaded, and none shown that was not so."""
        had = await self._totals_of_the_ledger()
        for page in self.pages:
            await connection_is(page, "live")
            await ends_with_the_servers_totals(page)
            assert await page.evaluate("window.stays === true"), page.url
            seen = [tuple(totals) for totals in await page.evaluate("totalsSeen")]
            assert set(seen) <= had, (page.url, seen)
            assert seen == sorted(seen), (page.url, seen)

    async def _totals_of_the_ledger(self) -> set[tuple[int, int]]:
        """After each contribution in its order; the log begins anew when its Redis does, the ledger does not."""
        rows = (await self.people[0].get(f"/raids/{self.raid['id']}/contributions?limit=100")).json()["contributions"]
        amounts = [one["xp"] for one in reversed(rows)]
        return {(sum(amounts[:count]), count) for count in range(len(amounts) + 1)}


@pytest_asyncio.fixture(loop_scope="session")
async def story(world: World) -> Story:
    world.faults.expect(AWAY, r"status of 50\d")
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=2000, targetTasks=1000)
    story = Story((ann, ben), raid, [])
    for person, transport in ((ann, "sse"), (ben, "ws")):
        page = await (await world.context(person)).new_page()
        await page.add_init_script(TOTALS_SEEN)
        await page.goto(f"/raids/{raid['id']}?transport={transport}")
        await connection_is(page, "live")
        await page.evaluate("window.stays = true")
        story.pages.append(page)
    await story.contribute(3, 4)
    await story.show(xp=7, tasks=2)
    return story


async def test_the_server_is_killed_and_comes_back(world: World, story: Story) -> None:
    await story.contribute(5, 6, 7)  # perhaps still on their way to the pages
    await world.raidline.server.kill()
    for page in story.pages:
        await connection_is(page, "reconnecting")
        await contributes_quickly(page, 10)
    await world.raidline.start()
    await story.contribute(8, 9)
    await story.show(xp=62, tasks=9)
    await story.end_well()


async def test_redis_is_killed_under_the_server_and_comes_back(story: Story, own_redis: EmbeddedRedis) -> None:
    await own_redis.kill()
    for page in story.pages:
        await connection_is(page, "stale")
        await contributes_quickly(page, 10)
    await own_redis.start()
    await story.show(xp=27, tasks=4)
    await story.contribute(8, 9)
    await story.show(xp=44, tasks=6)
    await story.end_well()


@asynccontextmanager
async def asleep(browser: Browser) -> AsyncIterator[None]:
    """The browser's pages and its network stand still, as when somebody shuts their laptop."""
    session = await browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    sleepers = [int(one["id"]) for one in processes if one["type"] in ("renderer", "utility")]
    for pid in sleepers:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in sleepers:
            os.kill(pid, signal.SIGCONT)


async def test_a_machine_sleeps_while_the_server_restarts(world: World, story: Story) -> None:
    """Nothing runs meanwhile, and when they wake, their connections are dead."""
    async with asleep(world.browser):
        await story.contribute(5, 6)
        await world.raidline.restart()
        await story.contribute(7, 8)
    await story.show(xp=33, tasks=6)
    await story.end_well()
