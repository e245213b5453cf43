"""A world to be looked at: people with names, raids in every state, a year behind one of them.

What people do comes through the API. Only time is set by hand, in the ledger and in the state alike: a raid that
was played within a second is spread over the hours it is meant to have taken.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import redis.asyncio

from realtime.keys import RAIDS_DEADLINES, raid_key
from server.embedded import ServiceUrls
from tests.browser.histories import a_year, defines
from tests.helpers import eventually
from tests.server.people import People, Person

MISSED = (47, 48, 75, 110, 111, 112, 150, 151, 180, 200, 201, 202, 203)

FRIENDS = ("Jonas Weber", "Amara Okafor", "Tomás Rivera", "Yuki Tanaka", "Priya Nair")

NEIGHBOURS = (
    "Elif Demir", "Noah Fischer", "Zoë Marchetti", "Samuel Adeyemi", "Ingrid Solberg", "Mateo Herrera", "Fatima Zahra",
    "Luca Romano", "Hana Kobayashi", "Oskar Nowak", "Leila Haddad", "Ben Carter", "Sofia Petrova", "Daniel Kim",
    "Greta Holm", "Ravi Menon", "Chiara Conti", "Ahmed Salah", "Maja Kowalska", "Theo Laurent", "Nadia Rahman",
    "Finn O’Brien", "Wanjiru Kamau", "Pablo Ortega", "Anneke de Vries", "Kofi Mensah", "Lin Mei", "Viktor Hansen",
    "Carmen Díaz", "Emil Novák",
)  # fmt: skip

CHORES = (
    "Kitchen windows", "Hoover the stairs", "Sort the bookshelf", "Bathroom tiles", "Fix the squeaky door",
    "Water the balcony", "Empty the cellar", "Bins out", "Iron the curtains", "Wash the car", "Mow the lawn",
    "Defrost the freezer", "Oil the hinges", "Clean the oven", "Change the beds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenery:
    """Whom and what to look at; ids of raids."""

    mira: str
    watchers: tuple[str, ...]
    stranger: str
    recruiting: int
    recruiting_code: str
    active: int
    completed: int
    failed: int
    public: int


@dataclass(frozen=True, slots=True)
class Stage:
    people: People
    services: ServiceUrls
    chance: random.Random

    async def makes(self, leader: Person, *members: Person, **fields: Any) -> dict[str, Any]:
        return await leader.starts_raid(*members, **{"maxMembers": max(4, len(members) + 3), **fields})

    async def plays(
        self, raid: dict[str, Any], members: Sequence[Person], amounts: Sequence[int], tasks: Sequence[str] = CHORES
    ) -> None:
        """Each amount by somebody, those who stand first more often."""
        weights = [1 / (place + 1.5) for place in range(len(members))]
        for number, xp in enumerate(amounts):
            member = self.chance.choices(members, weights)[0]
            body = {"xp": xp, "taskId": tasks[number % len(tasks)]}
            answer = await member.post(f"/raids/{raid['id']}/contributions", body)
            assert answer.status_code == 201, answer.text

    async def lasted(self, raid: dict[str, Any], hours: float, *, limit: float, ended_ago: float | None = None) -> None:
        """It began so many hours before now, or before its end, and what was contributed is spread over them."""
        end = datetime.now(UTC) - timedelta(hours=ended_ago or 0)
        start = end - timedelta(hours=hours)
        await self._moves_contributions(raid["id"], start, hours)
        deadline = start + timedelta(hours=limit)
        times = {"created_at": start - timedelta(hours=1), "started_at": start, "deadline": deadline}
        if ended_ago is not None:
            times["ended_at"] = end
        await self._sets_times(raid["id"], times)

    async def runs_out(self, raid: dict[str, Any], member: Person) -> None:
        """Its deadline is a moment ago: the worker ends it."""
        moment = datetime.now(UTC) - timedelta(seconds=1)
        await self._sets_times(raid["id"], {"deadline": moment})

        async def failed() -> bool:
            answer = await member.get(f"/raids/{raid['id']}")
            return bool(answer.json()["status"] == "failed")

        await eventually(failed, 30)

    async def _moves_contributions(self, raid_id: int, start: datetime, hours: float) -> None:
        connection = await asyncpg.connect(self.services.database_url)
        try:
            rows = await connection.fetch("SELECT seq FROM contributions WHERE raid_id = $1 ORDER BY seq", raid_id)
            moments = sorted(self.chance.uniform(0.02, 0.999) ** 0.9 for _ in rows)
            moved = [
                (raid_id, row["seq"], start + timedelta(hours=hours * moment))
                for row, moment in zip(rows, moments, strict=True)
            ]
            await connection.executemany(
                "UPDATE contributions SET created_at = $3, occurred_at = $3 WHERE raid_id = $1 AND seq = $2", moved
            )
        finally:
            await connection.close()

    async def _sets_times(self, raid_id: int, times: dict[str, datetime]) -> None:
        connection = await asyncpg.connect(self.services.database_url)
        try:
            for column, moment in times.items():
                await connection.execute(f"UPDATE raids SET {column} = $2 WHERE id = $1", raid_id, moment)
        finally:
            await connection.close()
        async with redis.asyncio.Redis.from_url(self.services.redis_url) as client:
            state = {name: str(int(moment.timestamp() * 1000)) for name, moment in times.items()}
            await client.hset(raid_key(raid_id, "state"), mapping=state)  # type: ignore[arg-type]
            if "ended_at" not in times:
                await client.zadd(RAIDS_DEADLINES, {str(raid_id): int(state["deadline"])})


async def build(people: People, services: ServiceUrls, seed: int = 11) -> Scenery:
    stage = Stage(people, services, random.Random(seed))
    await defines(people)
    mira = await _with_a_year(stage)
    friends = [await people.person(name) for name in FRIENDS]
    neighbours = [await people.person(name) for name in NEIGHBOURS]
    completed = await _completed(stage, mira, friends)
    failed = await _failed(stage, mira, friends)
    await _others(stage, neighbours)
    public = await _public(stage, neighbours)
    await _crowd(stage, mira, neighbours)
    recruiting = await _recruiting(mira, friends)
    active = await _active(stage, mira, friends)
    stranger = await people.person("Robin Meyer")
    return Scenery(
        mira=mira.token,
        watchers=tuple(friend.token for friend in friends[:3]),
        stranger=stranger.token,
        recruiting=recruiting["id"],
        recruiting_code=recruiting["inviteCode"],
        active=active["id"],
        completed=completed["id"],
        failed=failed["id"],
        public=public["id"],
    )


async def _with_a_year(stage: Stage) -> Person:
    """The raid in which she did all that is none to show: she leaves it."""
    history = await a_year(stage.people, stage.services.database_url, name="Mira Lindqvist", missed=MISSED)
    answer = await history.person.post(f"/raids/{history.raid_id}/leave")
    assert answer.status_code < 300, answer.text
    return history.person


async def _active(stage: Stage, mira: Person, friends: Sequence[Person]) -> dict[str, Any]:
    raid = await stage.makes(
        mira,
        *friends,
        title="Spring clean before Grandma arrives",
        description="Every room, top to bottom. Her train comes at seven; dinner is on whoever did least.",
        targetXp=1_200,
        targetTasks=60,
        openJoin=True,
    )
    amounts = [stage.chance.choice((5, 10, 15, 20, 25, 40)) for _ in range(41)]
    await stage.plays(raid, [friends[1], mira, *friends[2:], friends[0]], amounts)
    await stage.lasted(raid, 4.6, limit=8)
    return raid


async def _recruiting(mira: Person, friends: Sequence[Person]) -> dict[str, Any]:
    raid = await mira.makes_raid(
        title="Half marathon, nine weeks to go",
        description="One point for each kilometre, a task for each run. We begin on Monday.",
        targetXp=600,
        targetTasks=80,
        timeLimitHours=24 * 63,
        maxMembers=8,
    )
    for friend in friends[:3]:
        assert (await friend.post("/raids/join", {"inviteCode": raid["inviteCode"]})).status_code == 200
    return raid


async def _completed(stage: Stage, mira: Person, friends: Sequence[Person]) -> dict[str, Any]:
    members = [mira, *friends[:4]]
    raid = await stage.makes(
        mira, *friends[:4], title="Spanish, forty lessons in a week", targetXp=800, targetTasks=40, maxMembers=6
    )
    lessons = [f"Lesson {number}" for number in range(1, 41)]
    await stage.plays(raid, members, [20] * 40, lessons)
    await stage.lasted(raid, 118.4, limit=168, ended_ago=20)
    return raid


async def _failed(stage: Stage, mira: Person, friends: Sequence[Person]) -> dict[str, Any]:
    members = [friends[3], mira, *friends[:3]]
    raid = await stage.makes(
        friends[3], mira, *friends[:3], title="Thousand pages before Monday", targetXp=1_000, targetTasks=20
    )
    await stage.plays(raid, members, [stage.chance.choice((24, 30, 46, 60)) for _ in range(17)], ("Chapter",))
    await stage.runs_out(raid, mira)
    await stage.lasted(raid, 72, limit=72, ended_ago=63)
    return raid


async def _public(stage: Stage, neighbours: Sequence[Person]) -> dict[str, Any]:
    members = neighbours[4:13]
    raid = await stage.makes(
        *members,
        title="Saturday park run, all of us together",
        description="A lap is a task, a kilometre ten points.",
        targetXp=2_000,
        targetTasks=90,
        public=True,
        openJoin=True,
        maxMembers=30,
    )
    await stage.plays(raid, members, [stage.chance.choice((10, 20, 30, 50)) for _ in range(54)], ("Lap",))
    await stage.lasted(raid, 2.2, limit=4)
    return raid


async def _others(stage: Stage, neighbours: Sequence[Person]) -> None:
    """More public raids, each at another point of its way."""
    for first, title, hours, count, xp, tasks in (
        (13, "Reading night at the library", 1.4, 22, 1_500, 60),
        (19, "A hundred wish lanterns", 30, 61, 2_500, 100),
    ):
        members = neighbours[first : first + 6]
        raid = await stage.makes(*members, title=title, targetXp=xp, targetTasks=tasks, public=True, maxMembers=20)
        await stage.plays(
            raid, members, [stage.chance.choice((10, 20, 30, 40)) for _ in range(count)], ("Another one",)
        )
        await stage.lasted(raid, hours, limit=hours * 1.7)


async def _crowd(stage: Stage, mira: Person, neighbours: Sequence[Person]) -> None:
    """Everybody on one board, Mira among the first."""
    raid = await stage.makes(
        neighbours[0],
        mira,
        *neighbours[1:],
        title="Our street, litter-free",
        targetXp=12_000,
        targetTasks=150,
        maxMembers=40,
    )
    everybody = [*neighbours[:4], mira, *neighbours[4:]]
    for place, member in enumerate(everybody):
        await stage.plays(raid, [member], [420 - 13 * place + stage.chance.randint(0, 9)], ("A full bag",))
    await stage.lasted(raid, 26, limit=72)
