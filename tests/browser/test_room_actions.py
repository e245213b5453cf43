"""What the leader and the members do with the raid as such."""

from playwright.async_api import Page, expect

from tests.browser.test_room import heading, path_of
from tests.browser.world import PHONE, World
from tests.helpers import eventually


async def press(page: Page, button: str, then: str | None = None) -> None:
    """A button of the page, and then one of the dialog that asks."""
    await page.get_by_role("button", name=button, exact=True).click()
    if then is not None:
        await page.get_by_role("dialog").get_by_role("button", name=then, exact=True).click()


async def test_the_leader_starts_it(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.makes_raid()
    await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    page, other = await world.page_of(ann, path_of(raid), screen=PHONE), await world.page_of(ben, path_of(raid))
    await expect(other.get_by_text("The raid begins when Ann starts it.")).to_be_visible()
    await expect(other.get_by_role("button", name="Start the raid")).to_have_count(0)
    await press(page, "Start the raid", "Cancel")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await press(page, "Start the raid", "Start the raid")
    for one in (page, other):
        await expect(one.get_by_role("timer")).to_be_visible()


async def test_the_leader_edits_it(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben)
    page, other = await world.page_of(ann, path_of(raid)), await world.page_of(ben, path_of(raid))
    await expect(other.get_by_role("button", name="Edit")).to_have_count(0)
    await press(page, "Edit")
    await page.get_by_label("Title").fill("")
    await press(page, "Save")
    await expect(page.get_by_text("A raid needs a title.")).to_be_visible()
    await page.get_by_label("Title").fill("Autumn <i>cleaning</i>")
    await page.get_by_label("Open: people may join while it runs").check()
    await press(page, "Save")
    await expect(heading(other, "Autumn <i>cleaning</i>")).to_be_visible()
    await expect(other).to_have_title("Autumn <i>cleaning</i> · Raidline")
    await expect(other.get_by_text("Whoever has this code or link can join.")).to_be_visible()


async def test_what_it_is_called_can_be_edited_after_the_end_and_nothing_else(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=10, targetTasks=1)
    assert (await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 10})).status_code == 201
    page = await world.page_of(ann, path_of(raid))
    await press(page, "Edit")
    await expect(page.get_by_role("dialog").get_by_role("checkbox")).to_have_count(0)
    await page.get_by_label("Title").fill("Cleaned")
    await press(page, "Save")
    await expect(heading(page, "Cleaned")).to_be_visible()


async def test_a_new_invite_code_reaches_the_members(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.makes_raid()
    await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    page, other = await world.page_of(ann, path_of(raid)), await world.page_of(ben, path_of(raid))
    for one in (page, other):
        await expect(one.locator("output")).to_have_attribute("data-code", raid["inviteCode"])
    await press(page, "New invite code", "New invite code")
    await expect(page.locator("output")).not_to_have_attribute("data-code", raid["inviteCode"])
    code = await page.locator("output").get_attribute("data-code")
    assert (await ann.get(f"/raids/{raid['id']}")).json()["inviteCode"] == code
    await expect(other.locator("output")).to_have_attribute("data-code", code or "")


async def test_the_leader_cancels_it(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben)
    page, other = await world.page_of(ann, path_of(raid)), await world.page_of(ben, path_of(raid))
    await press(page, "Cancel the raid", "Keep it")
    await expect(heading(page, "Contribute")).to_be_visible()
    await press(page, "Cancel the raid", "Cancel the raid")
    for one in (page, other):
        await expect(heading(one, "Cancelled")).to_be_visible()


async def test_a_member_leaves(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben)
    page = await world.page_of(ben, path_of(raid))
    world.faults.expect("404")
    await press(page, "Leave", "Leave")
    await page.wait_for_url("**/")

    async def alone() -> bool:
        return len((await ann.get(f"/raids/{raid['id']}")).json()["members"]) == 1

    await eventually(alone)


async def test_what_does_not_work_says_so(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.makes_raid()
    await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    page = await world.page_of(ann, path_of(raid))
    await page.get_by_role("button", name="Start the raid").click()
    await ann.post(f"/raids/{raid['id']}/lead", {"userId": ben.id})
    world.faults.expect("403")
    await page.get_by_role("dialog").get_by_role("button", name="Start the raid").click()
    await expect(page.get_by_text("Only the leader may do this.").first).to_be_visible()
