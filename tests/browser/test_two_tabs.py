"""Two tabs of one browser share a cookie: whoever comes in through one of them is in both."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.raidline import Raidline
from tests.browser.world import World
from tests.helpers import eventually

NOBODY = r"status of 401 .*/api/v1/"

WAIT = """async ([userId, raidId]) => {
  const { Raidline } = await import("/web/client/index.js");
  const outbox = new Raidline().outbox(userId);
  outbox.close(); // what is added stays for the page itself to send
  for (const xp of [30, 40]) outbox.add({ raidId, xp });
}"""


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """The lobby shows everybody's public raids."""
    return own_raidline


async def greeting(page: Page) -> str:
    return await page.get_by_role("heading", level=1).inner_text()


async def test_a_new_guest_of_one_tab_is_who_the_other_goes_on_as(world: World) -> None:
    world.faults.expect(NOBODY)
    ann = await world.people.person("Ann")
    context = await world.context(ann)
    first, second = await context.new_page(), await context.new_page()
    for page in (first, second):
        await page.goto("/")
        await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")
    await ann.call("DELETE", "/sessions/current")
    for page in (first, second):  # the second before the first goes on: who it is by then is another matter
        await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    for page in (first, second):
        await page.get_by_role("button", name="Go on as a new guest").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Good")
    assert await greeting(first) == await greeting(second)


async def test_somebody_else_in_one_tab_is_so_in_the_other(world: World) -> None:
    world.faults.expect(NOBODY)
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    context = await world.context(ann)
    first, second = await context.new_page(), await context.new_page()
    await first.goto("/")
    await expect(first.get_by_role("heading", level=1)).to_contain_text("Ann")
    await world.sign_in(context, ben)
    await second.goto("/")
    for page in (first, second):
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Ben")


async def test_two_tabs_at_a_first_visit_are_one_guest(world: World) -> None:
    world.faults.expect(NOBODY)
    context = await world.context()
    first, second = await context.new_page(), await context.new_page()
    for page in (first, second):
        await page.goto("/", wait_until="commit")

    async def same() -> bool:
        assert await greeting(first) == await greeting(second)
        return True

    await eventually(same)


async def test_what_is_refused_is_told_where_its_room_is_not_shown(world: World) -> None:
    world.faults.expect("status of 404", "status of 422")
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben)
    await ann.call("DELETE", f"/raids/{raid['id']}/members/{ben.id}")
    page = await world.page_of(ben)
    await page.evaluate(WAIT, [ben.id, raid["id"]])
    await page.reload()
    toast = page.get_by_role("region", name="Notices").get_by_role("listitem")
    await expect(toast).to_contain_text(re.compile(r"contributions? .*refused"))
    await expect(toast).to_contain_text("You are no member of this raid.")
    await expect(page.locator(".connection")).not_to_contain_text("waiting")


async def test_what_is_no_id_of_a_raid_is_no_page_that_waits(world: World) -> None:
    page = await world.page_of(await world.people.person("Ann"), "/raids/99999999999999999999")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
    await page.goto("/raids/0")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")


async def test_a_raid_that_is_joined_elsewhere_moves_to_ones_own(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(public=True, openJoin=True)
    page = await world.page_of(ben)
    mine, watched = (page.locator(f'[data-of="{name}"]').get_by_role("listitem") for name in ("mine", "watched"))
    await expect(watched).to_contain_text(raid["title"])
    await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(mine).to_contain_text(raid["title"])
    await expect(watched).to_have_count(0)
