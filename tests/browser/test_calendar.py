"""A year of days, each of which explains itself, by mouse, thumb and keyboard."""

from datetime import date, timedelta

from playwright.async_api import Page, expect

from tests.browser.histories import KEPT, a_year, some_days
from tests.browser.world import NARROW, World


async def stops_of_the_tab_key(page: Page) -> int:
    return await page.locator('.calendar-grid [tabindex="0"]').count()


async def test_every_day_has_its_state_its_shape_and_its_reason(world: World) -> None:
    history = await a_year(world.people, world.raidline.services.database_url)
    days = (await history.person.get("/me/streak?days=366")).json()["days"]
    page = await world.page_of(history.person, "/me")
    cells = page.locator(".day")
    await expect(cells).to_have_count(366)
    shown = await cells.evaluate_all("all => Object.fromEntries(all.map(one => [one.dataset.day, one.dataset.state]))")
    assert shown == {one["day"]: one["state"] for one in days}
    assert {*KEPT.values(), "active", "missed"} <= set(shown.values())
    labels = await cells.evaluate_all(
        "all => Object.fromEntries(all.map(one => [one.dataset.day, one.getAttribute('aria-label')]))"
    )
    assert all(one["why"] in labels[one["day"]] for one in days)
    shapes = await cells.evaluate_all(
        "all => all.map(one => [one.dataset.state, one.querySelector('path').getAttribute('d')])"
    )
    by_state = dict(shapes)
    assert len(set(by_state.values())) == len(by_state)


async def test_columns_are_weeks_from_monday(world: World) -> None:
    history = await some_days(world.people, [1])
    page = await world.page_of(history.person, "/me")
    await expect(page.get_by_role("rowheader")).to_have_count(7)
    rows = page.locator(".calendar-row")
    for weekday in range(7):
        days = await rows.nth(weekday).locator(".day").evaluate_all("all => all.map(one => one.dataset.day)")
        assert {date.fromisoformat(day).weekday() for day in days} == {weekday}


async def test_the_keyboard_moves_from_day_to_day(world: World) -> None:
    history = await some_days(world.people, [8, 7, 1])
    page = await world.page_of(history.person, "/me")
    today = page.locator(".day[aria-current]")
    await expect(today).to_have_attribute("tabindex", "0")
    assert await stops_of_the_tab_key(page) == 1
    await today.focus()
    note = page.locator(".day-note")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator(".day:focus")).to_have_attribute("data-day", str(history.today - timedelta(days=1)))
    await expect(note).to_contain_text("Something was contributed.")
    await expect(note).to_contain_text("10 XP in 1 task")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(".day:focus")).to_have_attribute("data-day", str(history.today - timedelta(days=7)))
    await page.keyboard.press("Home")
    await expect(page.locator(".day:focus")).to_have_attribute("data-day", str(history.today - timedelta(days=365)))
    await page.keyboard.press("End")
    await expect(today).to_be_focused()
    assert await stops_of_the_tab_key(page) == 1


async def test_pointing_shows_and_leaving_goes_back(world: World) -> None:
    history = await some_days(world.people, [3, 1])
    page = await world.page_of(history.person, "/me")
    note = page.locator(".day-note strong")
    chosen = await note.inner_text()
    missed = page.locator(f'.day[data-day="{history.today - timedelta(days=2)}"]')
    await missed.hover()
    await expect(page.locator(".day-note")).to_contain_text("Nothing was done, so the streak before it ended.")
    await page.locator("h1").hover()
    await expect(note).to_have_text(chosen)


async def test_on_a_phone_it_begins_at_today_and_answers_the_thumb(world: World) -> None:
    history = await some_days(world.people, [3, 1])
    page = await world.page_of(history.person, "/me", screen=NARROW)
    today = page.locator(".day[aria-current]")
    await expect(today).to_be_attached()
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    box, view = await today.bounding_box(), await page.locator(".calendar-scroll").bounding_box()
    assert box
    assert view
    assert view["x"] <= box["x"] <= view["x"] + view["width"]
    assert box["width"] >= 24
    assert box["height"] >= 24
    missed = page.locator(f'.day[data-day="{history.today - timedelta(days=2)}"]')
    await missed.tap()
    await expect(missed).to_have_attribute("aria-selected", "true")
    await expect(page.locator(".day-note .chip")).to_have_text("Missed")
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW.width


async def test_days_are_those_of_the_persons_zone(world: World) -> None:
    """Not of the browser's, which is in UTC: on one side of the date line or the other it is another day."""
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        history = await some_days(world.people, [0], tz=zone, name=f"from {zone}")
        page = await world.page_of(history.person, "/me")
        today = page.locator(".day[aria-current]")
        await expect(today).to_have_attribute("data-day", str(history.today))
        await expect(today).to_have_attribute("data-state", "active")
