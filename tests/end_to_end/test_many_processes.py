"""Several web processes, behind one socket and behind their own, on one Redis and one Postgres.

Whichever of them somebody comes to: they are one.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from raidline.ids import RaidId
from tests.conftest import Launch
from tests.end_to_end.client import Watcher, at, rows
from tests.end_to_end.event_log import shape
from tests.end_to_end.processes import WORKERS, Web, Webs, webs_of
from tests.faults.crowd import Crowd
from tests.faults.crowd import Person as Contributor
from tests.faults.stage import own_services
from tests.faults.verify import verify
from tests.helpers import eventually
from tests.server.people import People, Person

COUNT = 60
OFFLINE_SECONDS = 60.0
"""Longer than anybody is still shown as online who has gone."""

NOTICED_SECONDS = 60.0


@pytest.fixture
async def webs(launch: Launch) -> AsyncIterator[Webs]:
    async with webs_of(launch) as made:
        yield made


@asynccontextmanager
async def followed(webs: Webs, raid_id: int, person: Person, *vias: str) -> AsyncIterator[list[Watcher]]:
    """Somebody at each process by each of these ways; nothing that they were told was wrong."""
    watching = [(web, via, Watcher(raid_id)) for web in webs.each for via in vias]
    try:
        for web, via, one in watching:
            async with web.alone() as people:
                await one.connect(at(person, people), via)
        yield [one for _, _, one in watching]
    finally:
        for _, _, one in watching:
            await _left(one)
    assert [wrong for _, _, one in watching for wrong in one.log.wrong] == []


async def _left(watcher: Watcher) -> None:
    """Of a process that may have been killed in the midst of an answer."""
    with suppress(httpx.TransportError):
        await watcher.disconnect()


async def at_each(webs: Webs, ask: Callable[[People], Awaitable[Any]]) -> list[Any]:
    """The answers of the processes, one after the other."""
    answers = []
    for web in webs.each:
        async with web.alone() as people:
            answers.append(await ask(people))
    return answers


@dataclass(frozen=True, slots=True)
class Load:
    """People who contribute to one raid through all processes, and go on asking until they have an answer."""

    crowd: Crowd
    people: Sequence[Contributor]
    raid_id: RaidId

    def person_at(self, people: People) -> Person:
        """The leader, at that URL."""
        return Person(people.client, self.people[0].id, self.people[0].token, "")

    async def during(self, happens: Callable[[], Awaitable[None]]) -> None:
        """It happens when a part of some contributions is answered; returns when all of them are."""
        before = len(self.crowd.answered([self.raid_id]))
        under_way = self.crowd.contributions(self.raid_id, self.people, COUNT)
        await eventually(lambda: len(self.crowd.answered([self.raid_id])) > before + COUNT // 6, every=0.002)
        await happens()
        await under_way


@asynccontextmanager
async def loaded(webs: Webs) -> AsyncIterator[Load]:
    orders = itertools.cycle((1, -1))
    async with Crowd(lambda: webs.urls[:: next(orders)]) as crowd:
        people = [await crowd.person() for _ in range(4)]
        yield Load(crowd, people, await crowd.raid(people))


async def test_what_is_posted_to_any_process_is_told_by_all(webs: Webs) -> None:
    doors = await webs.people()
    leader, member = await doors[0].person(), await doors[1].person()
    raid = await leader.starts_raid(member, targetXp=10**9)
    path = f"/raids/{raid['id']}/contributions"
    async with followed(webs, raid["id"], leader, "sse", "ws") as watching:
        answers = await at_each(webs, lambda people: at(member, people).post(path, {"xp": 1}))
        answers += await asyncio.gather(*(at(member, doors[n % 2]).post(path, {"xp": n % 7}) for n in range(COUNT)))
        assert {answer.status_code for answer in answers} == {201}
        shown = await at_each(webs, lambda people: at(leader, people).get(f"/raids/{raid['id']}"))
        end = shown[0].json()
        assert [one.json() for one in shown] == [end] * len(shown)
        assert (end["currentTasks"], end["currentXp"]) == (COUNT + 3, sum(n % 7 for n in range(COUNT)) + 3)
        for one in watching:
            log = await one.reaches(end["cursor"])
            assert log.entries == watching[0].log.entries
            assert log.raid == shape(end)


@pytest.mark.slow
async def test_who_follows_at_one_process_is_online_at_all_until_they_go(webs: Webs) -> None:
    (people, _) = await webs.people()
    leader, friend = await people.person(), await people.person()
    raid_id = (await leader.starts_raid(friend))["id"]

    async def online(people: People) -> bool:
        members = (await at(leader, people).get(f"/raids/{raid_id}")).json()["members"]
        return [one["isOnline"] for one in members if one["userId"] == friend.id] == [True]

    watcher = Watcher(raid_id)
    async with webs.each[0].alone() as first:
        await watcher.connect(at(friend, first))
    await eventually(lambda: _all(online, webs))
    await watcher.disconnect()
    await eventually(lambda: _none(online, webs), OFFLINE_SECONDS, every=0.5)


async def _all(ask: Callable[[People], Awaitable[bool]], webs: Webs) -> bool:
    return all(await at_each(webs, ask))


async def _none(ask: Callable[[People], Awaitable[bool]], webs: Webs) -> bool:
    return not any(await at_each(webs, ask))


async def test_a_session_that_ends_at_one_process_is_over_at_all(webs: Webs) -> None:
    """Also where it was remembered, and where streams of it were open."""
    (_, single) = await webs.people()
    leader = await single.person()
    raid = await leader.starts_raid()
    answers = await at_each(webs, lambda people: at(leader, people).get("/me"))
    assert [one.status_code for one in answers] == [200] * 3
    async with followed(webs, raid["id"], leader, "sse", "ws") as watching:
        assert (await leader.call("DELETE", "/sessions/current")).status_code == 204
        for one in watching:
            await eventually(one.ended.is_set)
        answers = await at_each(webs, lambda people: at(leader, people).get("/me"))
        assert [one.status_code for one in answers] == [401] * 3


async def test_a_new_name_and_what_was_contributed_are_known_at_all_processes(webs: Webs) -> None:
    """Where the session and the ready-made page of the old ones were remembered as well."""
    (_, single) = await webs.people()
    anna = await single.person("Anna")
    raid = await anna.starts_raid()
    pages = await at_each(webs, lambda people: at(anna, people).get("/me/achievements/next"))
    old = {one.headers["etag"] for one in pages}
    assert len(old) == 1
    assert (await anna.call("PATCH", "/me", {"name": "Anne"})).status_code == 200
    assert (await anna.post(f"/raids/{raid['id']}/contributions", {"xp": 5})).status_code == 201

    async def made_as(people: People) -> str:
        name: str = (await at(anna, people).makes_raid())["members"][0]["username"]
        return name

    async def etag(people: People) -> str:
        return (await at(anna, people).get("/me/achievements/next")).headers["etag"]

    async def all_know() -> bool:
        names, etags = set(await at_each(webs, made_as)), set(await at_each(webs, etag))
        return names == {"Anne"} and len(etags) == 1 and not etags & old

    await eventually(all_know, every=0.2)


async def test_a_process_that_is_killed_under_load_costs_its_clients_a_reconnection(
    webs: Webs, database_url: str
) -> None:
    """One of those with a common socket, which is replaced, and one with its own, which is not."""
    async with loaded(webs) as load:
        leader = [load.person_at(people) for people in await webs.people()]
        async with followed(webs, load.raid_id, leader[0], "sse", "ws") as watching:
            before, dead = webs.children, webs.each[0].pid
            await load.during(lambda: _killed(dead, leader[1], watching[:2]))
            await eventually(lambda: len(set(webs.children) - {dead}) == WORKERS)
            await _serves(next(web for web in webs.each if web.pid in webs.children and web.pid not in before))
            await load.during(lambda: _killed(webs.single.pid, leader[0], [*watching[:2], *watching[4:]]))
            await _all_was_counted_and_seen(load, watching, leader[0], database_url)


async def _killed(pid: int, back: Person, cut: Sequence[Watcher]) -> None:
    psutil.Process(pid).kill()
    await _come_back(back, cut)


async def _come_back(back: Person, cut: Sequence[Watcher]) -> None:
    """When their connections are over, at another process, which tells them just what they missed."""
    for one, via in zip(cut, itertools.cycle(("sse", "ws"))):
        await eventually(one.ended.is_set)
        await _left(one)
        await one.connect(back, via)
        assert one.log.verdicts[-1] == "full"


async def _serves(web: Web) -> None:
    async with web.alone() as people:
        assert (await people.client.get("/healthz")).status_code == 200


async def _all_was_counted_and_seen(load: Load, watching: Sequence[Watcher], viewer: Person, database_url: str) -> None:
    posts = load.crowd.posts
    end = (await viewer.get(f"/raids/{load.raid_id}")).json()
    assert (end["currentTasks"], end["currentXp"]) == (len(posts), sum(post.xp for post in posts))
    for one in watching:
        log = await one.reaches(end["cursor"])
        assert len(log.named("contribution")) == len(posts)
        assert log.raid == shape(end)

    async def recorded() -> bool:
        found = await rows(database_url, "SELECT contribution_id::text FROM contributions")
        return sorted(row[0] for row in found) == sorted(post.contribution_id for post in posts)

    await eventually(recorded)


async def test_processes_that_are_told_to_end_send_their_clients_elsewhere(webs: Webs, database_url: str) -> None:
    async with loaded(webs) as load:
        leader = [load.person_at(people) for people in await webs.people()]
        async with followed(webs, load.raid_id, leader[0], "sse", "ws") as watching:
            children, leaving = webs.children, watching[: 2 * WORKERS]

            async def ended() -> None:
                webs.pair.process.terminate()
                await _come_back(leader[1], leaving)

            await load.during(ended)
            assert await webs.pair.ended() == 0
            assert not any(map(psutil.pid_exists, children))
            await _all_was_counted_and_seen(load, watching, leader[1], database_url)


@pytest.mark.slow
async def test_an_ordinary_restart_of_redis_under_load_loses_nothing_and_ends_no_stream(
    launch: Launch, service_folder: Path
) -> None:
    async with own_services(service_folder) as stage:
        urls = {"DATABASE_URL": stage.database_url, "REDIS_URL": stage.redis_url}
        await launch("worker", **urls)
        async with webs_of(launch, **urls) as webs, loaded(webs) as load:
            leader = load.person_at((await webs.people())[0])
            async with followed(webs, load.raid_id, leader, "sse", "ws") as watching:

                async def restarted() -> None:
                    await stage.redis.stop()
                    more = load.crowd.contributions(load.raid_id, load.people, COUNT)
                    await eventually(lambda: any(post.unavailable for post in load.crowd.posts))
                    await stage.redis.start()
                    await more

                await load.during(restarted)
                await load.during(lambda: _live(watching))
                await verify(stage, load.crowd, [load.raid_id], load.people[0])
                end = (await leader.get(f"/raids/{load.raid_id}")).json()
                for one in watching:
                    log = await one.reaches(end["cursor"], NOTICED_SECONDS)
                    assert log.raid == shape(end)
                    assert not one.ended.is_set()


async def _live(watching: Sequence[Watcher]) -> None:
    for one in watching:
        await one.until(lambda log: log.live, NOTICED_SECONDS)
