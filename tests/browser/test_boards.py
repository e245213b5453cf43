"""Leaderboards: me in the middle, ties, pages up and down, periods back and forth."""

from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.histories import a_crowd, contributes_on, some_days
from tests.browser.raidline import Raidline
from tests.browser.world import NARROW, World
from tests.helpers import eventually

REFRESHED_MS = 90_000
"""No event of one's own tells of a second contribution on a day: the page reads again every 20 s."""


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """Its boards are of everybody there is."""
    return own_raidline


def places(page: Page) -> Locator:
    return page.locator(".place")


async def ranks(page: Page) -> list[int]:
    found: list[int] = await places(page).evaluate_all("all => all.map(one => Number(one.dataset.rank))")
    return found


async def ranks_are(page: Page, expected: list[int]) -> bool:
    """A board is told of a contribution after it was answered: the page may have read it before."""
    assert await ranks(page) == expected
    return True


async def test_i_stand_in_the_middle_with_whom_i_am_tied(world: World) -> None:
    leader = await world.people.person("Ann", scopes=("unlimited",))
    await a_crowd(world.people, leader, count=30, mine=150)
    page = await world.page_of(leader, "/me", screen=NARROW)
    await eventually(lambda: ranks_are(page, [12, 13, 14, 15, 16, 16, 18, 19, 20, 21, 22]), REFRESHED_MS / 1000)
    await expect(places(page).nth(5)).to_have_attribute("data-me", "true")
    await expect(page.locator(".tied-chip")).to_have_count(2)
    await expect(page.locator(".my-place")).to_have_text("You are tied for place 16 with 150 XP.")
    await page.get_by_role("button", name="Higher places").click()
    await expect(places(page).first).to_have_attribute("data-rank", "1")
    await expect(places(page)).to_have_count(31)


async def test_down_and_up_again_and_back_to_me(world: World) -> None:
    leader = await world.people.person("Ann", scopes=("unlimited",))
    await a_crowd(world.people, leader, count=40, mine=201)
    page = await world.page_of(leader, "/me")
    around = [*range(16, 27)]
    await eventually(lambda: ranks_are(page, around), REFRESHED_MS / 1000)
    await page.get_by_role("button", name="Lower places").click()
    await expect(places(page).first).to_have_attribute("data-rank", str(around[-1] + 1))
    await expect(page.locator(".place[data-me]")).to_have_count(0)
    await page.get_by_role("button", name="Higher places").click()
    await expect(page.locator(".place[data-me]")).to_be_visible()
    await eventually(lambda: ranks_are(page, around))
    await page.get_by_role("button", name="To the top").click()
    await expect(places(page).first).to_have_attribute("data-rank", "1")
    await expect(places(page)).to_have_count(20)
    await page.get_by_role("button", name="To my place").click()
    await expect(page.locator(".place[data-me]")).to_be_visible()


async def test_days_weeks_and_raids(world: World) -> None:
    history = await some_days(world.people, [9, 0], name="Ann")
    page = await world.page_of(history.person, "/me")
    period = page.locator(".period")
    await expect(period).to_have_text("Today")
    await expect(page.get_by_role("button", name="Later")).to_be_disabled()
    await page.get_by_role("button", name="Earlier").click()
    await expect(period).to_have_text("Yesterday")
    await expect(page.locator(".board-empty")).to_be_visible()
    await page.get_by_role("button", name="Later").click()
    await expect(page.locator(".place[data-me]")).to_contain_text("10 XP")
    await page.get_by_role("button", name="Week").click()
    await expect(period).to_have_text("This week")
    await page.get_by_role("button", name="Raid").click()
    await expect(page.get_by_label("Which raid")).to_be_visible()
    await expect(page.locator(".place[data-me]")).to_contain_text("20 XP")


async def test_raids_that_could_not_be_read_are_not_said_to_be_none(world: World) -> None:
    history = await some_days(world.people, [0], name="Ann")
    page = await world.page_of(history.person, "/me")
    await expect(page.locator(".place[data-me]")).to_be_visible()
    world.faults.expect("503")
    await page.route("**/api/v1/me/raids*", lambda route: route.fulfill(status=503, body=""))
    card = page.locator("#boards")
    await card.get_by_role("button", name="Raid").click()
    await expect(card.get_by_role("alert")).to_contain_text("Try again")
    await expect(card).not_to_contain_text("You have not been in a raid")
    await page.unroute("**/api/v1/me/raids*")
    await card.get_by_role("button", name="Raid").click()
    await expect(page.get_by_label("Which raid")).to_be_visible()
    await expect(card.get_by_role("alert")).to_be_hidden()


async def test_a_board_that_is_over_says_so(world: World) -> None:
    history = await some_days(world.people, [9], name="Ann")
    page = await world.page_of(history.person, "/me")
    for _ in range(9):
        await page.get_by_role("button", name="Earlier").click()
    shown = history.today - timedelta(days=9)
    await expect(page.locator(".period")).to_contain_text(str(shown.day))
    await expect(page.locator(".final-chip")).to_be_visible()


async def test_a_place_moves_by_itself(world: World) -> None:
    history = await some_days(world.people, [0], name="Ann")
    page = await world.page_of(history.person, "/me", screen=NARROW)
    await expect(page.locator(".place[data-me] .place-xp")).to_have_text("10 XP")
    await contributes_on(history.person, history.raid_id, history.today, 25)
    await expect(page.locator(".place[data-me] .place-xp")).to_have_text("35 XP", timeout=REFRESHED_MS)


async def test_a_long_name_stays_within(world: World) -> None:
    leader = await world.people.person("Ann", scopes=("unlimited",))
    await a_crowd(world.people, leader, count=3, mine=20, names=("W" * 64, "محمد عبد الرحمن", "<b>bold</b>"))
    page = await world.page_of(leader, "/me", screen=NARROW)
    await expect(places(page)).to_have_count(4)
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW.width
    await expect(page.locator(".places b")).to_have_count(0)
