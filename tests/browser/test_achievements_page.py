"""Achievements: next ones first with their progress, tiers together, secrets kept, thousands bounded."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.histories import contributes_on, defines, some_days
from tests.browser.raidline import Raidline
from tests.browser.world import NARROW, World

STEPS: list[dict[str, Any]] = [
    {"name": "First task", "group": "tasks", "tier": "bronze", "metric": "tasks_total", "threshold": 1},
    {"name": "Second task", "group": "tasks", "tier": "silver", "metric": "tasks_total", "threshold": 2},
    {"name": "Four tasks", "metric": "tasks_total", "threshold": 4, "rewardXp": 50, "rewardCredits": 1},
    {"name": "Ten tasks", "metric": "tasks_total", "threshold": 10},
    {"name": "Given by hand", "description": "By those who run this place."},
    {"name": "The hidden door", "description": "Behind the shelf.", "secret": True, "rewardXp": 7},
    {"name": "Hidden measure", "secret": True, "metric": "tasks_total", "threshold": 3},
]


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """Achievements are everybody's."""
    return own_raidline


async def test_next_unlocked_ahead_and_secret(world: World) -> None:
    await defines(world.people, STEPS)
    history = await some_days(world.people, [2, 1])
    page = await world.page_of(history.person, "/me", screen=NARROW)
    upcoming = page.locator('[data-part="next"] .achievement')
    await expect(upcoming.locator("h4")).to_have_text(["Four tasks", "Ten tasks"])
    bar = upcoming.first.get_by_role("progressbar")
    await expect(bar).to_have_attribute("aria-valuenow", "50")
    await expect(upcoming.first).to_contain_text("2 of 4 tasks")
    await expect(upcoming.first).to_contain_text("+50 XP · +1 credit")
    unlocked = page.locator('[data-part="unlocked"] .achievement')
    await expect(unlocked).to_have_count(1)
    await expect(unlocked.locator("h4")).to_have_text("Second task")
    await expect(unlocked.locator(".tier-date")).to_have_count(2)
    await expect(unlocked.locator("time").first).to_be_visible()
    await expect(page.locator('[data-part="ahead"] h4')).to_have_text(["Given by hand"])
    await expect(page.locator('[data-part="secrets"] h4')).to_have_text(["Secret", "Secret"])
    await expect(page.locator(".achievements-card")).to_contain_text("2 of 7")
    for kept in ("hidden door", "Behind the shelf", "Hidden measure"):
        assert kept.lower() not in (await page.locator("body").inner_text()).lower()


async def test_what_is_unlocked_shows_itself(world: World) -> None:
    await defines(world.people, STEPS)
    history = await some_days(world.people, [2, 1])
    page = await world.page_of(history.person, "/me")
    await expect(page.locator('[data-part="secrets"] .achievement')).to_have_count(2)
    await contributes_on(history.person, history.raid_id, history.today, 1)
    await expect(page.locator('[data-part="unlocked"]')).to_contain_text("Hidden measure")
    await expect(page.locator('[data-part="secrets"] .achievement')).to_have_count(1)
    await expect(page.locator('[data-part="next"] .achievement').first).to_contain_text("3 of 4 tasks")


async def test_thousands_are_shown_a_few_at_a_time(world: World) -> None:
    await defines(world.people, [{"name": f"Number {number}"} for number in range(200)])
    ann = await world.people.person("Ann")
    page = await world.page_of(ann, "/me", screen=NARROW)
    shown = page.locator('[data-part="ahead"] .achievement')
    await expect(shown).to_have_count(4)
    await page.get_by_role("button", name="Show 24 more of 196").click()
    await expect(shown).to_have_count(28)
    await expect(shown.nth(4)).to_be_focused()
