"""The client in a real browser follows raids of a real server, whatever happens in between."""

import pytest
from playwright.async_api import Page
from redis.asyncio import Redis

from tests.browser.client_page import LOSING, agrees_with, client_page, follow, has, is_in, state, told_once
from tests.browser.faults import AWAY
from tests.browser.world import World
from tests.helpers import eventually
from tests.server.people import Person

WAYS = [("sse", False), ("sse", True), ("ws", False), ("ws", True)]
"""Transport, and whether own events are followed beside: by SSE that is another stream."""

every_way = pytest.mark.parametrize(("transport", "own"), WAYS)


async def contributes(person: Person, raid_id: int, xp: int, times: int = 1) -> None:
    for _ in range(times):
        answer = await person.post(f"/raids/{raid_id}/contributions", {"xp": xp})
        assert answer.status_code in (201, 202), answer.text


async def following(world: World, person: Person, transport: str, *raid_ids: int, own: bool, losing: bool = False) -> Page:
    page = await client_page(world, person, {"transport": transport}, *([LOSING] if losing else []))
    await follow(page, *raid_ids, own=own)
    await eventually(is_in(page, "live"))
    for raid_id in raid_ids:
        await eventually(has(page, raid_id))
    return page


@every_way
async def test_a_raid_is_followed_from_its_snapshot_to_its_end(world: World, transport: str, own: bool) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid_id = (await ann.makes_raid(targetXp=100, targetTasks=3))["id"]
    page = await following(world, ann, transport, raid_id, own=own)
    code = (await ann.get(f"/raids/{raid_id}")).json()["inviteCode"]
    assert (await ben.post("/raids/join", {"inviteCode": code})).status_code == 200
    assert (await ann.post(f"/raids/{raid_id}/start")).status_code == 200
    await contributes(ben, raid_id, 30, times=2)
    assert (await ben.call("PATCH", "/me", {"name": "Benjamin"})).status_code == 200
    await contributes(ann, raid_id, 40)
    await eventually(has(page, raid_id, status="completed", currentXp=100, currentTasks=3))
    await agrees_with(ann, page, raid_id)
    assert await told_once(page)
    assert await page.evaluate("watch.raids.values().next().value.nameOf(%d)" % ben.id) == "Benjamin"


@every_way
async def test_a_server_that_restarts_is_come_back_to_and_nothing_is_missed(
    world: World, transport: str, own: bool
) -> None:
    world.faults.expect(AWAY, "503")
    ann = await world.people.person("Ann")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await following(world, ann, transport, raid_id, own=own)
    await contributes(ann, raid_id, 10)
    await eventually(has(page, raid_id, currentXp=10))
    await world.raidline.server.stop()
    await eventually(is_in(page, "reconnecting"))
    assert await page.evaluate("watch.state.retryAt > Date.now() - 60_000")
    await world.raidline.start()
    await contributes(ann, raid_id, 10, times=3)
    await eventually(has(page, raid_id, currentXp=40), 30)
    await agrees_with(ann, page, raid_id)
    assert await told_once(page)
    assert await page.evaluate("told.filter(([, event]) => event === 'snapshot').length") == 1


@every_way
async def test_an_event_that_was_lost_is_noticed_and_fetched(world: World, transport: str, own: bool) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=10_000)
    page = await following(world, ann, transport, raid["id"], own=own, losing=True)
    await page.evaluate("(seq) => { window.losing = seq; }", raid["seq"] + 2)
    await contributes(ann, raid["id"], 10, times=4)
    await eventually(has(page, raid["id"], currentXp=40))
    await agrees_with(ann, page, raid["id"])
    assert await told_once(page)
    assert await page.evaluate("window.losing") == 0


@every_way
async def test_another_epoch_brings_a_snapshot(world: World, redis_url: str, transport: str, own: bool) -> None:
    world.faults.expect(AWAY, "503")
    ann = await world.people.person("Ann")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await following(world, ann, transport, raid_id, own=own)
    await contributes(ann, raid_id, 10)
    await eventually(has(page, raid_id, currentXp=10))
    before = await page.evaluate("(raidId) => { window.raid = watch.raids.get(raidId); return raid.epoch; }", raid_id)
    await world.raidline.server.stop()
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    await world.raidline.start()
    await contributes(ann, raid_id, 10)
    await eventually(has(page, raid_id, currentXp=20), 30)
    await agrees_with(ann, page, raid_id)
    assert await page.evaluate("(raidId) => watch.raids.get(raidId) === raid && raid.epoch", raid_id) > before


@every_way
async def test_who_goes_offline_is_told_so_and_catches_up(world: World, transport: str, own: bool) -> None:
    world.faults.expect(AWAY)
    ann = await world.people.person("Ann")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await following(world, ann, transport, raid_id, own=own)
    await page.context.set_offline(True)
    await eventually(is_in(page, "offline"))
    await contributes(ann, raid_id, 10, times=3)
    assert (await state(page))["kind"] == "offline"
    await page.context.set_offline(False)
    await eventually(is_in(page, "live"))
    await eventually(has(page, raid_id, currentXp=30))
    await agrees_with(ann, page, raid_id)
    assert await told_once(page)


@every_way
async def test_the_end_of_the_session_is_the_end(world: World, transport: str, own: bool) -> None:
    world.faults.expect("401", AWAY)
    ann = await world.people.person("Ann")
    raid_id = (await ann.starts_raid())["id"]
    page = await following(world, ann, transport, raid_id, own=own)
    assert (await ann.call("DELETE", "/sessions/current")).status_code == 204
    await eventually(is_in(page, "ended"))
    assert await state(page) == {"kind": "ended", "reason": "signed_out"}
    await world.sign_in(page.context, await world.people.person("Ann"))
    await page.evaluate("watch.retryNow()")
    await eventually(is_in(page, "live"))


@every_way
async def test_a_raid_that_may_not_be_seen_any_longer_is_gone(world: World, transport: str, own: bool) -> None:
    world.faults.expect("404", AWAY)
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    kept, left = await ann.starts_raid(ben, targetXp=10_000), await ann.starts_raid(ben, targetXp=10_000)
    page = await following(world, ben, transport, kept["id"], left["id"], own=own)
    alone = await following(world, ben, transport, left["id"], own=False)
    assert (await ben.post(f"/raids/{left['id']}/leave")).status_code == 200
    await eventually(lambda: page.evaluate("gone.length"))
    await eventually(is_in(alone, "ended"))
    assert await page.evaluate("gone") == await alone.evaluate("gone") == [left["id"]]
    assert (await state(alone))["reason"] == "not_visible"
    assert await page.evaluate("[...watch.raids.keys()]") == [kept["id"]]
    await contributes(ann, kept["id"], 10)
    await eventually(has(page, kept["id"], currentXp=10))
    assert (await state(page))["kind"] == "live"


@every_way
async def test_a_raid_that_is_not_there_is_gone_and_the_others_are_followed(
    world: World, transport: str, own: bool
) -> None:
    world.faults.expect("404")
    ann = await world.people.person("Ann")
    raid_id, nowhere = (await ann.starts_raid(targetXp=10_000))["id"], 10**12
    page = await client_page(world, ann, {"transport": transport})
    await follow(page, raid_id, nowhere, own=own)
    await eventually(lambda: page.evaluate("gone.length"))
    await contributes(ann, raid_id, 10)
    await eventually(has(page, raid_id, currentXp=10))


@every_way
async def test_following_others_keeps_what_is_followed_already(world: World, transport: str, own: bool) -> None:
    world.faults.expect(AWAY)
    ann = await world.people.person("Ann")
    one, two, three = [(await ann.starts_raid(targetXp=10_000))["id"] for _ in range(3)]
    page = await following(world, ann, transport, one, two, own=own)
    await contributes(ann, one, 10)
    await page.evaluate("(raidIds) => watch.follow(raidIds)", [one, three])
    await contributes(ann, one, 10)
    await contributes(ann, three, 10)
    await eventually(has(page, one, currentXp=20))
    await eventually(has(page, three, currentXp=10))
    assert await page.evaluate("[...watch.raids.keys()].sort()") == sorted([one, three])
    assert await told_once(page)
    assert await page.evaluate("(id) => told.filter(([raidId, event]) => raidId === id && event === 'snapshot').length", one) == 1
    await page.evaluate("watch.close()")
    await contributes(ann, one, 10)
    assert (await state(page)) == {"kind": "ended", "reason": "closed"}


@every_way
async def test_a_page_that_was_put_aside_comes_back(world: World, transport: str, own: bool) -> None:
    world.faults.expect(AWAY)
    ann = await world.people.person("Ann")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await following(world, ann, transport, raid_id, own=own)
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await contributes(ann, raid_id, 10, times=2)
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await eventually(has(page, raid_id, currentXp=20))
    assert await told_once(page)


@pytest.mark.parametrize("transport", ["sse", "ws"])
async def test_own_events_come_beside_and_each_once(world: World, transport: str) -> None:
    world.faults.expect(AWAY, "503")
    ann = await world.people.person("Ann")
    raid_id = (await ann.starts_raid(targetXp=10_000))["id"]
    page = await following(world, ann, transport, raid_id, own=True)
    await eventually(lambda: page.evaluate("own.length"))
    assert (await page.evaluate("own"))[0][1]["name"] == "Ann"
    await contributes(ann, raid_id, 10)
    await eventually(lambda: page.evaluate("own.some(([event, data]) => event === 'streak' && data.current === 1)"))
    count = await page.evaluate("own.length")
    await world.raidline.restart()
    await contributes(ann, raid_id, 10)
    await eventually(has(page, raid_id, currentXp=20), 30)
    assert await page.evaluate("own.filter(([event]) => event === 'streak').length") == 1, count


async def test_the_server_is_full_is_no_end(world: World) -> None:
    """Refused with Retry-After: the wait is the server's, and the watch says until when."""
    world.faults.expect(AWAY, "503")
    ann = await world.people.person("Ann")
    raid_id = (await ann.starts_raid())["id"]
    page = await client_page(world, ann)
    await page.route("**/stream*", lambda route: route.fulfill(status=503))
    problem = '{"code": "unavailable", "title": "Full", "status": 503}'
    refusal = {"status": 503, "headers": {"Retry-After": "7"}, "body": problem, "content_type": "application/problem+json"}
    await page.route(f"**/api/v1/raids/{raid_id}", lambda route: route.fulfill(**refusal))
    await follow(page, raid_id)
    await eventually(lambda: page.evaluate("watch.state.kind === 'reconnecting' && watch.state.retryAt - Date.now() > 5_000"))
    await page.unroute_all()
    await page.evaluate("watch.retryNow()")
    await eventually(is_in(page, "live"))
