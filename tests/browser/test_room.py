"""The raid room: what it shows to whom, in each of a raid's states."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.faults import AWAY
from tests.browser.world import DESKTOP, NARROW, PHONE, Screen, World, shows
from tests.helpers import eventually
from tests.server.people import Person

NAMES = ("W" * 64, "سلمى الحسيني", "👩‍👩‍👧‍👦 family", "\u202eevil", "Zoë")


def path_of(raid: dict[str, Any]) -> str:
    return f"/raids/{raid['id']}"


async def contributes(person: Person, raid: dict[str, Any], xp: int) -> None:
    answer = await person.post(f"/raids/{raid['id']}/contributions", {"xp": xp})
    assert answer.status_code == 201, answer.text


def heading(page: Page, name: str) -> Any:
    return page.get_by_role("heading", name=name, exact=True)


async def test_everybody_sees_each_contribution(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=1000, targetTasks=4)
    await contributes(ann, raid, 15)
    page = await world.page_of(ben, path_of(raid))
    await eventually(shows(page, xp=15, tasks=1))
    await contributes(ann, raid, 250)
    await eventually(shows(page, xp=265, tasks=2))
    await expect(heading(page, "Spring cleaning")).to_be_visible()
    await expect(page.get_by_role("progressbar", name="XP")).to_have_attribute("aria-valuenow", "26")
    await expect(page.get_by_role("progressbar", name="tasks")).to_have_attribute("aria-valuetext", "2 of 4 tasks")
    await expect(page.get_by_role("timer")).to_contain_text("left")
    feed = page.get_by_role("list", name="What happens").get_by_role("listitem")
    await expect(feed.first).to_contain_text("Ann +250 XP")
    await expect(feed).to_have_count(2)


async def test_bars_move_by_transform_alone(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=100, targetTasks=0)
    page = await world.page_of(ann, path_of(raid))
    await eventually(shows(page, xp=0, tasks=0))
    await contributes(ann, raid, 40)
    fill = page.get_by_role("progressbar", name="XP").locator("div")
    await eventually(lambda: fill.evaluate("(one) => one.style.transform === 'scaleX(0.4)'"))
    assert await fill.evaluate("(one) => [...one.style]") == ["transform"]
    await expect(page.get_by_role("progressbar")).to_have_count(1)  # no target, no bar


async def test_from_recruiting_to_the_end_without_a_reload(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.makes_raid(targetXp=100, targetTasks=2)
    page = await world.page_of(ann, path_of(raid))
    await expect(page.locator("output")).to_have_attribute("data-code", raid["inviteCode"])
    await expect(page.get_by_role("textbox", name="Invite link")).to_have_value(
        f"{world.raidline.url}/r/{raid['inviteCode']}"
    )
    await expect(page.get_by_role("img", name="QR code of the invite link")).to_be_visible()
    await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    await expect(page.locator(".room-member")).to_have_count(2)
    await ann.post(f"/raids/{raid['id']}/start")
    await expect(heading(page, "Contribute")).to_be_visible()
    for person, xp in ((ann, 80), (ben, 20)):
        await contributes(person, raid, xp)
    await expect(heading(page, "Raid complete!")).to_be_visible()
    await expect(page.locator(".room-own")).to_contain_text("80 XP, 1 task")
    await expect(page.locator(".room-member").first).to_contain_text("80 %")
    await expect(heading(page, "Contribute")).to_be_hidden()
    await eventually(shows(page, xp=100, tasks=2))


async def test_who_only_watches_is_offered_the_way_in(world: World) -> None:
    ann, eve = await world.people.person("Ann"), await world.people.person("Eve")
    raid = await ann.starts_raid(public=True, openJoin=True)
    page = await world.page_of(eve, path_of(raid))
    await expect(heading(page, "You are watching")).to_be_visible()
    for hidden in ("Contribute", "Invite", "This raid"):
        await expect(heading(page, hidden)).to_be_hidden()
    await page.get_by_role("textbox", name="Invite code").fill(raid["inviteCode"].lower())
    await page.get_by_role("button", name="Join").click()
    await expect(heading(page, "Contribute")).to_be_visible()


@pytest.mark.parametrize("public", [False, None])
async def test_a_raid_that_is_not_there_for_one(world: World, public: bool | None) -> None:
    ann, eve = await world.people.person("Ann"), await world.people.person("Eve")
    raid = {"id": 10**9} if public is None else await ann.makes_raid(public=public)
    world.faults.expect("404")
    page = await world.page_of(eve, path_of(raid))
    await expect(heading(page, "No such raid here")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Invite code")).to_be_visible()


@pytest.mark.parametrize(("screen", "dark"), [(NARROW, False), (PHONE, True), (DESKTOP, False), (DESKTOP, True)])
async def test_accessible_and_within_the_screen(world: World, screen: Screen, dark: bool) -> None:
    people = [await world.people.person(name) for name in NAMES]
    raid = await people[0].makes_raid(title="Donau" * 30, targetXp=10**12, targetTasks=10**6, maxMembers=9)
    for person in people[1:]:
        await person.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    page = await world.page_of(people[0], path_of(raid), screen=screen, dark=dark, reduced_motion=True)
    await expect(heading(page, "Invite")).to_be_visible()
    await _fits(page)
    await people[0].post(f"/raids/{raid['id']}/start")
    for person in people:
        await contributes(person, raid, 10_000)
    await eventually(shows(page, xp=50_000, tasks=5))
    await _fits(page)
    await people[0].post(f"/raids/{raid['id']}/cancel")
    await expect(heading(page, "Cancelled")).to_be_visible()
    await _fits(page)


async def _fits(page: Page) -> None:
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_chart_says_the_same_as_a_table(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=1000, targetTasks=0)
    await contributes(ann, raid, 300)
    page = await world.page_of(ann, path_of(raid))
    await expect(page.locator(".room-chart figcaption, figcaption")).to_contain_text("ahead of the pace needed")
    await page.get_by_text("As a table").click()
    await expect(page.get_by_role("row").last).to_contain_text("300")
    await contributes(ann, raid, 400)
    await expect(page.get_by_role("row").last).to_contain_text("700")


async def test_a_room_gone_to_while_the_server_is_away_says_so_and_goes_on_by_itself(world: World) -> None:
    world.faults.expect(AWAY, "status of 50")
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(description="Top to bottom")
    page = await world.page_of(ann)
    await expect(page.locator(".connection")).to_have_attribute("data-kind", "live")
    await world.raidline.server.kill()
    await page.locator(f'a[href="{path_of(raid)}"]').click()
    await expect(page.get_by_text("The server does not answer yet.")).to_be_visible()
    await world.raidline.start()
    await expect(heading(page, raid["title"])).to_be_visible(timeout=40_000)
    await expect(page.locator(".room-description")).to_have_text("Top to bottom")
