"""All of it with the keyboard alone, and the focus never lost nor out of sight."""

import re
from datetime import timedelta

from playwright.async_api import expect

from tests.browser.histories import today_of
from tests.browser.keys import Keys
from tests.browser.walking import NOBODY, connection_is, ends_with_the_servers_totals, line
from tests.browser.world import PHONE, World, shows
from tests.helpers import eventually


async def test_a_raid_is_made_led_and_ended_by_the_keyboard(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    page = await world.page_of(ann)
    await connection_is(page, "live")
    keys = Keys(page)
    dialog = page.get_by_role("dialog")

    await keys.button("New raid")
    await expect(page.get_by_label("Title")).to_be_focused()
    await keys.types("By keys")
    await keys.fills("XP to reach", "2000")
    await keys.fills("Tasks to do", "4")
    await keys.tab_to(page.get_by_label("Join while it is under way"))
    await keys.press("Space")
    await expect(page.get_by_label("Join while it is under way")).to_be_checked()
    await keys.press("Enter")
    await keys.arrives(r"/raids/\d+$")
    raid_path = page.url.split("/raids/")[1]

    await keys.button("Start the raid")
    await keys.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Start the raid")).to_be_focused()
    await keys.press("Enter")
    await keys.button("Start the raid", dialog)
    await expect(page.get_by_role("button", name="Contribute 20 XP")).to_be_visible()
    await keys.stays()

    await keys.button("Contribute 20 XP")
    await keys.fills("XP", "30")
    await keys.fills("What did you do?", "Typed")
    await keys.press("Enter")
    await eventually(shows(page, xp=50, tasks=2))
    await keys.stays()

    await keys.button("Take back 20 XP")
    await expect(line(page, "You took back 20 XP")).to_be_visible()
    await eventually(shows(page, xp=30, tasks=1))
    await keys.stays()
    await expect(page.get_by_role("heading", name="What happens")).to_be_focused()

    code = (await ann.get(f"/raids/{raid_path}")).json()["inviteCode"]
    assert (await ben.post("/raids/join", {"inviteCode": code})).status_code == 200
    # Whoever joins moves what is below the members: a focus that is there already may go out of sight.
    await expect(page.get_by_role("button", name="What to do with Ben")).to_be_visible()
    await keys.activates(page.get_by_text("Show QR code"))
    await expect(page.get_by_role("img", name="QR code of the invite link")).to_be_visible()
    await keys.stays()
    await keys.tab_to(page.get_by_role("textbox", name="Invite link"), "Shift+Tab")
    assert await page.evaluate("getSelection().toString()") == f"{world.raidline.url}/r/{code}"

    await keys.button("What to do with Ben")
    await keys.press("Escape")
    await expect(page.get_by_role("button", name="What to do with Ben")).to_be_focused()
    await keys.button("Cancel the raid")
    await keys.button("Cancel the raid", dialog)
    await expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    await keys.stays()
    await ends_with_the_servers_totals(page)
    await keys.link("On to the next raid")
    await keys.arrives(r"/$")


async def test_the_rest_of_the_pages_by_the_keyboard(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=2000)
    await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 20})
    page = await world.page_of(ann)
    await connection_is(page, "live")
    keys = Keys(page)
    await keys.link("Me")
    await keys.arrives("/me$")

    await keys.tab_to(page.locator(".day[aria-current]"))
    await keys.press("ArrowLeft", "ArrowUp")
    day = today_of("UTC") - timedelta(days=8)
    await expect(page.locator(".day:focus")).to_have_attribute("data-day", str(day))
    await keys.is_seen()
    await keys.activates(page.locator('.way[data-state="paused"] summary'))
    await keys.tab_to(page.locator('.way[data-state="paused"] button'))
    await keys.button("Earlier")
    await keys.button("Later")  # which ends there
    await expect(page.get_by_role("button", name="Earlier")).to_be_focused()
    await keys.fills("Name", "Annelie")
    await keys.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Annelie")
    await keys.stays()

    theme = page.get_by_role("button", name=re.compile("^Theme"))
    await keys.tab_to(theme)
    await keys.press("Enter", "Enter")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(theme).to_be_focused()
    await keys.is_seen()


async def test_every_stop_of_a_room_on_a_phone_is_seen_beside_what_lies_over_the_page(world: World) -> None:
    """The quick buttons stay at the bottom, the header at the top: neither may cover what has the focus."""
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=2000, targetTasks=100, openJoin=True)
    for xp in range(1, 13):
        await ann.post(f"/raids/{raid['id']}/contributions", {"xp": xp})
    page = await world.page_of(ann, f"/raids/{raid['id']}", screen=PHONE)
    await expect(page.get_by_role("button", name="Take back 1 XP")).to_be_attached()
    keys = Keys(page)
    await keys.tab_to(page.get_by_role("button", name="Cancel the raid"))
    await keys.tab_to(page.get_by_role("link", name="Skip to the content"), "Shift+Tab")


async def test_a_newcomer_joins_and_sees_the_end_by_the_keyboard(world: World) -> None:
    world.faults.expect(NOBODY)
    ann = await world.people.person("Ann")
    raid = await ann.makes_raid(targetXp=2000, targetTasks=1)
    page = await world.page_of(None, f"/r/{raid['inviteCode']}")
    keys = Keys(page)
    await keys.fills("Your name", "Nia")
    await keys.press("Enter")
    await keys.arrives(r"/raids/\d+$")
    await keys.tab_to(page.get_by_role("textbox", name="Invite link"))
    await ann.post(f"/raids/{raid['id']}/start")  # the invitation goes elsewhere or away
    await expect(page.get_by_role("button", name="Contribute 10 XP")).to_be_visible()
    await keys.stays()
    await keys.button("Contribute 50 XP")
    await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 1950})  # and with the end the buttons go
    await expect(page.get_by_role("heading", name="Raid complete!")).to_be_visible()
    await keys.stays()
