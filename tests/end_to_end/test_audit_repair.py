"""`raidline audit` finds whatever is planted, and `--repair` mends it without losing a 201."""

import asyncio
import sys
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
import pytest
import redis.asyncio

from raidline.ids import RaidId
from realtime.keys import raid_key
from tests.conftest import Launch
from tests.end_to_end.client import at, servers
from tests.end_to_end.planted import ALL, STRAY, Plant
from tests.end_to_end.test_concurrency_keys import FIRST
from tests.helpers import clean_environment
from tests.server.people import People, Person

XP = {"leader": 5, "member": 7, "gone": 2, "voided": 3}


@dataclass
class Grown:
    """A raid with a bit of everything: one who left, one contribution taken back, three that count."""

    raid: dict[str, Any]
    people: dict[str, Person]
    counted: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The first answer to each key."""

    @property
    def raid_id(self) -> RaidId:
        return RaidId(self.raid["id"])

    @property
    def places(self) -> dict[str, Any]:
        return {name: person.id for name, person in self.people.items()} | {
            "raid": self.raid_id,
            "one": self.counted["member"]["contributionId"],
            "voided": self.counted["voided"]["contributionId"],
            "stray": STRAY.format(raid=self.raid_id),
        }

    async def contribute(self, who: str, name: str) -> None:
        answer = await self.ask(self.people[who], name)
        assert answer.status_code == 201, answer.text
        self.counted[name] = answer.json()

    async def ask(self, person: Person, name: str) -> Any:
        path = f"/raids/{self.raid_id}/contributions"
        return await person.post(path, {"xp": XP[name]}, Idempotency_Key=name)

    async def is_right(self, server: People, plant: Plant) -> list[str]:
        """What is wrong with it after a repair: first answers that changed, totals that are not."""
        wrong = []
        for name, first in self.counted.items():
            who = "member" if name == "voided" else name
            answer = await self.ask(at(self.people[who], server), name)
            if answer.status_code != 200 or any(answer.json()[part] != first[part] for part in FIRST):
                wrong.append(f"{name}: {first}, then {answer.status_code} {answer.text}")
        snapshot = (await at(self.people["leader"], server).get(f"/raids/{self.raid_id}")).json()
        expected = (14 + plant.adds[0], 3 + plant.adds[1], "active", self.people["leader"].id)
        found = tuple(snapshot[name] for name in ("currentXp", "currentTasks", "status", "leaderId"))
        if found != expected:
            wrong.append(f"{found} instead of {expected}")
        if [one["userId"] for one in snapshot["members"]] != [self.people[who].id for who in ("leader", "member")]:
            wrong.append(f"members {snapshot['members']}")
        return wrong


async def grown(server: People) -> Grown:
    people = {name: await server.person() for name in ("leader", "member", "gone")}
    raid = await people["leader"].starts_raid(
        people["gone"], people["member"], targetXp=10**6, maxXpPerMemberPerDay=10**6
    )
    one = Grown(raid, people)
    for who, name in (("leader", "leader"), ("member", "member"), ("gone", "gone"), ("member", "voided")):
        await one.contribute(who, name)
    path = f"/raids/{raid['id']}"
    gone = await people["gone"].post(f"{path}/leave")
    assert gone.status_code == 200, gone.text
    voided = one.counted["voided"]["contributionId"]
    assert (await people["member"].call("DELETE", f"{path}/contributions/{voided}")).status_code == 200
    return one


class Audit:
    """The command, as an operator runs it."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._environment = clean_environment(DATABASE_URL=database_url, REDIS_URL=redis_url)
        self._where = database_url, redis_url

    async def run(self, *options: str) -> tuple[int, dict[str, Any]]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "audit", "--json", *options,
            env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await process.communicate()
        assert process.returncode in (0, 1) and b"{\n" in output, (output + errors).decode()
        report: dict[str, Any] = orjson.loads(output[output.index(b"{\n") :])
        return process.returncode, report

    async def plant(self, plant: Plant, places: dict[str, Any]) -> None:
        database_url, redis_url = self._where
        if plant.sql:
            connection = await asyncpg.connect(database_url)
            done = await connection.execute(plant.sql.format(**places))
            await connection.close()
            assert not done.endswith(" 0"), f"{done} by {plant.sql}"
            return
        name, part, *words = (word.format(**places) for word in plant.redis)
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            assert await client.exists(raid_key(places["raid"], part))
            await client.execute_command(name, raid_key(places["raid"], part), *words)  # type: ignore[no-untyped-call]


@pytest.fixture
def audit(database_url: str, redis_url: str) -> Audit:
    return Audit(database_url, redis_url)


def lines(differences: list[dict[str, str]]) -> list[str]:
    return [f"{one['kind']}: {one['where']}" for one in differences]


async def test_every_planted_difference_is_found_named_and_mended(launch: Launch, audit: Audit) -> None:
    async with servers(launch) as (here, there):
        raids = dict(zip(ALL, await asyncio.gather(*(grown(here) for _ in ALL)), strict=True))
        untouched = await grown(here)
        code, report = await audit.run()
        assert (code, report["differences"]) == (0, [])

        for name, plant in ALL.items():
            await audit.plant(plant, raids[name].places)
        code, report = await audit.run()
        named = lines(report["differences"])
        unnoticed = {
            name: expected
            for name, plant in ALL.items()
            if not any(line.startswith(expected := plant.named.format(**raids[name].places)) for line in named)
        }
        assert (code, unnoticed) == (1, {}), "\n".join(named)

        code, report = await audit.run("--repair")
        assert (code, report["left"]) == (0, [])
        code, report = await audit.run()
        assert (code, report["differences"]) == (0, [])
        wrong = {name: await raids[name].is_right(there, plant) for name, plant in ALL.items()}
        assert {name: one for name, one in wrong.items() if one} == {}
        assert await untouched.is_right(there, Plant("")) == []
        code, report = await audit.run()
        assert (code, report["differences"]) == (0, []), "asking again has changed something"
