"""The client on a page of another origin: a bearer token for requests, a ticket for each opening of a stream."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.client_page import PLAYER, agrees_with, follow, has, is_in, state, told_once
from tests.browser.faults import AWAY
from tests.browser.raidline import Raidline, open_raidline
from tests.browser.world import World
from tests.conftest import Launch
from tests.end_to_end.client import client_of
from tests.helpers import eventually
from tests.server.people import Person


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """It is started with other settings."""
    return own_raidline


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(raidline: Raidline, launch: Launch) -> AsyncIterator[Raidline]:
    """Another server, for its files and its origin."""
    async with client_of("") as client:
        other = await open_raidline(launch, client, raidline.services)
        await raidline.restart(ALLOWED_ORIGINS=other.url)
        yield other


async def foreign_page(world: World, elsewhere: Raidline, **options: Any) -> Page:
    context = await world.context()
    page = await context.new_page()
    await page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    await page.add_init_script(PLAYER.replace('import(address + "', 'import("'))
    await page.goto(f"{elsewhere.url}/healthz")
    await page.evaluate("(options) => begin(options)", {"origin": world.raidline.url, **options})
    return page


@pytest.mark.parametrize(("transport", "own"), [("sse", False), ("sse", True), ("ws", True)])
async def test_a_token_and_tickets_do_all_that_a_cookie_does(
    world: World, elsewhere: Raidline, transport: str, own: bool
) -> None:
    world.faults.expect(AWAY, "503")
    ann = await world.people.person("Ann")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await foreign_page(world, elsewhere, transport=transport)
    opened = watched_openings(page)
    assert (await page.evaluate("(token) => raidline.sessions.withToken(token)", ann.token))["name"] == "Ann"
    await follow(page, raid_id, own=own)
    await eventually(is_in(page, "live"))
    await page.evaluate("([userId, raidId]) => raidline.outbox(userId).add({ raidId, xp: 5 })", [ann.id, raid_id])
    await eventually(has(page, raid_id, currentXp=5))
    await world.raidline.restart(ALLOWED_ORIGINS=elsewhere.url)
    assert (await ann.post(f"/raids/{raid_id}/contributions", {"xp": 6})).status_code in (201, 202)
    await eventually(has(page, raid_id, currentXp=11), 60)
    await agrees_with(ann, page, raid_id)
    assert await told_once(page)
    tickets = [parse_qs(urlsplit(url).query).get("ticket", [""])[0] for url in opened]
    assert len(tickets) >= 2
    assert all(tickets)
    assert len(set(tickets)) == len(tickets), "a ticket is good for one opening"
    assert ann.token not in "".join(opened)


async def test_a_guest_of_another_origin_keeps_their_token(world: World, elsewhere: Raidline) -> None:
    page = await foreign_page(world, elsewhere)
    made = await page.evaluate("raidline.sessions.asGuest('Gast')")
    assert (await page.evaluate("raidline.rest.me()"))["id"] == made["user"]["id"]
    await follow(page, own=True)
    await eventually(lambda: page.evaluate("own.length"))
    assert await page.evaluate("raidline.now() - Date.now() < 2_000")


async def test_the_end_of_the_session_is_the_end(world: World, elsewhere: Raidline) -> None:
    world.faults.expect("401", AWAY)
    ann: Person = await world.people.person("Ann")
    raid_id = (await ann.starts_raid())["id"]
    page = await foreign_page(world, elsewhere, token=ann.token)
    await follow(page, raid_id)
    await eventually(is_in(page, "live"))
    await page.evaluate("raidline.sessions.end()")
    await eventually(is_in(page, "ended"))
    assert (await state(page))["reason"] == "signed_out"
    refused = "raidline.sessions.withToken('nobody').then(() => null, ({ status, code }) => [status, code])"
    assert await page.evaluate(refused) == [401, "unauthenticated"]


def watched_openings(page: Page) -> list[str]:
    """The addresses of all streams and sockets that this page opens from now on."""
    opened: list[str] = []
    page.on("request", lambda request: opened.append(request.url) if "/stream?" in request.url else None)
    page.on("websocket", lambda socket: opened.append(socket.url))
    return opened
