"""The account: a name, a zone, one's data, and the ways out."""

import json
from pathlib import Path

from playwright.async_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.histories import contributes_on, some_days, today_of
from tests.browser.world import NARROW, World
from tests.helpers import eventually
from tests.server.people import Person

SIGNED_OUT = r"status of 401"


async def test_another_name_and_zone(world: World) -> None:
    history = await some_days(world.people, [1], name="Ann")
    page = await world.page_of(history.person, "/me")
    await page.get_by_label("Name", exact=True).fill("  Anneliese ‮ <b>  ")
    await page.get_by_label("Time zone").fill("Pacific/Kiritimati")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".done-line")).to_have_text("Saved.")
    await expect(page.locator("h1")).to_contain_text("Anneliese")
    await expect(page.locator(".profile-head")).to_contain_text("Pacific/Kiritimati")
    await expect(page.locator(".day[aria-current]")).to_have_attribute("data-day", str(today_of("Pacific/Kiritimati")))
    me = (await history.person.get("/me")).json()
    assert (me["name"], me["tz"]) == ("Anneliese ‮ <b>", "Pacific/Kiritimati")


async def test_what_is_typed_stays_while_the_profile_moves(world: World) -> None:
    history = await some_days(world.people, [1], name="Ann")
    page = await world.page_of(history.person, "/me")
    await page.get_by_label("Time zone").fill("Pacific/Kiritimati")
    await page.get_by_label("Name", exact=True).fill("Anneliese")
    await contributes_on(history.person, history.raid_id, history.today, 500)
    await expect(page.locator(".streak-card")).to_have_attribute("data-state", "active")
    await expect(page.get_by_label("Time zone")).to_have_value("Pacific/Kiritimati")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Anneliese")


async def test_a_zone_that_is_none_is_refused_in_words(world: World) -> None:
    world.faults.expect("status of 422")
    ann = await world.people.person("Ann")
    page = await world.page_of(ann, "/me")
    await page.get_by_label("Time zone").fill("Middle/Earth")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".account-card [role=alert]").first).to_be_visible()
    assert (await ann.get("/me")).json()["tz"] == "UTC"


async def test_my_data_as_a_file(world: World, tmp_path: Path) -> None:
    history = await some_days(world.people, [1], name="Ann")
    page = await world.page_of(history.person, "/me")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download").click()
    download = await started.value
    assert download.suggested_filename == "raidline-export.json"
    await download.save_as(tmp_path / "mine.json")
    assert "Ann" in json.dumps(json.loads((tmp_path / "mine.json").read_text()))


async def test_signing_out_ends_the_session(world: World) -> None:
    world.faults.expect(SIGNED_OUT)
    ann = await world.people.person("Ann")
    page = await world.page_of(ann, "/me")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator(".profile")).to_have_count(0)
    await eventually(lambda: is_out(ann))


async def is_out(person: Person) -> bool:
    return (await person.get("/me")).status_code == 401


async def test_deleting_oneself_takes_a_word(world: World) -> None:
    world.faults.expect(SIGNED_OUT)
    ann = await world.people.person("Ann")
    page = await world.page_of(ann, "/me", screen=NARROW)
    opener = page.get_by_role("button", name="Delete…")
    await opener.click()
    dialog = page.get_by_role("dialog")
    away = dialog.get_by_role("button", name="Delete me for good")
    await expect(away).to_be_disabled()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
    assert (await ann.get("/me")).status_code == 200
    await opener.click()
    await dialog.get_by_label("Type").fill("Delete")
    await away.click()
    await expect(page.locator(".profile")).to_have_count(0)
    await eventually(lambda: is_out(ann))
