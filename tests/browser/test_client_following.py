"""The client in a real browser follows raids of a real server, whatever happens in between.

Each test has a page for every way there is to follow, all in front of the same server at the same time.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest_asyncio
from playwright.async_api import BrowserContext, Page
from redis.asyncio import Redis

from tests.browser.client_page import LOSING, agrees_with, client_page, follow, has, is_in, state, told_once
from tests.browser.faults import AWAY
from tests.browser.world import World
from tests.helpers import eventually
from tests.server.people import Person

WAYS = [("sse", False), ("sse", True), ("ws", False), ("ws", True)]
"""Transport, and whether own events are followed beside: by SSE that is another stream."""

SNAPSHOTS = "(id) => told.filter(([raidId, event]) => raidId === id && event === 'snapshot').length"


@pytest_asyncio.fixture(loop_scope="session")
async def ann(world: World) -> Person:
    return await world.people.person("Ann")


async def contributes(person: Person, raid_id: int, xp: int, times: int = 1) -> None:
    for _ in range(times):
        answer = await person.post(f"/raids/{raid_id}/contributions", {"xp": xp})
        assert answer.status_code in (201, 202), answer.text


async def pages_following(context: BrowserContext, *raid_ids: int, losing: bool = False) -> list[Page]:
    """One for every way, live and with all of these raids."""
    pages = []
    for transport, own in WAYS:
        scripts = [LOSING] if losing else []
        pages.append(await client_page(context, *scripts, name=f"{transport}&own={own}", transport=transport))
        await follow(pages[-1], *raid_ids, own=own)
    for page in pages:
        await eventually(is_in(page, "live"))
        for raid_id in raid_ids:
            await eventually(has(page, raid_id))
    return pages


async def each(
    pages: list[Page], condition: Callable[[Page], Callable[[], Awaitable[bool]]], deadline: float = 60
) -> None:
    for page in pages:
        await eventually(condition(page), deadline)


async def all_agree(person: Person, pages: list[Page], raid_id: int) -> None:
    for page in pages:
        await agrees_with(person, page, raid_id)
        assert await told_once(page), page.url


async def on_all(pages: list[Page], script: str, argument: Any = None) -> list[Any]:
    return [await page.evaluate(script, argument) for page in pages]


async def test_a_raid_is_followed_from_its_snapshot_to_its_end(world: World, ann: Person) -> None:
    ben = await world.people.person("Ben")
    raid = await ann.makes_raid(targetXp=100, targetTasks=3)
    pages = await pages_following(await world.context(ann), raid["id"])
    assert (await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})).status_code == 200
    assert (await ann.post(f"/raids/{raid['id']}/start")).status_code == 200
    await contributes(ben, raid["id"], 30, times=2)
    assert (await ben.call("PATCH", "/me", {"name": "Benjamin"})).status_code == 200
    await contributes(ann, raid["id"], 40)
    await each(pages, lambda page: has(page, raid["id"], status="completed", currentXp=100, currentTasks=3))
    await all_agree(ann, pages, raid["id"])
    assert await on_all(
        pages, "([raidId, userId]) => watch.raids.get(raidId).nameOf(userId)", [raid["id"], ben.id]
    ) == ["Benjamin"] * len(pages)


async def test_a_server_that_restarts_is_come_back_to_and_nothing_is_missed(world: World, ann: Person) -> None:
    world.faults.expect(AWAY, "503")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    pages = await pages_following(await world.context(ann), raid_id)
    await contributes(ann, raid_id, 10)
    await each(pages, lambda page: has(page, raid_id, currentXp=10))
    await world.raidline.server.stop()
    await each(pages, lambda page: is_in(page, "reconnecting"))
    assert all(await on_all(pages, "states.some(({ kind, retryAt }) => kind === 'reconnecting' && retryAt > 0)"))
    await world.raidline.start()
    await contributes(ann, raid_id, 10, times=3)
    await each(pages, lambda page: has(page, raid_id, currentXp=40), 60)
    await all_agree(ann, pages, raid_id)
    assert await on_all(pages, SNAPSHOTS, raid_id) == [1] * len(pages)


async def test_a_server_that_is_killed_is_come_back_to(world: World, ann: Person) -> None:
    """No goodbye comes, and what was on its way is lost."""
    world.faults.expect(AWAY, "503")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    pages = await pages_following(await world.context(ann), raid_id)
    await contributes(ann, raid_id, 10, times=3)
    await world.raidline.server.kill()
    await world.raidline.start()
    await contributes(ann, raid_id, 10, times=3)
    await each(pages, lambda page: has(page, raid_id, currentXp=60), 60)
    await all_agree(ann, pages, raid_id)


async def test_an_event_that_was_lost_is_noticed_and_fetched(world: World, ann: Person) -> None:
    raid = await ann.starts_raid(targetXp=10_000)
    pages = await pages_following(await world.context(ann), raid["id"], losing=True)
    await on_all(pages, "(seq) => { window.losing = seq; }", raid["seq"] + 2)
    await contributes(ann, raid["id"], 10, times=4)
    await each(pages, lambda page: has(page, raid["id"], currentXp=40))
    await all_agree(ann, pages, raid["id"])
    assert await on_all(pages, "window.losing") == [0] * len(pages)


async def test_another_epoch_brings_a_snapshot(world: World, ann: Person) -> None:
    world.faults.expect(AWAY, "503")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    pages = await pages_following(await world.context(ann), raid_id)
    await contributes(ann, raid_id, 10)
    await each(pages, lambda page: has(page, raid_id, currentXp=10))
    before = await on_all(pages, "(id) => { window.raid = watch.raids.get(id); return raid.epoch; }", raid_id)
    await world.raidline.server.stop()
    async with Redis.from_url(world.raidline.services.redis_url) as redis:
        await redis.flushall()
    await world.raidline.start()
    await contributes(ann, raid_id, 10)
    await each(pages, lambda page: has(page, raid_id, currentXp=20), 60)
    await all_agree(ann, pages, raid_id)
    after = await on_all(pages, "(id) => watch.raids.get(id) === raid && raid.epoch", raid_id)
    assert all(now > then for then, now in zip(before, after, strict=True))


async def test_who_goes_offline_is_told_so_and_catches_up(world: World, ann: Person) -> None:
    world.faults.expect(AWAY)
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    context = await world.context(ann)
    pages = await pages_following(context, raid_id)
    await contributes(ann, raid_id, 10)
    await each(pages, lambda page: has(page, raid_id, currentXp=10))
    await context.set_offline(True)
    await each(pages, lambda page: is_in(page, "offline"))
    await contributes(ann, raid_id, 10, times=2)
    await context.set_offline(False)
    await each(pages, lambda page: is_in(page, "live"))
    await each(pages, lambda page: has(page, raid_id, currentXp=30))
    await all_agree(ann, pages, raid_id)
    assert await on_all(pages, SNAPSHOTS, raid_id) == [1] * len(pages)


async def test_the_end_of_the_session_is_the_end_until_somebody_signs_in(world: World, ann: Person) -> None:
    world.faults.expect("401", AWAY)
    raid_id = (await ann.starts_raid())["id"]
    context = await world.context(ann)
    pages = await pages_following(context, raid_id)
    assert (await ann.call("DELETE", "/sessions/current")).status_code == 204
    await each(pages, lambda page: is_in(page, "ended"))
    assert [(await state(page))["reason"] for page in pages] == ["signed_out"] * len(pages)
    await world.sign_in(context, await world.people.person("Ann"))
    await on_all(pages, "watch.retryNow()")
    await each(pages, lambda page: is_in(page, "live"))


async def test_a_raid_that_may_not_be_seen_any_longer_is_gone(world: World, ann: Person) -> None:
    world.faults.expect("404", AWAY)
    ben = await world.people.person("Ben")
    kept, left = [(await ann.starts_raid(ben, targetXp=10_000))["id"] for _ in range(2)]
    context = await world.context(ben)
    of_both, of_one = await pages_following(context, kept, left), (await pages_following(context, left))[::2]
    assert (await ben.post(f"/raids/{left}/leave")).status_code == 200
    for page in of_both + of_one:
        await eventually(lambda page=page: page.evaluate("gone.length"))  # type: ignore[misc]
    assert await on_all(of_both + of_one, "gone") == [[left]] * 6
    await each(of_one, lambda page: is_in(page, "ended"))
    assert [(await state(page))["reason"] for page in of_one] == ["not_visible"] * 2
    assert await on_all(of_both, "[...watch.raids.keys()]") == [[kept]] * 4
    await contributes(ann, kept, 10)
    await each(of_both, lambda page: has(page, kept, currentXp=10))
    assert [(await state(page))["kind"] for page in of_both] == ["live"] * 4


async def test_strangers_lose_a_raid_that_becomes_private(world: World, ann: Person) -> None:
    world.faults.expect("404", AWAY)
    raid_id = (await ann.starts_raid(public=True))["id"]
    pages = await pages_following(await world.context(await world.people.person()), raid_id)
    assert (await ann.call("PATCH", f"/raids/{raid_id}", {"public": False})).status_code == 200
    for page in pages:
        await eventually(lambda page=page: page.evaluate("gone.length"))  # type: ignore[misc]
    assert await on_all(pages, "gone") == [[raid_id]] * 4


async def test_a_raid_that_is_not_there_is_gone_and_the_others_are_followed(world: World, ann: Person) -> None:
    raid_id, nowhere = (await ann.starts_raid(targetXp=10_000))["id"], 10**12
    context = await world.context(ann)
    for transport, own in WAYS:
        page = await client_page(context, transport=transport)
        await follow(page, raid_id, nowhere, own=own)
        await eventually(lambda page=page: page.evaluate("gone.length"))  # type: ignore[misc]
        assert await page.evaluate("gone") == [nowhere]
        await eventually(has(page, raid_id, currentXp=0))


async def test_following_others_keeps_what_is_followed_already(world: World, ann: Person) -> None:
    one, two, three = [(await ann.starts_raid(targetXp=10_000))["id"] for _ in range(3)]
    pages = await pages_following(await world.context(ann), one, two)
    await contributes(ann, one, 10)
    await on_all(pages, "(raidIds) => watch.follow(raidIds)", [one, three])
    await contributes(ann, one, 10)
    await contributes(ann, three, 10)
    await each(pages, lambda page: has(page, one, currentXp=20))
    await each(pages, lambda page: has(page, three, currentXp=10))
    assert await on_all(pages, "[...watch.raids.keys()].sort()") == [sorted([one, three])] * 4
    assert all([await told_once(page) for page in pages])
    assert await on_all(pages, SNAPSHOTS, one) == [1] * 4
    await on_all(pages, "watch.close()")
    assert [await state(page) for page in pages] == [{"kind": "ended", "reason": "closed"}] * 4


async def test_a_page_that_was_put_aside_comes_back(world: World, ann: Person) -> None:
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    pages = await pages_following(await world.context(ann), raid_id)
    await on_all(pages, "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await contributes(ann, raid_id, 10, times=2)
    assert await on_all(pages, "watch.raids.values().next().value.currentXp") == [0] * 4
    await on_all(pages, "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await each(pages, lambda page: has(page, raid_id, currentXp=20))
    await all_agree(ann, pages, raid_id)


async def test_own_events_come_beside_and_each_once(world: World, ann: Person) -> None:
    world.faults.expect(AWAY, "503")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    pages = (await pages_following(await world.context(ann), raid_id))[1::2]
    for page in pages:
        await eventually(lambda page=page: page.evaluate("own.length"))  # type: ignore[misc]
    assert await on_all(pages, "own[0][0] + ' ' + own[0][1].name") == ["snapshot Ann"] * 2
    await contributes(ann, raid_id, 10)
    streaks = "own.filter(([event, data]) => event === 'streak' && data.current === 1).length"
    for page in pages:
        await eventually(lambda page=page: page.evaluate(streaks))  # type: ignore[misc]
    await world.raidline.restart()
    await contributes(ann, raid_id, 10)
    await each(pages, lambda page: has(page, raid_id, currentXp=20), 60)
    assert await on_all(pages, streaks) == [1] * 2


async def test_a_server_that_is_full_says_when_to_come_back(world: World, ann: Person) -> None:
    world.faults.expect(AWAY, "503")
    raid_id = (await ann.starts_raid())["id"]
    page = await client_page(await world.context(ann))
    problem = '{"code": "unavailable", "title": "Full", "status": 503}'

    async def refuse(route: Any) -> None:
        headers = {"Retry-After": "7", "Content-Type": "application/problem+json"}
        await route.fulfill(status=503, headers=headers, body=problem)

    await page.route("**/api/v1/raids/**", refuse)
    await follow(page, raid_id)
    waits = "watch.state.kind === 'reconnecting' && watch.state.retryAt - Date.now() > 5_000"
    await eventually(lambda: page.evaluate(waits))
    await page.unroute_all()
    await page.evaluate("watch.retryNow()")
    await eventually(is_in(page, "live"))
