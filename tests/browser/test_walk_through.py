"""Whole stories of people at their pages: a raid from its making to its end, and one who was without a network."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.faults import AWAY
from tests.browser.test_juice_in_room import RECORDED
from tests.browser.walking import (
    NOBODY,
    connection_is,
    contributes,
    contributes_quickly,
    ends_with_the_servers_totals,
    line,
    makes_raid,
    name_of,
    row,
    starts,
)
from tests.browser.world import PHONE, World, shows
from tests.helpers import eventually
from tests.server.people import Person

CELEBRATED = "moved.some(({ what }) => what === 'juice-glow')"


async def copied_link(page: Page) -> str:
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link: str = await page.evaluate("navigator.clipboard.readText()")
    return link


async def newcomer_by(link: str, world: World, name: str) -> Page:
    """Somebody who was never here opens the link that was shared, and joins."""
    context = await world.context(screen=PHONE)
    await context.add_init_script(RECORDED)
    page = await context.new_page()
    await page.goto(link)
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Join the raid").click()
    return page


async def test_two_newcomers_play_a_raid_from_its_making_to_its_end(world: World) -> None:
    world.faults.expect(NOBODY)
    context = await world.context()
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await context.add_init_script(RECORDED)
    ours = await context.new_page()
    await ours.goto("/")
    await makes_raid(ours, Title="Move the piano", XP_to_reach=2000, Tasks_to_do=3)
    theirs = await newcomer_by(await copied_link(ours), world, "Nia")

    for page in (ours, theirs):
        await expect(page.locator(".room-member")).to_have_count(2)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Move the piano")
    await starts(ours)
    await contributes_quickly(ours, 50)
    leader = await name_of(ours)
    await expect(line(ours, "You +50 XP")).to_be_visible()
    await expect(line(theirs, f"{leader} +50 XP")).to_be_visible()
    await theirs.get_by_role("button", name="Other…").tap()
    await contributes(theirs, 1900, "Carried it up")
    await expect(line(ours, "Nia +1,900 XP")).to_contain_text("Carried it up")
    await expect(row(ours, "Nia")).to_contain_text("1,900 XP")
    await expect(row(theirs, leader)).to_contain_text("50 XP")
    for page in (ours, theirs):
        await eventually(shows(page, xp=1950, tasks=2))

    await contributes_quickly(theirs, 50)
    for page in (ours, theirs):
        await expect(page.locator(".room-status")).to_have_text("Complete")
        await expect(page.get_by_role("heading", name="Raid complete!")).to_be_visible()
        await eventually(lambda page=page: page.evaluate(CELEBRATED))  # type: ignore[misc]
        raid = await ends_with_the_servers_totals(page)
        assert (raid["status"], raid["currentXp"], raid["currentTasks"]) == ("completed", 2000, 3)


async def ledger_is(person: Person, raid: dict[str, Any], entries: list[tuple[int, str | None]]) -> bool:
    """Exactly these, each once, whatever their order."""
    rows = (await person.get(f"/raids/{raid['id']}/contributions?limit=100")).json()["contributions"]
    assert sorted((one["xp"], one["taskId"] or "") for one in rows) == sorted((xp, task or "") for xp, task in entries)
    return True


async def tabs_of(context: BrowserContext, raid: dict[str, Any], count: int) -> list[Page]:
    pages = [await context.new_page() for _ in range(count)]
    for page in pages:
        await page.goto(f"/raids/{raid['id']}")
        await connection_is(page, "live")
    return pages


class Losing:
    """Whatever is sent arrives; the first answers do not."""

    def __init__(self, answers: int) -> None:
        self.left = answers

    async def __call__(self, route: Route) -> None:
        if route.request.method != "POST" or self.left == 0:
            await route.continue_()
            return
        self.left -= 1
        await route.fetch()
        await route.abort("connectionreset")


async def test_who_was_offline_in_two_tabs_has_it_arrive_once_though_answers_were_lost(world: World) -> None:
    world.faults.expect(AWAY)
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=2000, targetTasks=100)
    context = await world.context(ann)
    first, second = await tabs_of(context, raid, 2)
    bens = await world.page_of(ben, f"/raids/{raid['id']}")
    losing = Losing(2)
    await context.route("**/contributions", losing)

    await context.set_offline(True)
    await contributes_quickly(first, 10)
    await contributes(first, 37, "Dug the garden")
    await contributes_quickly(second, 20)
    for page in (first, second):
        await expect(page.locator(".connection")).to_contain_text("Offline")
        await expect(page.locator(".connection-waiting")).to_have_text("3 waiting")
        await eventually(shows(page, xp=0, tasks=0))  # a total is the server's to say
    await context.set_offline(False)

    await eventually(lambda: ledger_is(ann, raid, [(10, None), (20, None), (37, "Dug the garden")]), 60)
    for page in (first, second, bens):
        await eventually(shows(page, xp=67, tasks=3), 60)
        await ends_with_the_servers_totals(page)
    for page in (first, second):
        await expect(page.locator(".connection-waiting")).to_be_hidden()
    assert losing.left == 0
    assert await ledger_is(ann, raid, [(10, None), (20, None), (37, "Dug the garden")])


@pytest.mark.parametrize("path", ["/", "/me"])
async def test_what_waits_is_sent_by_whichever_page_is_opened_next(world: World, path: str) -> None:
    """Also when the browser went away in the midst: nothing of it was only on that page."""
    world.faults.expect(AWAY)
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=2000, targetTasks=100)
    context = await world.context(ann)
    [page] = await tabs_of(context, raid, 1)
    await context.set_offline(True)
    for xp in (10, 20, 50):
        await contributes_quickly(page, xp)
    await expect(page.locator(".connection-waiting")).to_have_text("3 waiting")
    await page.close()
    await context.set_offline(False)
    assert await ledger_is(ann, raid, [])
    page = await context.new_page()
    await page.goto(path)
    await eventually(lambda: ledger_is(ann, raid, [(10, None), (20, None), (50, None)]), 60)
    await expect(page.locator(".connection-waiting")).to_be_hidden()


SAMPLED = """(() => {
  window.ran = [];
  const look = () => {
    for (const one of document.getAnimations()) {
      const what = one.animationName ?? one.transitionProperty ?? one.effect.target?.className;
      if (one.playState === "running") ran.push(what);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
"""At every frame from a page's start: what moves, be it by script or by a stylesheet."""


async def test_a_completion_moves_nothing_where_less_motion_is_wanted(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=100, targetTasks=1)
    contexts = [await world.context(one, reduced_motion=True) for one in (ann, ben)]
    for context in contexts:
        await context.add_init_script(SAMPLED)
    pages = [page for context in contexts for page in await tabs_of(context, raid, 1)]
    noticed = asyncio.ensure_future(pages[0].locator(".toast").first.wait_for())  # it goes again
    await contributes(pages[0], 100, "All of it")
    for page in pages:
        await expect(page.get_by_role("heading", name="Raid complete!")).to_be_visible()
    await noticed
    for page in pages:
        assert await page.evaluate("ran") == []
