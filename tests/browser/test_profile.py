"""The profile: level, streak, what keeps it, and that it moves by itself."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.histories import a_crowd, a_year, contributes_on, defines, holds_freezes, some_days
from tests.browser.raidline import Raidline
from tests.browser.world import DESKTOP, NARROW, Screen, World

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 2
ARABIC = "محمد عبد الرحمن"


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """Achievements and boards are everybody's."""
    return own_raidline


async def fits(page: Page, screen: Screen) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= screen.width


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("screen", [NARROW, DESKTOP], ids=["narrow", "desktop"])
async def test_a_year_fits_and_is_accessible(world: World, database_url: str, screen: Screen, dark: bool) -> None:
    await defines(world.people)
    history = await a_year(world.people, database_url, name="Marlene Okonkwo")
    await a_crowd(world.people, history.person, count=8, mine=45, names=(LONG[:64], ARABIC))
    page = await world.page_of(history.person, "/me", screen=screen, dark=dark, reduced_motion=True)
    await expect(page.locator(".place[data-me]")).to_be_visible()
    await fits(page, screen)
    await assert_accessible(page)


async def test_level_and_streak_are_what_the_server_says(world: World, database_url: str) -> None:
    history = await a_year(world.people, database_url)
    me = (await history.person.get("/me")).json()
    page = await world.page_of(history.person, "/me")
    await expect(page.locator("h1")).to_have_text(me["name"])
    await expect(page.locator(".ring-text .figure")).to_have_text(f"{me['level']:,}")
    await expect(page.locator(".level-xp .figure")).to_have_text(f"{me['xp']:,}")
    await expect(page.locator(".level-words")).to_contain_text(f"{me['nextLevelAt'] - me['xp']:,} XP to level")
    await expect(page.locator(".streak-figure")).to_have_text(f"{me['streak']['current']}")
    await expect(page.locator(".facts")).to_contain_text(f"{me['streak']['longest']} days")


async def test_somebody_new_sees_where_it_begins(world: World) -> None:
    await defines(world.people, [])
    ann = await world.people.person(LONG[:64], "Pacific/Auckland")
    page = await world.page_of(ann, "/me", screen=NARROW)
    await expect(page.locator(".streak-state")).to_contain_text("No streak")
    await expect(page.get_by_text("There are no achievements here yet.")).to_be_visible()
    await expect(page.locator(".board-empty")).to_be_visible()
    await expect(page.locator(".way button").first).to_be_disabled()
    await fits(page, NARROW)


async def test_it_moves_by_itself(world: World) -> None:
    history = await some_days(world.people, [1])
    page = await world.page_of(history.person, "/me")
    await expect(page.locator(".streak-card")).to_have_attribute("data-state", "open")
    await expect(page.locator(".streak-state")).to_contain_text("At risk")
    await contributes_on(history.person, history.raid_id, history.today, 500)
    await expect(page.locator(".streak-card")).to_have_attribute("data-state", "active")
    await expect(page.locator(".streak-figure")).to_have_text("2")
    await expect(page.locator(".level-xp .figure")).to_have_text("510")
    await expect(page.locator(".day[aria-current]")).to_have_attribute("data-state", "active")


async def test_a_check_in_makes_today_count_and_is_said(world: World) -> None:
    ann = await world.people.person("Ann")
    page = await world.page_of(ann, "/me")
    await page.get_by_role("button", name="Check in for today").click()
    done = page.get_by_role("button", name="Checked in today")
    await expect(done).to_have_attribute("aria-disabled", "true")
    await expect(page.locator(".streak-figure")).to_have_text("1")
    await expect(page.locator(".day-note")).to_contain_text("checked in")
    await expect(page.locator("#live")).to_contain_text("Today counts")


async def test_a_freeze_keeps_today(world: World, database_url: str) -> None:
    history = await some_days(world.people, [2, 1])
    await holds_freezes(database_url, history.person, 1)
    page = await world.page_of(history.person, "/me")
    way = page.locator('.way[data-state="frozen"]')
    await expect(way).to_contain_text("You hold 1 freeze.")
    await way.locator("summary").click()
    await way.get_by_role("button").click()
    await expect(page.locator(".streak-card")).to_have_attribute("data-state", "frozen")
    await expect(page.locator(".day[aria-current]")).to_have_attribute("data-state", "frozen")
    await expect(way.get_by_role("button")).to_be_disabled()


async def test_a_missed_day_is_offered_and_mended(world: World) -> None:
    history = await some_days(world.people, [3, 2, 0])
    page = await world.page_of(history.person, "/me")
    way = page.locator('.way[data-state="repaired"]')
    await expect(way).to_have_attribute("open", "")
    await expect(way).to_contain_text("can be mended until")
    await expect(page.locator(".streak-figure")).to_have_text("1")
    await way.get_by_role("button").click()
    await expect(page.locator(".streak-figure")).to_have_text("3")
    await expect(way).to_contain_text("No day to mend")


async def test_a_pause_is_made_and_ended(world: World) -> None:
    history = await some_days(world.people, [1])
    page = await world.page_of(history.person, "/me", screen=NARROW)
    way = page.locator('.way[data-state="paused"]')
    await way.locator("summary").click()
    await way.get_by_role("button").click()
    await expect(way).to_contain_text("Paused from")
    await expect(page.locator(".streak-state")).to_contain_text("Paused")
    await way.get_by_role("button", name="End the pause").click()
    await expect(way.get_by_label("First day")).to_be_visible()
    await expect(page.locator(".streak-state")).to_contain_text("At risk")


async def test_what_the_server_refuses_is_said_in_words(world: World) -> None:
    world.faults.expect("status of 409")
    history = await some_days(world.people, [3, 2, 0])
    page = await world.page_of(history.person, "/me")
    way = page.locator('.way[data-state="repaired"]')
    await expect(way.get_by_role("button")).to_be_enabled()
    await page.route("**/me/streak/repair", lambda route: route.continue_(post_data='{"day": "2026-01-01"}'))
    await way.get_by_role("button").click()
    await expect(way.get_by_role("alert")).to_have_text("No day can be mended any more.")
