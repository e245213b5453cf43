"""What somebody does without a network arrives when there is one: once, as theirs, and in their own time."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest_asyncio
from playwright.async_api import Page

from tests.browser.client_page import blank_page, client_page, follow, has, is_in
from tests.browser.faults import AWAY
from tests.browser.world import World
from tests.helpers import eventually
from tests.server.people import Person

BEGIN = "(userId) => { window.answers = []; window.outbox = raidline.outbox(userId); "
BEGIN += "outbox.onAnswer((item, answer) => answers.push([item.xp, answer.ok, answer.problem?.code ?? null])); }"

ADD = "([raidId, ...xps]) => xps.forEach((xp) => outbox.add({ raidId, xp }))"


@pytest_asyncio.fixture(loop_scope="session")
async def ann(world: World) -> Person:
    return await world.people.person("Ann", tz="Asia/Tokyo")


async def outbox_page(world: World, person: Person) -> Page:
    page = await client_page(await world.context(person))
    await page.evaluate(BEGIN, person.id)
    return page


def waits(page: Page, count: int) -> Callable[[], Awaitable[bool]]:
    return lambda: page.evaluate("(count) => outbox.waiting === count", count)


async def ledger(person: Person, raid_id: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await person.get(f"/raids/{raid_id}/contributions?limit=100")).json()[
        "contributions"
    ]
    return entries


async def test_what_was_done_offline_arrives_once_and_the_page_shows_it(world: World, ann: Person) -> None:
    world.faults.expect(AWAY)
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await outbox_page(world, ann)
    await follow(page, raid_id)
    await eventually(is_in(page, "live"))
    await page.context.set_offline(True)
    await page.evaluate(ADD, [raid_id, 1, 2, 3])
    await eventually(waits(page, 3))
    await page.context.set_offline(False)
    await eventually(waits(page, 0))
    await eventually(has(page, raid_id, currentXp=6, currentTasks=3))
    assert await page.evaluate("answers.map(([xp, ok]) => [xp, ok])") == [[1, True], [2, True], [3, True]]
    assert len(await ledger(ann, raid_id)) == 3


async def test_what_waits_survives_a_reload_and_a_server_that_is_away(world: World, ann: Person) -> None:
    world.faults.expect(AWAY, "503")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await outbox_page(world, ann)
    await world.raidline.server.stop()
    await page.evaluate(ADD, [raid_id, 1, 2])
    await eventually(waits(page, 2))
    await world.raidline.start()
    await page.reload()
    await page.evaluate("begin()")
    await page.evaluate(BEGIN, ann.id)
    await eventually(waits(page, 0), 60)
    assert sorted(one["xp"] for one in await ledger(ann, raid_id)) == [1, 2]


async def test_an_answer_that_is_cut_off_counts_once(world: World, ann: Person) -> None:
    world.faults.expect(AWAY)
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await outbox_page(world, ann)
    cut = 0

    async def cut_twice(route: Any) -> None:
        nonlocal cut
        cut += 1
        if cut > 2:
            await route.continue_()
            return
        await route.fetch()  # it arrives, and its answer does not
        await route.abort()

    await page.route("**/contributions", cut_twice)
    await page.evaluate(ADD, [raid_id, 7])
    await eventually(waits(page, 0), 60)
    assert [one["xp"] for one in await ledger(ann, raid_id)] == [7]
    assert cut == 3
    assert await page.evaluate("answers") == [[7, True, None]]


async def test_two_tabs_send_each_item_once(world: World, ann: Person) -> None:
    world.faults.expect(AWAY)
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    context = await world.context(ann)
    tabs = [await client_page(context), await client_page(context)]
    sent: list[str] = []
    context.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    for tab in tabs:
        await tab.evaluate(BEGIN, ann.id)
    await context.set_offline(True)
    for tab in tabs:
        await tab.evaluate(ADD, [raid_id, 1, 2])
    await eventually(waits(tabs[0], 4))
    sent.clear()
    await context.set_offline(False)
    for tab in tabs:
        await eventually(waits(tab, 0))
    assert len(await ledger(ann, raid_id)) == 4
    answers = [await tab.evaluate("answers.length") for tab in tabs]
    assert sum(answers) == 4, (answers, sent)


async def test_what_is_refused_is_told_and_spoils_nothing(world: World, ann: Person) -> None:
    world.faults.expect("422", AWAY)
    raid_id = (await ann.starts_raid(targetXp=10_000, maxXpPerContribution=10))["id"]
    page = await outbox_page(world, ann)
    await page.evaluate(ADD, [raid_id, 11])
    await eventually(waits(page, 0))
    await page.context.set_offline(True)
    await page.evaluate(ADD, [raid_id, 1, 12, 2])
    await page.context.set_offline(False)
    await eventually(waits(page, 0))
    refused = "xp_above_cap"
    assert await page.evaluate("answers") == [
        [11, False, refused],
        [1, True, None],
        [12, False, refused],
        [2, True, None],
    ]


async def test_nobody_elses_session_sends_what_is_mine(world: World, ann: Person) -> None:
    """Another person has signed in in this browser: their session must not take the credit."""
    world.faults.expect("403", AWAY)
    ben = await world.people.person("Ben")
    raid_id = (await ann.starts_raid(ben, targetXp=10_000))["id"]
    page = await outbox_page(world, ann)
    await page.context.set_offline(True)
    await page.evaluate(ADD, [raid_id, 5])
    await world.sign_in(page.context, ben)
    await page.context.set_offline(False)
    await page.evaluate("outbox.flush()")
    assert await page.evaluate("outbox.waiting") == 1
    assert await ledger(ann, raid_id) == []
    await world.sign_in(page.context, ann)
    await page.evaluate("outbox.flush()")
    assert [one["userId"] for one in await ledger(ann, raid_id)] == [ann.id]


async def test_the_day_is_the_one_where_the_device_is(world: World, ann: Person) -> None:
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    context = await world.browser.new_context(base_url=world.raidline.url, timezone_id="Pacific/Kiritimati")
    await world.sign_in(context, ann)
    page = await blank_page(context)
    await page.evaluate("begin()")
    await page.evaluate(BEGIN, ann.id)
    item = await page.evaluate("(raidId) => outbox.add({ raidId, xp: 1 })", raid_id)
    assert item["occurredAt"].endswith("+14:00")
    await eventually(waits(page, 0))
    days = (await ann.get("/me/stats")).json()
    assert days["totals"]["xp"] <= 1  # that day may not have begun where the person lives
    assert len(await ledger(ann, raid_id)) == 1
