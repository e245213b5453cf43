"""What is around every page: ways by keyboard alone, the theme, and whether it is live."""

import re

from playwright.async_api import Page, expect

from tests.browser.faults import AWAY
from tests.browser.world import PHONE, World

SPOKEN = """() => {
  window.spoken = [];
  const region = document.querySelector(".connection [role=status]");
  new MutationObserver(() => window.spoken.push(region.textContent)).observe(region, { childList: true });
}"""


async def is_live(page: Page) -> None:
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")


async def test_the_keyboard_alone_leads_everywhere(world: World) -> None:
    ann = await world.people.person("Ann")
    await ann.starts_raid()
    page = await world.page_of(ann)
    await is_live(page)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="New raid")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Spring cleaning")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/raids/\d+$"))
    await expect(page.get_by_role("heading", level=1)).to_be_focused()


async def test_a_new_page_has_its_title_its_heading_in_focus_and_its_way_marked(world: World) -> None:
    page = await world.page_of(await world.people.person("Ann"))
    ways = page.get_by_role("navigation", name="Pages")
    await expect(page).to_have_title("Lobby · Raidline")
    await expect(ways.get_by_role("link", name="Lobby")).to_have_attribute("aria-current", "page")
    await page.evaluate("window.stays = true")

    await ways.get_by_role("link", name="Me").click()
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await expect(page).not_to_have_title("Lobby · Raidline")
    await expect(ways.get_by_role("link", name="Me")).to_have_attribute("aria-current", "page")
    assert await page.evaluate("window.stays"), "the document was not loaded anew"

    await page.go_back()
    await expect(page).to_have_title("Lobby · Raidline")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()


async def test_the_theme_is_chosen_and_kept(world: World) -> None:
    page = await world.page_of(await world.people.person("Ann"), screen=PHONE)
    root = page.locator("html")
    for theme, following in [("auto", "light"), ("light", "dark")]:
        await page.get_by_role("button", name=re.compile(f"Theme: .*Switch to {following}")).click()
        await expect(root).to_have_attribute("data-theme", following)
        assert theme != following
    await page.reload()
    await expect(root).to_have_attribute("data-theme", "dark")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 16, 23)"


async def test_a_server_that_goes_away_and_comes_back_is_seen_and_said_once(world: World) -> None:
    world.faults.expect(AWAY, "status of 50")
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid()
    page = await world.page_of(ann, screen=PHONE)
    await is_live(page)
    await page.evaluate(SPOKEN)

    await world.raidline.server.kill()
    await expect(page.locator(".connection")).to_contain_text(re.compile(r"Reconnecting in \d+ s"))
    await expect(page.locator(".connection [role=status]")).to_contain_text("Connection lost")
    await expect(page.get_by_role("progressbar", name="XP")).to_have_attribute("aria-valuetext", "0 of 100")

    await world.raidline.start()
    await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 11})
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")
    await expect(page.get_by_role("progressbar", name="XP")).to_have_attribute("aria-valuetext", "11 of 100")
    await expect(page.locator(".connection [role=status]")).to_have_text("Live again")
    assert await page.evaluate("window.spoken") == ["Connection lost. Reconnecting.", "Live again"]


async def test_reconnecting_can_be_hurried(world: World) -> None:
    world.faults.expect(AWAY, "status of 50")
    page = await world.page_of(await world.people.person("Ann"))
    await is_live(page)
    await world.raidline.server.kill()
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "reconnecting")
    await world.raidline.start()
    await page.evaluate("document.querySelector('.connection-now').click()")
    await is_live(page)


async def test_offline_is_said_and_ends_by_itself(world: World) -> None:
    world.faults.expect(AWAY)
    page = await world.page_of(await world.people.person("Ann"))
    await is_live(page)
    await page.context.set_offline(True)
    await expect(page.locator(".connection")).to_contain_text("Offline")
    await page.context.set_offline(False)
    await is_live(page)


async def test_a_server_that_is_away_when_a_page_is_opened_is_tried_again(world: World) -> None:
    world.faults.expect(AWAY, "status of 50")
    page = await world.page_of(await world.people.person("Ann"))
    await is_live(page)
    await world.raidline.server.kill()
    await page.get_by_role("link", name="Me", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be shown")
    await world.raidline.start()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ann")


async def test_the_page_follows_over_a_websocket_when_asked_to(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid()
    page = await (await world.context(ann)).new_page()
    async with page.expect_websocket() as opened:
        await page.goto("/?transport=ws")
    assert (await opened.value).url.endswith("/api/v1/ws")
    await is_live(page)
    await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 13})
    await expect(page.get_by_role("progressbar", name="XP")).to_have_attribute("aria-valuetext", "13 of 100")


async def test_a_page_that_needs_a_connection_says_so_and_comes_by_itself(world: World) -> None:
    world.faults.expect(AWAY)
    page = await world.page_of(await world.people.person("Ann"), "/me")
    await is_live(page)
    await page.context.set_offline(True)
    await page.get_by_role("link", name="Lobby", exact=True).click()
    await expect(page.locator(".plain-page")).to_contain_text("There is no connection to the server right now.")
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "offline")
    await page.context.set_offline(False)
    await expect(page.get_by_role("button", name="New raid")).to_be_visible()


async def test_a_title_that_turns_the_direction_does_not_turn_the_title_of_the_page(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.makes_raid(title="\u05d0\u202eabc")
    page = await world.page_of(ann, f"/raids/{raid['id']}")
    await expect(page).to_have_title("\u2068\u05d0abc\u2069 · Raidline")
