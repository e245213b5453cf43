"""`raidline audit` finds whatever is planted, and `--repair` mends it without losing a 201."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
import pytest
import redis.asyncio

from raidline.ids import InviteCode, RaidId, UserId
from realtime.commands import Command, Contribute, Join
from realtime.keys import raid_key
from realtime.raids import Decided
from server import idempotency
from server.bodies import ContributionBody
from server.services import Services, open_services
from server.settings import Settings
from tests.conftest import Launch
from tests.end_to_end.client import at, servers, watchers
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
        expected = {
            "currentXp": str(14 + plant.adds[0]), "currentTasks": str(3 + plant.adds[1]), "status": "active",
            "leaderId": str(self.people["leader"].id),
        }  # fmt: skip
        expected |= {name: value.format(**self.places) for name, value in plant.becomes.items()}
        found = {name: str(snapshot[name]) for name in expected}
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
        code, output, errors = await self._run("--json", *options)
        assert b"{\n" in output, errors.decode()
        report: dict[str, Any] = orjson.loads(output[output.index(b"{\n") :])
        return code, report

    async def say(self, *options: str) -> tuple[int, str]:
        code, output, _ = await self._run(*options)
        return code, output.decode()

    async def _run(self, *options: str) -> tuple[int, bytes, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "audit", *options,
            env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await process.communicate()
        assert process.returncode in (0, 1), errors.decode()
        return process.returncode, output, errors

    async def plant(self, plant: Plant, places: dict[str, Any]) -> None:
        database_url, redis_url = self._where
        if plant.sql:
            done = await execute(database_url, plant.sql.format(**places))
            assert not done.endswith(" 0"), f"{done} by {plant.sql}"
            return
        name, part, *words = (word.format(**places) for word in plant.redis)
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            assert await client.exists(raid_key(places["raid"], part))
            await client.execute_command(name, raid_key(places["raid"], part), *words)  # type: ignore[no-untyped-call]


async def execute(database_url: str, statement: str) -> str:
    connection = await asyncpg.connect(database_url)
    try:
        done: str = await connection.execute(statement)
        return done
    finally:
        await connection.close()


@pytest.fixture
def audit(database_url: str, redis_url: str) -> Audit:
    return Audit(database_url, redis_url)


def lines(differences: list[dict[str, str]]) -> list[str]:
    return [f"{one['kind']}: {one['where']}" for one in differences]


@pytest.mark.slow
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


@pytest.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings) as opened:
        yield opened


async def test_what_only_the_log_has_is_found_and_recorded_by_repair(
    launch: Launch, audit: Audit, services: Services
) -> None:
    """A server died between deciding and recording, and no worker runs: contributions, a join, and the end."""
    async with servers(launch, 1) as (here,):
        leader, late = await here.person(), await here.person()
        raid = await leader.starts_raid(targetXp=0, targetTasks=3, openJoin=True)
        path, raid_id = f"/raids/{raid['id']}/contributions", RaidId(raid["id"])
        first = (await leader.post(path, {"xp": 5}, Idempotency_Key="first")).json()
        joining = Join(
            raid_id=raid_id,
            user_id=UserId(late.id),
            username=late.name,
            invite_code=InviteCode(raid["inviteCode"]),
        )
        body = ContributionBody(xp=5)
        commands: list[Command] = [joining] + [
            Contribute(
                raid_id=raid_id,
                contribution_id=idempotency.contribution_id(raid_id, UserId(late.id), key),
                fingerprint=idempotency.fingerprint(body, UserId(late.id)),
                user_id=UserId(late.id),
                actor_id=UserId(late.id),
                xp=body.xp,
                type=body.type,
                day="2026-11-20",
                late_ms=None,
            )
            for key in ("one", "two")
        ]
        decided = [(await services.store.decide([Decided(command)]))[0] for command in commands]
        assert [one.outcome for one in decided] == ["done", "accepted", "accepted"]
        assert decided[-1].entries[-1].seq == 6
        code, report = await audit.run()
        assert code == 1
        assert lines(report["differences"]) == [
            f"unrecorded: raid {raid_id} entry {raid['epoch']}-{seq}" for seq in (3, 4, 5, 6)
        ]
        code, report = await audit.run("--repair")
        assert (code, report["left"]) == (0, [])
        for key, who in (("first", leader), ("one", late), ("two", late)):
            answer = await who.post(path, {"xp": 5}, Idempotency_Key=key)
            assert answer.status_code == 200, answer.text
            assert answer.json()["raid"]["status"] == "completed"
        again = await leader.post(path, {"xp": 5}, Idempotency_Key="first")
        assert [again.json()[name] for name in FIRST] == [first[name] for name in FIRST]
        assert (await audit.run())[0] == 0


async def test_what_the_ledger_could_not_take_is_shown_and_leaves_the_state_by_an_entry(
    launch: Launch, audit: Audit, database_url: str
) -> None:
    async with servers(launch, 1) as (here,):
        leader = await here.person()
        raid = await leader.starts_raid(targetXp=0, targetTasks=3)
        path = f"/raids/{raid['id']}/contributions"
        await execute(database_url, "ALTER TABLE contributions ADD CONSTRAINT no_thirteen CHECK (xp <> 13)")
        counted = (await leader.post(path, {"xp": 1}, Idempotency_Key="good")).json()
        refused = await leader.post(path, {"xp": 13}, Idempotency_Key="bad")
        assert refused.status_code == 202, "decided and told, and not in the ledger"
        code, report = await audit.run()
        assert code == 1
        assert f"quarantine: raid {raid['id']} entry" in " ".join(lines(report["differences"]))
        async with watchers(raid["id"], (leader, "sse")) as (watcher,):
            assert watcher.log.raid["currentXp"] == 14
            code, report = await audit.run("--repair")
            assert (code, report["left"]) == (0, [])
            log = await watcher.until(lambda log: bool(log.named("contribution_voided")))
            assert (log.raid["currentXp"], log.raid["currentTasks"]) == (1, 1)
        assert (await audit.run())[0] == 0
        again = await leader.post(path, {"xp": 1}, Idempotency_Key="good")
        assert [again.json()[name] for name in FIRST] == [counted[name] for name in FIRST]


async def test_a_difference_is_one_line_for_people_and_exits_1(launch: Launch, audit: Audit) -> None:
    async with servers(launch, 1) as (here,):
        one = await grown(here)
    plant = Plant("", redis=("HINCRBY", "state", "current_xp", "1"))
    await audit.plant(plant, one.places)
    code, output = await audit.say()
    key = f"raid:{{{one.raid_id}}}:state"
    assert (code, output) == (1, f"state: {key} current_xp: expected 14, found 15\n1 difference\n")
    assert await audit.say("--repair") == (
        0, f"state: {key} current_xp: expected 14, found 15\n1 difference\nall mended\n",
    )  # fmt: skip
    assert await audit.say() == (0, "no difference\n")
