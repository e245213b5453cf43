"""A client that was away sees no gap, whichever way it comes back, or is told to begin anew."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest
import redis.asyncio

from raidline.ids import RaidId
from realtime.keys import raid_key, raid_keys
from tests.conftest import Launch
from tests.end_to_end.client import VIAS, Watcher, at, rows, servers, watchers
from tests.end_to_end.event_log import parts, shape
from tests.helpers import eventually
from tests.server.people import People, Person

NO_CURSORS = [
    "abc", "-", "1-", "-1", "1", "1-2-3", "1--2", " ", "0x1-0x2", "1.0-2", "+1-2", "null", "9" * 400,
    "1-" + "9" * 30, "9" * 30 + "-1", "1-2\t", "%00", "'; DROP TABLE raids; --",
]  # fmt: skip
"""Nothing that a server ever gave out."""

COUNT, ROUND = 400, 40
"""Contributions at the least, and so many more at a time until everybody came back often enough."""

OFTEN = 10
LONGEST_SECONDS = 120.0
"""Nobody takes so long to come back so often, however busy the machine is."""


@dataclass
class Scene:
    """A raid that has started, its leader, one more member, and two servers."""

    raid: dict[str, Any]
    leader: Person
    member: Person
    servers: list[People]

    @property
    def raid_id(self) -> RaidId:
        return RaidId(self.raid["id"])

    @property
    def path(self) -> str:
        return f"/raids/{self.raid['id']}"

    async def contribute(self, count: int) -> None:
        """One by one in order: the log is longer by `count` afterwards."""
        for number, people in zip(range(count), cycle(self.servers), strict=False):
            answer = await at(self.member, people).post(f"{self.path}/contributions", {"xp": number % 7})
            assert answer.status_code == 201, answer.text

    async def contribute_many(self, count: int) -> None:
        items = [{"raidId": self.raid_id, "key": f"many-{number}", "xp": 1} for number in range(count)]
        for start in range(0, count, 500):
            answer = await self.member.post("/contributions", {"items": items[start : start + 500]})
            assert {one["status"] for one in answer.json()["results"]} == {201}

    async def snapshot(self, server: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = (await at(self.leader, self.servers[server]).get(self.path)).json()
        return found


@pytest.fixture
async def scene(launch: Launch) -> AsyncIterator[Scene]:
    async with servers(launch) as people:
        leader, member = await people[0].person(), await people[0].person()
        raid = await leader.starts_raid(member, targetXp=10**9)
        yield Scene(raid, leader, member, people)


@pytest.mark.parametrize("seed", [1, 2])
async def test_clients_that_come_and_go_by_any_way_while_much_happens_miss_nothing(scene: Scene, seed: int) -> None:
    """So much, that each of them came back often, however long a connection takes them."""
    chance = random.Random(seed)
    done = asyncio.Event()
    count = 0

    async def come_and_go(watcher: Watcher) -> None:
        while not done.is_set():
            person = at(scene.leader, chance.choice(scene.servers))
            await watcher.connect(person, chance.choice(VIAS))
            await asyncio.sleep(chance.random() * 0.1)  # any moment will do
            await watcher.disconnect()
        await watcher.connect(scene.leader, chance.choice(VIAS))

    async def feed() -> None:
        nonlocal count
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                while count < COUNT or min(len(one.log.verdicts) for one in watching) <= OFTEN:
                    await asyncio.gather(*(scene.contribute(ROUND // 4) for _ in range(4)))
                    count += ROUND
        finally:
            done.set()

    async with watchers(scene.raid_id, *[(scene.leader, "sse")] * 6) as watching:
        async with asyncio.TaskGroup() as group:
            group.create_task(feed())
            for one in watching:
                group.create_task(come_and_go(one))
        snapshot = await scene.snapshot()
        for one in watching:
            log = await one.reaches(snapshot["cursor"])
            assert log.seqs == list(range(3, 3 + count))
            assert set(log.verdicts[1:]) == {"full"}
            assert log.raid == shape(snapshot)


async def test_from_every_cursor_by_every_way_through_either_server_exactly_the_rest_comes(
    scene: Scene,
) -> None:
    async with watchers(scene.raid_id, (scene.leader, "sse")) as (whole,):
        await scene.contribute(5)
        await scene.leader.call("PATCH", scene.path, {"title": "Zürich\u2028 by night"})
        await scene.member.post(f"{scene.path}/leave")
        end = (await scene.snapshot())["cursor"]
        await whole.reaches(end)
    ids = [entry_id for _, entry_id, _ in whole.log.entries]
    assert len(ids) == 7
    for position, cursor in enumerate(ids):
        for via, people in zip(VIAS * 2, cycle(scene.servers), strict=False):
            one = Watcher(scene.raid_id)
            one.log.cursor, one.log.raid = cursor, shape(scene.raid)  # judged here: the order, not the sums
            await one.connect(at(scene.leader, people), via)
            await one.reaches(end)
            await one.disconnect()
            assert [entry_id for _, entry_id, _ in one.log.entries] == ids[position + 1 :]
            assert [data for *_, data in one.log.entries] == [data for *_, data in whole.log.entries][position + 1 :]
            assert one.log.verdicts == ["full"]


@pytest.mark.parametrize("via", VIAS)
async def test_a_cursor_that_is_none_or_of_another_life_is_answered_with_a_right_snapshot(
    scene: Scene, via: str
) -> None:
    await scene.contribute(3)
    snapshot = await scene.snapshot()
    epoch, seq = parts(snapshot["cursor"])
    foreign = [
        f"{epoch}-{seq + 1}",
        f"{epoch + 1}-{seq}",
        f"{epoch - 1}-{seq}",
        f"0-{seq}",
        f"{epoch}-{2**53}",
    ]
    for cursor, people in zip([*NO_CURSORS, *foreign], cycle(scene.servers), strict=False):
        if via == "sse" and cursor != cursor.strip():
            continue  # white space around a header's value is not of the value
        one = Watcher(scene.raid_id)
        await one.connect(at(scene.leader, people), via, cursor)
        await one.disconnect()
        assert (one.log.wrong, one.log.verdicts) == ([], ["reset"]), cursor
        assert one.log.raid == shape(snapshot)
        assert one.log.cursor == snapshot["cursor"]


async def test_a_thousand_entries_are_made_up_for_and_one_more_begins_anew(
    scene: Scene, launch: Launch, redis_url: str
) -> None:
    epoch, first = parts((await scene.snapshot())["cursor"])
    await scene.contribute_many(1001)
    snapshot = await scene.snapshot()
    for trimmed in (False, True):
        for via in VIAS:
            near, far = Watcher(scene.raid_id), Watcher(scene.raid_id)
            await far.connect(scene.member, via, f"{epoch}-{first}")
            await far.disconnect()
            assert (far.log.wrong, far.log.verdicts) == ([], ["reset"])
            assert far.log.raid == shape(snapshot)
            near.log.cursor, near.log.raid = f"{epoch}-{first + 1}", shape(scene.raid)
            await near.connect(scene.member, via)
            await near.reaches(snapshot["cursor"])
            await near.disconnect()
            assert near.log.verdicts == ["full"]
            assert near.log.seqs == list(range(first + 2, first + 1002))
        if not trimmed:
            await launch("worker")
            await eventually(lambda: _log_length(redis_url, scene.raid_id, 1000), 60)


async def _log_length(redis_url: str, raid_id: RaidId, expected: int) -> bool:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        return bool(await client.xlen(raid_key(raid_id, "log")) == expected)


async def test_after_a_raid_came_back_from_the_ledger_alone_its_old_cursors_are_told_so(
    scene: Scene, launch: Launch, database_url: str, redis_url: str
) -> None:
    """Unloaded and loaded, it has the epoch and seq it had, and no log: only who has everything resumes."""
    await scene.contribute(2)
    await scene.leader.post(f"{scene.path}/cancel")
    await launch("worker")

    async def unloaded() -> bool:
        return bool((await rows(database_url, "SELECT unloaded FROM raids"))[0]["unloaded"])

    await eventually(unloaded)
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.delete(*raid_keys(scene.raid_id))
    snapshot = await scene.snapshot()
    epoch, seq = parts(snapshot["cursor"])
    assert snapshot["status"] == "cancelled"
    assert epoch == scene.raid["epoch"]
    for via in VIAS:
        for cursor, verdict in ((f"{epoch}-{seq - 1}", "reset"), (f"{epoch}-{seq}", "full")):
            one = Watcher(scene.raid_id)
            if verdict == "full":
                one.log.cursor, one.log.raid = cursor, shape(snapshot)
            await one.connect(at(scene.leader, scene.servers[1]), via, cursor)
            await one.disconnect()
            assert (one.log.wrong, one.log.verdicts) == ([], [verdict])
            assert one.log.raid == shape(snapshot)


@pytest.mark.parametrize("doubt", ["lost", "other run", "frozen"])
async def test_open_streams_begin_anew_when_the_raid_is_healed_under_them(
    scene: Scene, redis_url: str, doubt: str
) -> None:
    places = [(at(scene.leader, people), via) for people in scene.servers for via in ("sse", "ws", "ws_since")]
    await scene.contribute(3)
    async with watchers(scene.raid_id, *places) as watching:
        before = await scene.snapshot()
        state = raid_key(scene.raid_id, "state")
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            if doubt == "lost":
                await client.flushall()
            else:
                await client.hset(state, *{"other run": ("run_id", "f" * 40), "frozen": ("frozen", "x")}[doubt])
        await scene.contribute(4)
        after = await scene.snapshot(1)
        assert after["epoch"] > before["epoch"]
        assert after["currentTasks"] == 7
        for one in watching:
            log = await one.reaches(after["cursor"])
            assert log.verdicts == ["none", "reset"]
            assert log.raid == shape(after)
        # Whoever was away meanwhile is told the same; from then on nothing is missed again.
        late = Watcher(scene.raid_id)
        await late.connect(scene.leader, "ws_since", before["cursor"])
        await scene.contribute(2)
        await late.connect(at(scene.leader, scene.servers[1]), "sse")
        await late.reaches((await scene.snapshot())["cursor"])
        await late.disconnect()
        assert (late.log.wrong, late.log.verdicts) == ([], ["reset", "full"])


async def test_who_polls_sees_the_same_log_page_by_page(scene: Scene) -> None:
    async with watchers(scene.raid_id, (scene.leader, "ws")) as (watcher,):
        cursor = watcher.log.cursor
        await scene.contribute(20)
        await watcher.reaches((await scene.snapshot())["cursor"])
    polled: list[tuple[str, str, dict[str, Any]]] = []
    for people in cycle(scene.servers):
        query = f"{scene.path}/events?after={cursor}&limit=7"
        page = (await at(scene.leader, people).get(query)).json()
        assert page["recovered"] == "full"
        polled += [(one["event"], one["id"], one["data"]) for one in page["events"]]
        if not page["events"]:
            break
        cursor = page["events"][-1]["id"]
    assert polled == watcher.log.entries
    for strange, verdict in (("?after=abc", "reset"), ("?after=1-1", "reset"), ("", "none")):
        page = (await scene.leader.get(f"{scene.path}/events{strange}")).json()
        assert (page["recovered"], page["events"], page["head"]) == (verdict, [], cursor)
