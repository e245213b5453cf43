"""Every address of the page loads, behind the strict content policy, and a second time from the browser's cache."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Response

from server.routes.web import FOLDER
from tests.browser.axe import assert_accessible
from tests.browser.world import DESKTOP, NARROW, Screen, World
from tests.helpers import eventually
from tests.server.people import Person

Address = Callable[[Person], Awaitable[str]]

NO_SUCH_RAID = 10**12
REFUSED = r"status of 404 .*/api/v1/raids"
"""What the browser says of the raid, or of the code, that is not there."""


TRANSFERRED = """() => performance.getEntriesByType("resource")
  .filter((entry) => entry.name.includes("/web/") && entry.transferSize > 0).map((entry) => entry.name)"""
"""The files that came over the wire: what comes from the browser's cache has no transfer size."""


async def lobby(person: Person) -> str:
    return "/"


async def profile(person: Person) -> str:
    return "/me"


async def room(person: Person) -> str:
    return f"/raids/{(await person.starts_raid())['id']}"


async def invitation(person: Person) -> str:
    return f"/r/{(await person.makes_raid())['inviteCode']}"


async def no_such_raid(person: Person) -> str:
    return f"/raids/{NO_SUCH_RAID}"


ADDRESSES = [lobby, profile, room, invitation, no_such_raid]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("screen", [NARROW, DESKTOP], ids=["narrow", "desktop"])
async def test_every_address_loads_fits_and_is_accessible(world: World, screen: Screen, dark: bool) -> None:
    """Without an error on the console, a refusal by the content policy, or a file that is missing."""
    world.faults.expect(REFUSED)
    ann = await world.people.person("Ann Who Has A Rather Long Name")
    for address in ADDRESSES:
        page = await world.page_of(ann, await address(ann), screen=screen, dark=dark, reduced_motion=True)
        await there(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= screen.width, page.url
        await assert_accessible(page)


async def test_somebody_new_is_let_in_as_a_guest(world: World) -> None:
    world.faults.expect(r"status of 401 .*/api/v1/me\b")  # how the page learns that it is nobody yet
    page = await world.page_of(None, "/")
    await there(page)
    me = await page.evaluate("fetch('/api/v1/me').then((answer) => answer.json())")
    assert me["name"]


async def test_a_second_visit_asks_for_no_file_again(world: World) -> None:
    context = await world.context(await world.people.person("Ann"))
    page = await context.new_page()
    first = await files_at("/", page)
    assert len(await page.evaluate(TRANSFERRED)) > 10
    assert {await answer.header_value("cache-control") for answer in first} == {"public, max-age=31536000, immutable"}
    again = await context.new_page()
    await files_at("/me", again)
    assert await again.evaluate(TRANSFERRED) == []


async def test_every_file_of_the_page_has_the_version_in_its_path(world: World) -> None:
    """Also what modules import and styles load, by their relative paths: or it would not be kept."""
    context = await world.context(await world.people.person("Ann"))
    paths = [answer.url.split("/", 5)[4:] for answer in await files_at("/me", await context.new_page())]
    assert len({version for version, _ in paths}) == 1
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js")} <= {name for _, name in paths}


async def test_without_scripts_it_says_what_it_needs(world: World) -> None:
    world.faults.expect(r"\.js")
    context = await world.browser.new_context(base_url=world.raidline.url, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/")
    assert "needs JavaScript" in await page.locator("main").inner_text()


async def there(page: Page) -> None:
    """The page of the address is shown, whichever it is."""
    await page.locator("main h1").first.wait_for()
    await eventually(lambda: settled(page))


async def settled(page: Page) -> bool:
    return bool(await page.evaluate("document.querySelector('main[aria-busy], main [aria-busy=true]') === null"))


async def files_at(path: str, page: Page) -> list[Response]:
    """All that is asked for to show that path, from the cache or not."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    await page.goto(path)
    await there(page)
    return [answer for answer in answers if "/web/" in answer.url]
