"""The door: where there are no guests, and after a session has ended."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.raidline import Raidline
from tests.browser.world import World
from tests.helpers import eventually
from tests.server.people import Person

NOBODY = r"status of 401 .*/api/v1/"
NO_GUESTS = r"status of 404 .*/sessions/guest"

WAITS = """async ([userId, raidId]) => {
  const { Raidline } = await import("/web/client/index.js");
  new Raidline().outbox(userId).add({ raidId, xp: 30 });
}"""


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """It is started with other settings."""
    return own_raidline


async def test_without_guests_a_token_is_asked_for_and_opens_the_page_one_came_for(world: World) -> None:
    world.faults.expect(NOBODY, NO_GUESTS)
    await world.raidline.restart(RAIDLINE_GUESTS="0")
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid()
    page = await world.page_of(None, "/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await expect(page.get_by_role("main")).to_contain_text("raidline token NAME")
    token = page.get_by_label("Session token")

    await token.fill("not a token")
    await token.press("Enter")
    await expect(token).to_have_accessible_description(re.compile("opens no session"))
    await expect(token).to_be_focused()

    await token.fill(ann.token)
    await token.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Ann")
    await lives(page, ann, raid["id"])
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Ann")
    assert await page.evaluate("localStorage.length") == 0, "a token is kept in this tab only"


async def lives(page: Page, person: Person, raid_id: int) -> None:
    """By bearer the streams are opened by tickets."""
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")
    await person.post(f"/raids/{raid_id}/contributions", {"xp": 9})
    await expect(page.get_by_role("progressbar", name="XP")).to_have_attribute("aria-valuetext", "9 of 100")


async def test_without_guests_an_invite_link_waits_for_the_sign_in(world: World) -> None:
    world.faults.expect(NOBODY, NO_GUESTS)
    await world.raidline.restart(RAIDLINE_GUESTS="0")
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.makes_raid()
    page = await world.page_of(None, f"/r/{raid['inviteCode']}")
    await page.get_by_role("button", name="Join the raid").click()
    await page.get_by_label("Session token").fill(ben.token)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Join the raid").click()
    await expect(page).to_have_url(re.compile(f"/raids/{raid['id']}$"))


async def test_who_is_signed_out_while_looking_is_told_and_can_go_on_as_a_guest(world: World) -> None:
    world.faults.expect(NOBODY)
    ann = await world.people.person("Ann")
    page = await world.page_of(ann)
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")
    await ann.call("DELETE", "/sessions/current")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.get_by_role("button", name="Go on as a new guest").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Good")
    await expect(page.get_by_role("heading", level=1)).not_to_contain_text("Ann")


async def test_what_waited_when_the_session_ended_is_sent_once_they_are_back(world: World) -> None:
    world.faults.expect(NOBODY, "ERR_FAILED")
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid()
    context = await world.context(ann)
    await context.route("**/contributions", lambda route: route.abort())
    page = await context.new_page()
    await page.goto("/")
    await page.evaluate(WAITS, [ann.id, raid["id"]])
    await page.reload()
    await expect(page.locator(".connection")).to_contain_text("1 waiting")

    await ann.call("DELETE", "/sessions/current")
    await expect(page.get_by_role("main")).to_contain_text("1 contribution of yours is kept on this device")
    await context.unroute("**/contributions")
    back = await world.people.person("Ann")
    await page.get_by_label("Session token").fill(back.token)
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("progressbar", name="XP")).to_have_attribute("aria-valuetext", "30 of 100")
    await expect(page.locator(".connection")).not_to_contain_text("waiting")
    await eventually(lambda: totals(back, raid["id"]))


async def totals(person: Person, raid_id: int) -> bool:
    raid = (await person.get(f"/raids/{raid_id}")).json()
    return [raid["currentXp"], raid["currentTasks"]] == [30, 1]


async def test_signing_out_oneself_leads_to_the_door(world: World) -> None:
    page = await world.page_of(await world.people.person("Ann"), "/me")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
