"""Contributing from the room: at once, while offline, refused, and taken back."""

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.faults import AWAY
from tests.browser.test_room import path_of
from tests.browser.world import NARROW, PHONE, World, shows, totals_on
from tests.helpers import eventually
from tests.server.people import Person

WATCHED = """(button) => {
  window.pressed = false;
  new MutationObserver(() => (window.pressed ||= button.classList.contains("is-pressed")))
    .observe(button, { attributes: true });
}"""
"""Whether a button ever looked pressed, which it does for a moment."""


async def ledger_of(person: Person, raid: dict[str, Any]) -> list[int]:
    rows = (await person.get(f"/raids/{raid['id']}/contributions")).json()["contributions"]
    return sorted(row["xp"] for row in rows)


def item(page: Page, text: str) -> Any:
    return page.get_by_role("list", name="Your latest contributions").get_by_role("listitem").filter(has_text=text)


async def test_a_quick_contribution_under_the_thumb(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=2000, targetTasks=100)
    page = await world.page_of(ann, path_of(raid), screen=PHONE)
    button = page.get_by_role("button", name="Contribute 20 XP", exact=True)
    await button.evaluate(WATCHED)
    await button.tap()
    await eventually(lambda: page.evaluate("window.pressed"))
    await eventually(shows(page, xp=20, tasks=1))
    await expect(item(page, "+20 XP")).to_contain_text("sent")
    box = await button.bounding_box()
    assert box is not None
    assert box["y"] > PHONE.height / 2
    assert box["height"] >= 44


async def test_what_is_contributed_offline_arrives_once(world: World) -> None:
    world.faults.expect(AWAY)
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=2000, targetTasks=100)
    page = await world.page_of(ann, path_of(raid))
    await eventually(shows(page, xp=0, tasks=0))
    await page.context.set_offline(True)
    for xp in (10, 20, 50):
        await page.get_by_role("button", name=f"Contribute {xp} XP", exact=True).click()
    await expect(page.get_by_text("3 contributions waiting to be sent")).to_be_visible()
    await expect(item(page, "+50 XP")).to_contain_text("waiting for the connection")
    assert await totals_on(page) == {"xp": 0, "tasks": 0}  # a total is the server's to say
    await page.context.set_offline(False)
    await eventually(shows(page, xp=80, tasks=3), 60)
    await expect(page.get_by_text("waiting to be sent")).to_be_hidden()
    await eventually(lambda: ledger_is(ann, raid, [10, 20, 50]))


async def ledger_is(person: Person, raid: dict[str, Any], xp: list[int]) -> bool:
    return await ledger_of(person, raid) == xp


async def test_what_waits_outlives_the_page(world: World) -> None:
    world.faults.expect(AWAY, "50[0-9]")
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=2000, targetTasks=100)
    page = await world.page_of(ann, path_of(raid))
    await eventually(shows(page, xp=0, tasks=0))
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Contribute 10 XP", exact=True).click()
    await expect(item(page, "+10 XP")).to_be_visible()
    context = page.context
    await page.close()
    await context.set_offline(False)
    page = await context.new_page()
    await page.goto(path_of(raid))
    await eventually(shows(page, xp=10, tasks=1), 60)
    await eventually(lambda: ledger_is(ann, raid, [10]))


async def test_a_refusal_says_why(world: World) -> None:
    world.faults.expect("422")
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=2000, targetTasks=100, maxXpPerMemberPerDay=30)
    page = await world.page_of(ann, path_of(raid))
    await page.get_by_role("button", name="Contribute 50 XP", exact=True).click()
    await expect(item(page, "+50 XP")).to_contain_text("refused: You reached what this raid takes")
    await eventually(shows(page, xp=0, tasks=0))


async def test_no_more_is_offered_than_the_raid_takes_at_once(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=2000, targetTasks=100, maxXpPerContribution=30)
    page = await world.page_of(ann, path_of(raid))
    await expect(page.get_by_role("button", name="Contribute 25 XP", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Contribute 50 XP", exact=True)).to_have_count(0)
    await page.get_by_role("spinbutton", name="XP").fill("31")
    await page.get_by_role("button", name="Contribute", exact=True).click()
    await expect(page.get_by_text("A whole number from 0 to 30")).to_be_visible()
    await eventually(shows(page, xp=0, tasks=0))


async def test_the_form(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=2000, targetTasks=100)
    page = await world.page_of(ann, path_of(raid), screen=NARROW)
    await page.get_by_role("button", name="Other…").tap()
    for wrong in ("", "-1", "1.5", "10000000"):
        await page.get_by_role("spinbutton", name="XP").fill(wrong)
        await page.get_by_role("button", name="Contribute", exact=True).tap()
        await expect(page.get_by_text("A whole number from 0 to")).to_be_visible()
    await page.get_by_role("spinbutton", name="XP").fill("37")
    await page.get_by_label("What did you do?").fill("Painted the <b>fence</b>")
    await page.get_by_role("button", name="Contribute", exact=True).tap()
    await eventually(shows(page, xp=37, tasks=1))
    other = await world.page_of(ben, path_of(raid))
    await expect(other.get_by_role("list", name="What happens")).to_contain_text("Painted the <b>fence</b>")


async def test_ones_own_is_taken_back(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=2000, targetTasks=100)
    await ben.post(f"/raids/{raid['id']}/contributions", {"xp": 5})
    page = await world.page_of(ann, path_of(raid))
    await page.get_by_role("button", name="Contribute 20 XP", exact=True).click()
    await eventually(shows(page, xp=25, tasks=2))
    await page.get_by_role("button", name="Take back 20 XP").click()
    await eventually(shows(page, xp=5, tasks=1))
    feed = page.get_by_role("list", name="What happens")
    await expect(feed).to_contain_text("You took back 20 XP")
    await expect(feed.get_by_role("button")).to_have_count(0)
