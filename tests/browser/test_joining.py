"""Into a raid: by its link, by its code, and what stands in the way."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.world import PHONE, World

NOBODY = r"status of 401 .*/api/v1/me\b"
REFUSED = r"status of (404|409|422) .*/api/v1/raids/join"


async def joins(page: Page) -> None:
    await page.get_by_role("button", name="Join the raid").click()


async def in_room(page: Page, raid_id: int) -> None:
    await expect(page).to_have_url(re.compile(f"/raids/{raid_id}$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Spring cleaning")


async def test_a_newcomer_joins_by_a_link_under_a_name_of_their_own(world: World) -> None:
    world.faults.expect(NOBODY)
    raid = await (await world.people.person("Ann")).makes_raid()
    page = await world.page_of(None, f"/r/{raid['inviteCode'].lower()}", screen=PHONE)
    name = page.get_by_label("Your name")
    assert re.fullmatch(r"\w+ \w+", await name.input_value())
    await name.fill("Newcomer")
    await joins(page)
    await in_room(page, raid["id"])
    await expect(page.get_by_role("main")).to_contain_text("Newcomer")


async def test_a_name_the_server_refuses_is_said_at_the_field(world: World) -> None:
    world.faults.expect(NOBODY, r"status of 422 .*/sessions/guest")
    raid = await (await world.people.person("Ann")).makes_raid()
    page = await world.page_of(None, f"/r/{raid['inviteCode']}")
    await page.get_by_label("Your name").fill("  ")
    await joins(page)
    await expect(page.get_by_label("Your name")).to_be_focused()
    await expect(page.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")


async def test_a_known_person_needs_one_button(world: World) -> None:
    raid = await (await world.people.person("Ann")).makes_raid()
    page = await world.page_of(await world.people.person("Ben"), f"/r/{raid['inviteCode']}")
    await expect(page.get_by_role("main")).to_contain_text("You join as Ben")
    await expect(page.get_by_label("Your name")).to_be_hidden()
    await joins(page)
    await in_room(page, raid["id"])


async def test_a_known_person_may_take_another_name(world: World) -> None:
    ben = await world.people.person("Ben")
    raid = await (await world.people.person("Ann")).makes_raid()
    page = await world.page_of(ben, f"/r/{raid['inviteCode']}")
    await page.get_by_text("Change", exact=True).click()
    await page.get_by_label("Your name").fill("Benjamin")
    await joins(page)
    await in_room(page, raid["id"])
    assert (await ben.get("/me")).json()["name"] == "Benjamin"


async def test_a_member_is_taken_to_the_room(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid()
    await in_room(await world.page_of(ann, f"/r/{raid['inviteCode']}"), raid["id"])


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("unknown", "opens no raid"),
        ("full", "is full"),
        ("begun", "is under way already"),
        ("removed", "opens no raid"),
        ("no code", "is no code of a raid"),
    ],
)
async def test_what_stands_in_the_way_is_said_in_words(world: World, case: str, words: str) -> None:
    world.faults.expect(REFUSED)
    ben = await world.people.person("Ben")
    page = await world.page_of(ben, f"/r/{await code_for(world, case)}")
    await joins(page)
    await expect(page.get_by_role("alert")).to_contain_text(words)


async def code_for(world: World, case: str) -> str:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.makes_raid(maxMembers=1 if case == "full" else 4)
    if case == "begun":
        await ann.post(f"/raids/{raid['id']}/start")
    if case == "removed":
        await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
        await ann.call("DELETE", f"/raids/{raid['id']}/members/{ben.id}")
    codes = {"unknown": "ABCD2345", "no code": "%C3%A9"}
    return codes.get(case) or str(raid["inviteCode"])


@pytest.mark.parametrize("how", ["code", "spaced", "link"])
async def test_the_lobby_takes_a_code_or_a_whole_link(world: World, how: str) -> None:
    raid = await (await world.people.person("Ann")).makes_raid()
    code = raid["inviteCode"]
    given = {
        "code": code.lower(),
        "spaced": f" {code[:4]} {code[4:]} ",
        "link": f"https://raids.example.org/r/{code}?from=chat",
    }
    page = await world.page_of(await world.people.person("Ben"))
    await page.get_by_label("Code or invite link").fill(given[how])
    await page.keyboard.press("Enter")
    await in_room(page, raid["id"])
    await page.go_back()
    await expect(page.get_by_role("link", name="Spring cleaning")).to_be_visible()


async def test_the_lobby_says_at_the_field_why_a_code_is_refused(world: World) -> None:
    world.faults.expect(REFUSED)
    page = await world.page_of(await world.people.person("Ben"))
    code = page.get_by_label("Code or invite link")
    await code.press("Enter")
    await expect(code).to_have_accessible_description(re.compile("Type the code"))
    await code.fill("ABCD2345")
    await code.press("Enter")
    await expect(code).to_have_accessible_description(re.compile("opens no raid"))
    await expect(code).to_be_focused()
