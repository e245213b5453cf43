"""The lobby: one's raids as they move, public ones to watch, and new ones made there."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Locator, Page, Request, expect

from tests.browser.raidline import Raidline
from tests.browser.world import NARROW, PHONE, World

HUGE = 10**12

NOT_BY_THE_CLOCK = """(() => {
  const often = window.setInterval;
  window.setInterval = (run, pause, ...rest) => (pause < 20_000 ? often(run, pause, ...rest) : 0);
})()"""
"""A lobby looks for other raids every 20 s: not while its requests are counted, however long that takes."""


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """The lobby shows everybody's public raids."""
    return own_raidline


def card(page: Page, title: str) -> Locator:
    return page.locator(".raid", has=page.get_by_role("link", name=title, exact=True))


def gauge(of: Locator, kind: str) -> Locator:
    return of.get_by_role("progressbar", name=kind)


async def titles(page: Page) -> list[str]:
    return await page.locator(".raid-link").all_inner_texts()


def counting(page: Page, wanted: Callable[[Request], bool]) -> list[str]:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if wanted(request) else None)
    return seen


async def test_all_raids_move_by_one_hydrate_and_one_stream(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    first, second = await ann.starts_raid(ben, title="First"), await ann.starts_raid(ben, title="Second")
    await ann.makes_raid(title="Not begun")
    page = await (await world.context(ann)).new_page()
    await page.add_init_script(NOT_BY_THE_CLOCK)
    hydrates = counting(page, lambda request: request.url.endswith("/raids/hydrate"))
    streams = counting(page, lambda request: "/stream?" in request.url)
    await page.goto("/")
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")

    await ben.post(f"/raids/{first['id']}/contributions", {"xp": 20})
    await ben.post(f"/raids/{second['id']}/contributions", {"xp": 40})

    await expect(gauge(card(page, "First"), "XP")).to_have_attribute("aria-valuetext", "20 of 100")
    await expect(gauge(card(page, "Second"), "XP")).to_have_attribute("aria-valuetext", "40 of 100")
    await expect(gauge(card(page, "Second"), "Tasks")).to_have_attribute("aria-valuetext", "1 of 3")
    await expect(card(page, "Not begun")).to_contain_text("Recruiting")
    assert [len(hydrates), len(streams)] == [1, 1]


async def test_a_raid_that_ends_stays_where_it_is_and_says_so(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(title="Soon done", targetXp=10, targetTasks=1)
    await ann.starts_raid(title="Goes on")
    page = await world.page_of(ann)
    await expect(card(page, "Soon done")).to_contain_text("Under way")
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")
    before = await titles(page)
    await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 10})
    await expect(card(page, "Soon done")).to_contain_text("Complete")
    await expect(page.locator("#live")).to_contain_text("Soon done is complete.")
    assert await titles(page) == before
    await page.reload()
    await expect(page.locator("[data-of=ended]")).to_contain_text("Soon done")


async def test_raids_made_elsewhere_appear_at_the_end(world: World) -> None:
    ann = await world.people.person("Ann")
    await ann.starts_raid(title="Old")
    page = await world.page_of(ann)
    await expect(card(page, "Old")).to_be_visible()
    raid = await ann.starts_raid(title="New")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(card(page, "New")).to_be_visible()
    assert await titles(page) == ["Old", "New"]
    await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 7})
    await expect(gauge(card(page, "New"), "XP")).to_have_attribute("aria-valuetext", "7 of 100")


async def test_public_raids_can_be_watched_and_are_links_to_their_rooms(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(title="Open house", public=True)
    await ann.starts_raid(title="Private")
    page = await world.page_of(ben)
    await expect(page.locator("[data-of=mine]")).to_contain_text("You are in no raid yet")
    await expect(page.locator("[data-of=watched]")).to_contain_text("you need the raid’s code")
    assert await titles(page) == ["Open house"]
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")
    await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 5})
    await expect(gauge(card(page, "Open house"), "XP")).to_have_attribute("aria-valuetext", "5 of 100")
    await page.get_by_role("link", name="Open house").click()
    await expect(page).to_have_url(re.compile(f"/raids/{raid['id']}$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Open house")


async def test_odd_raids_fit_on_a_narrow_phone(world: World) -> None:
    ann = await world.people.person("Maximiliana" * 5)
    await ann.starts_raid(title="W" * 200)
    await ann.starts_raid(title="غارة الأسبوع", targetTasks=0)
    await ann.starts_raid(title="Most", targetXp=HUGE, targetTasks=HUGE, maxMembers=10_000)
    page = await world.page_of(ann, screen=NARROW)
    await expect(page.locator(".raid")).to_have_count(3)
    assert await page.evaluate("document.documentElement.scrollWidth") == NARROW.width
    await expect(gauge(card(page, "غارة الأسبوع"), "Tasks")).to_be_hidden()
    await expect(card(page, "Most")).to_contain_text("1T")
    await expect(gauge(card(page, "Most"), "XP")).to_have_attribute("aria-valuetext", "0 of 1,000,000,000,000")


async def test_a_raid_is_made_and_its_mistakes_are_shown_at_their_fields(world: World) -> None:
    world.faults.expect("422")
    page = await world.page_of(await world.people.person("Ann"), screen=PHONE)
    await page.get_by_role("button", name="New raid").click()
    form = page.get_by_role("dialog", name="New raid")
    submit = form.get_by_role("button", name="Make the raid")

    await submit.click()
    await expect(form.get_by_label("Title")).to_be_focused()
    await expect(form.get_by_label("Title")).to_have_accessible_description("Give it a title.")

    await form.get_by_label("Title").fill("Made here")
    await form.get_by_label("Hours to do it in").fill("0")
    await submit.click()
    hours = form.get_by_label("Hours to do it in")
    await expect(hours).to_be_focused()
    await expect(hours).to_have_attribute("aria-invalid", "true")
    await expect(hours).to_have_accessible_description(re.compile(r"From 1 to 8,760\."))

    await hours.fill("48")
    await form.get_by_label("Tasks to do").fill("0")
    await form.get_by_label("Public").check()
    await submit.click()
    await expect(page).to_have_url(re.compile(r"/raids/\d+$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Made here")


async def test_what_was_typed_is_still_there_after_the_dialog_was_closed(world: World) -> None:
    page = await world.page_of(await world.people.person("Ann"))
    opener = page.get_by_role("button", name="New raid")
    await opener.click()
    await page.get_by_label("Title").fill("Half a thought")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(opener).to_be_focused()
    await opener.click()
    await expect(page.get_by_label("Title")).to_have_value("Half a thought")


async def test_what_is_out_of_bounds_is_said_in_the_words_of_the_page(world: World) -> None:
    page = await world.page_of(await world.people.person("Ann"))
    await page.get_by_role("button", name="New raid").click()
    await page.get_by_label("Title").fill("Spring cleaning")
    await page.get_by_label("Hours to do it in").fill("9000")
    await page.get_by_role("button", name="Make the raid").click()
    await expect(page.locator("#create-timeLimitHours-error")).to_have_text("From 1 to 8,760.")
    world.faults.expect("status of 422")
    await page.get_by_label("Hours to do it in").evaluate(
        "(field) => { field.max = '99999' }"
    )  # another server's bound
    await page.get_by_role("button", name="Make the raid").click()
    said = "At least 1 hour and at most 8,760, a year."
    await expect(page.locator("#create-timeLimitHours-error")).to_have_text(said)
