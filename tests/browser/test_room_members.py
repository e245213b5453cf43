"""The members: by what they did, who is there, and what a leader can do with them."""

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.test_room import contributes, heading, path_of
from tests.browser.test_room_actions import press
from tests.browser.world import World
from tests.helpers import eventually


def rows(page: Page) -> Any:
    return page.locator(".room-member")


async def test_by_contribution_with_their_marks(world: World) -> None:
    ann, ben, cleo = [await world.people.person(name) for name in ("Ann", "Ben", "Cleo")]
    raid = await ann.starts_raid(ben, cleo, targetXp=1000, targetTasks=100)
    await contributes(cleo, raid, 30)
    page = await world.page_of(ben, path_of(raid))
    await expect(rows(page).nth(0)).to_contain_text("Cleo")
    await expect(rows(page).nth(1)).to_contain_text("leads")
    await expect(rows(page).nth(2)).to_contain_text("you")
    await contributes(ben, raid, 50)
    await expect(rows(page).first).to_contain_text("Ben")
    await expect(rows(page).first).to_contain_text("50 XP")
    await expect(rows(page).first).to_contain_text("1 task")


async def test_who_is_there(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben)
    page = await world.page_of(ann, path_of(raid))
    await expect(rows(page).filter(has_text="Ben").get_by_text("offline")).to_have_count(1)
    await world.page_of(ben, path_of(raid))
    await expect(rows(page).filter(has_text="Ben").get_by_text("online", exact=True)).to_have_count(1)
    await expect(page.get_by_text("2 of 4 · 2 online")).to_be_visible()


async def test_the_lead_is_handed_over(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben)
    page, other = await world.page_of(ann, path_of(raid)), await world.page_of(ben, path_of(raid))
    await press(page, "What to do with Ben", "Hand over the lead")
    await (
        page.get_by_role("dialog", name="Hand the lead to Ben?")
        .get_by_role("button", name="Hand over the lead")
        .click()
    )
    await expect(other.get_by_role("button", name="Cancel the raid")).to_be_visible()
    await expect(page.get_by_role("button", name="Cancel the raid")).to_have_count(0)


async def test_a_member_is_taken_out(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben)
    page, other = await world.page_of(ann, path_of(raid)), await world.page_of(ben, path_of(raid))
    world.faults.expect("404")
    await expect(heading(other, "Contribute")).to_be_visible()
    await press(page, "What to do with Ben", "Take out of the raid")
    await page.get_by_role("dialog", name="Take Ben out").get_by_role("button", name="Take out of the raid").click()
    await expect(rows(page)).to_have_count(1)
    await expect(heading(other, "This raid is no longer yours to see")).to_be_visible()


async def test_of_a_crowd_fifty_and_oneself(world: World) -> None:
    ann = await world.people.person("Ann")
    crowd = [await world.people.person(f"Member {number}") for number in range(55)]
    raid = await ann.starts_raid(*crowd, maxMembers=100, targetXp=10_000, targetTasks=100)
    for person in crowd[:3]:
        await contributes(person, raid, 10)
    page = await world.page_of(crowd[-1], path_of(raid))
    await eventually(lambda: rows(page).count())
    await expect(rows(page)).to_have_count(51)
    await expect(rows(page).last).to_contain_text("you")
    await expect(page.get_by_text("and 5 more")).to_be_visible()
