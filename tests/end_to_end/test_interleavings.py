"""Random people, watchers and mishaps on the same raids at once. Whatever the order was, at the end there is one truth:
what was answered, what was seen, what the servers show and what the ledger holds are the same."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
import redis.asyncio

from persistence.errors import LedgerAway
from raidline.ids import RaidId
from realtime.errors import RedisAway
from server.reconciliation import Reconciliation
from server.services import Services, open_services
from server.settings import Settings
from tests.conftest import Launch
from tests.end_to_end.client import VIAS, NotServed, Watcher, at, rows, servers
from tests.end_to_end.event_log import shape
from tests.end_to_end.havoc import Havoc
from tests.helpers import eventually
from tests.server.people import People, Person

SEEDS = range(1, 1 + int(os.environ.get("INTERLEAVINGS", "2")))
"""More of them, for those who have time: INTERLEAVINGS=100."""

RAIDS, PEOPLE, STEPS, WATCHERS, STRIKES = 4, 5, 40, 3, 12

ENDS_BY: list[dict[str, Any]] = [
    {"targetTasks": 60},
    {"targetTasks": 10**6},
    {"targetTasks": 10**6},
    {"targetTasks": 90, "maxXpPerMemberPerDay": 400},
]
"""Some raids are completed on the way, the third is called off, the second goes on for ever."""

CALLED_OFF = 2

IMPATIENT = {"RAIDLINE_ACK_TIMEOUT_MS": "2000"}
"""As in production: whoever gets a 202 asks again."""

SETTLED_SECONDS = 90.0


@dataclass
class Play:
    """One raid, all that is done to it, and all that was answered."""

    raid: dict[str, Any]
    people: list[Person]
    servers: list[People]
    chance: random.Random
    asked: dict[str, tuple[Person, int]] = field(default_factory=dict)
    counted: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The first answer to every key that has one."""
    voided: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/raids/{self.raid['id']}"

    async def live(self, person: Person) -> None:
        steps = (self.contribute, self.repeat, self.at_once, self.void, self.leave_and_return, self.lead, self.rename)
        for _ in range(STEPS):
            await self.chance.choices(steps, weights=(50, 14, 8, 8, 6, 4, 4))[0](person)

    async def contribute(self, person: Person) -> None:
        key = f"{person.id}-{len(self.asked)}"
        self.asked[key] = (person, self.chance.randint(0, 9))
        await self.ask(key)

    async def repeat(self, person: Person) -> None:
        """Also one that was refused, or that is on its way just now."""
        if self.asked:
            await self.ask(self.chance.choice(list(self.asked)))

    async def at_once(self, person: Person) -> None:
        key = f"{person.id}-{len(self.asked)}"
        self.asked[key] = (person, self.chance.randint(0, 9))
        await asyncio.gather(*(self.ask(key) for _ in range(4)))

    async def ask(self, key: str) -> None:
        known = self.counted.get(key)
        person, xp = self.asked[key]
        answer = await self.settled(
            lambda: self.somewhere(person).post(f"{self.path}/contributions", {"xp": xp}, Idempotency_Key=key)
        )
        if answer.status_code in (200, 201):
            first = self.counted.setdefault(key, answer.json())
            if known is not None and answer.status_code == 201:
                self.wrong.append(f"{key} was counted again: {answer.text}")
            if any(answer.json()[name] != first[name] for name in ("contributionId", "seq", "cursor", "effects")):
                self.wrong.append(f"{key} was answered {first}, then {answer.text}")
        elif known is not None:
            self.wrong.append(f"{key} was counted as {known}, and refused later: {answer.text}")

    async def void(self, person: Person) -> None:
        if not self.counted:
            return
        contribution_id = self.counted[self.chance.choice(list(self.counted))]["contributionId"]
        path = f"{self.path}/contributions/{contribution_id}"
        answer = await self.settled(lambda: self.somewhere(person).call("DELETE", path))
        if answer.status_code == 200:
            self.voided.add(contribution_id)

    async def leave_and_return(self, person: Person) -> None:
        if person is self.people[0]:
            return  # who watches has to stay
        left = await self.settled(lambda: self.somewhere(person).post(f"{self.path}/leave"))
        if left.status_code == 200:
            code = {"inviteCode": self.raid["inviteCode"]}
            await self.settled(lambda: self.somewhere(person).post("/raids/join", code))

    async def lead(self, person: Person) -> None:
        body = {"userId": self.chance.choice(self.people).id}
        await self.settled(lambda: self.somewhere(person).post(f"{self.path}/lead", body))

    async def rename(self, person: Person) -> None:
        body = {"title": f"Title {self.chance.random()}"}
        await self.settled(lambda: self.somewhere(person).call("PATCH", self.path, body))

    async def call_off(self) -> None:
        """When about half of it is done, by whoever leads then."""
        await eventually(lambda: len(self.asked) > PEOPLE * STEPS // 3, SETTLED_SECONDS)

        async def one_may() -> bool:
            calls = [partial(one.post, f"{self.path}/cancel") for one in self.people]
            return any([(await self.settled(call)).status_code == 200 for call in calls])

        await eventually(one_may)

    def somewhere(self, person: Person) -> Person:
        return at(person, self.chance.choice(self.servers))

    async def settled(self, call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Asked again until it is known what happened, as clients are told to."""
        answers: list[httpx.Response] = []

        async def known() -> bool:
            answers.append(await call())
            return answers[-1].status_code not in (202, 503)

        await eventually(known, SETTLED_SECONDS)
        if answers[-1].status_code >= 500:
            self.wrong.append(answers[-1].text)
        return answers[-1]

    async def watch(self, watcher: Watcher, viewer: Person, over: asyncio.Event) -> None:
        """Come and go; after the end stay."""
        while not over.is_set():
            await self.come(watcher, viewer)
            await asyncio.sleep(self.chance.random() * 0.3)  # any moment will do
            if self.chance.random() < 0.7:
                await watcher.disconnect()
        await self.come(watcher, viewer)

    async def come(self, watcher: Watcher, viewer: Person) -> None:
        async def served() -> bool:
            try:
                await watcher.connect(self.somewhere(viewer), self.chance.choice(VIAS))
            except NotServed:
                return False
            return True

        await eventually(served, SETTLED_SECONDS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_the_order_there_is_one_truth_at_the_end(
    launch: Launch, settings: Settings, database_url: str, redis_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    async with servers(launch, 2, **IMPATIENT) as people, open_services(settings) as services:
        await launch("worker")
        plays = await asyncio.gather(*(begin(people, chance, ENDS_BY[number]) for number in range(RAIDS)))
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            havoc = [Havoc(client, services, database_url, RaidId(play.raid["id"])) for play in plays]
            watching = [[Watcher(play.raid["id"]) for _ in range(WATCHERS)] for play in plays]
            try:
                await run(plays, havoc, watching, await people[0].person())
                for play, watchers in zip(plays, watching, strict=True):
                    await judge(play, watchers, database_url)
            finally:
                await asyncio.gather(*(one.disconnect() for watchers in watching for one in watchers))
        await eventually(lambda: nothing_differs(services), SETTLED_SECONDS)


async def begin(people: list[People], chance: random.Random, fields: dict[str, Any]) -> Play:
    folk = [await people[0].person() for _ in range(PEOPLE)]
    body = {"targetXp": 1, "public": True, "openJoin": True, "maxMembers": PEOPLE, **fields}
    raid = await folk[0].starts_raid(*folk[1:], **body)
    return Play(raid, folk, people, random.Random(chance.random()))


async def run(plays: list[Play], havoc: list[Havoc], watching: list[list[Watcher]], stranger: Person) -> None:
    over = asyncio.Event()

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(plays[CALLED_OFF].call_off())
            for play in plays:
                for person in play.people:
                    group.create_task(play.live(person))
        over.set()

    async def strike(play: Play, one: Havoc) -> None:
        chance = random.Random(play.chance.random())
        begun = len(play.asked)
        for number in range(1, STRIKES + 1):
            due = begun + number * PEOPLE * STEPS // (2 * STRIKES)
            await eventually(partial(_is_due, play, due, over), SETTLED_SECONDS)
            await one.strike(chance)

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        for play, one, watchers in zip(plays, havoc, watching, strict=True):
            group.create_task(strike(play, one))
            for number, watcher in enumerate(watchers):
                viewer = stranger if number == 0 else play.people[0]
                group.create_task(play.watch(watcher, viewer, over))


def _is_due(play: Play, due: int, over: asyncio.Event) -> bool:
    return over.is_set() or len(play.asked) >= due


async def judge(play: Play, watchers: list[Watcher], database_url: str) -> None:
    assert not play.wrong, "\n".join(play.wrong)
    snapshots = [(await at(play.people[0], server).get(play.path)).json() for server in play.servers]
    assert shape(snapshots[0]) == shape(snapshots[1])
    for watcher in watchers:
        log = await watcher.reaches(snapshots[0]["cursor"])
        assert log.wrong == []
        assert log.raid == shape(snapshots[0])
    await check_ledger(play, snapshots[0], database_url)
    for key in play.asked:
        await play.ask(key)  # what was counted is still answered as it was; the rest may count by now
    assert play.wrong == []


async def check_ledger(play: Play, snapshot: dict[str, Any], database_url: str) -> None:
    """Every key that was counted is there once, and nothing else."""
    held = await rows(
        database_url,
        "SELECT contribution_id::text, c.user_id, c.xp, v.xp IS NOT NULL AS voided"
        " FROM contributions AS c LEFT JOIN contribution_voids AS v USING (raid_id, contribution_id)"
        " WHERE c.raid_id = $1",
        play.raid["id"],
    )
    ids = [row["contribution_id"] for row in held]
    assert sorted(ids) == sorted(answer["contributionId"] for answer in play.counted.values())
    assert {row["contribution_id"] for row in held if row["voided"]} == play.voided
    counting = [row for row in held if not row["voided"]]
    assert (sum(row["xp"] for row in counting), len(counting)) == (snapshot["currentXp"], snapshot["currentTasks"])
    for member in snapshot["members"]:
        own = [row["xp"] for row in counting if row["user_id"] == member["userId"]]
        assert (sum(own), len(own)) == (member["xpContributed"], member["tasksContributed"])
    ends = await rows(
        database_url,
        "SELECT event FROM raid_events WHERE raid_id = $1"
        " AND event IN ('raid_complete', 'raid_failed', 'raid_cancelled')",
        play.raid["id"],
    )
    events = {"completed": ["raid_complete"], "cancelled": ["raid_cancelled"]}
    assert [row["event"] for row in ends] == events.get(snapshot["status"], [])


async def nothing_differs(services: Services) -> bool:
    try:
        found = [difference async for difference in Reconciliation(services).look()]
    except (LedgerAway, RedisAway) as away:
        raise AssertionError("half of it is away: nothing can be said yet") from away
    assert found == []
    return True
