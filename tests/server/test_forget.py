"""Away with somebody: nothing leads to them any more and nothing says who they were, and every sum stays."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from persistence.forgetting import Forgetting
from raidline.ids import RaidId, UserId
from server.forgetter import forget_the_rest
from server.reconciliation import Reconciliation
from server.services import Services
from server.settings import Settings
from tests.server.conftest import OpenServer
from tests.server.people import People, Person
from tests.server.serving import served
from tests.server.watching import watching

NAME = "Zephyrine Quux"
TASK = "walk the Quux dog"

ALONE = (
    *("streak_days", "user_streaks", "checkins", "user_achievements", "user_achievement_rewards"),
    *("sessions", "identities"),
)

BIG: dict[str, Any] = {"targetXp": 10_000, "targetTasks": 1000, "maxMembers": 10}


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    assert settings.redis_url is not None
    async with Redis.from_url(settings.redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
async def ledger(settings: Settings) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(settings.database_url)
    yield connection
    await connection.close()


async def contributes(person: Person, raid: dict[str, Any], xp: int = 10) -> None:
    answer = await person.post(f"/raids/{raid['id']}/contributions", {"xp": xp, "taskId": TASK})
    assert answer.status_code == 201, answer.text


async def said_in_redis(redis: Redis, word: str) -> list[str]:
    """Where Redis still says it."""
    found = []
    async for key in redis.scan_iter():
        match await redis.type(key):
            case "string":
                content: Any = await redis.get(key)
            case "hash":
                content = await redis.hgetall(key)
            case "stream":
                content = await redis.xrange(key)
            case _:
                content = await redis.zrange(key, 0, -1)
        if word in str(content):
            found.append(key)
    return found


async def said_in_ledger(ledger: "asyncpg.Connection[asyncpg.Record]", word: str) -> list[str]:
    """The tables that still say it."""
    tables = await ledger.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    names = [row["relname"] for row in tables]
    counted = {
        name: await ledger.fetchval(f'SELECT count(*) FROM "{name}" AS t WHERE t::text LIKE $1', f"%{word}%")
        for name in names
    }
    return [name for name, count in counted.items() if count]


async def differences(services: Services) -> list[Any]:
    return [one async for one in Reconciliation(services).look()]


def services_of(app: Any) -> Services:
    services: Services = app.state.services
    return services


async def away(person: Person) -> None:
    answer = await person.call("DELETE", "/me")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_the_token_is_dead_everywhere_and_streams_end(open_server: OpenServer, settings: Settings) -> None:
    _, here = await open_server()
    async with served(settings) as there:
        anna = await here.person(NAME)
        raid = await anna.starts_raid()
        other = there.people.with_token(await here.person(NAME))  # a second session of the same person
        async with watching(other, raid["id"]) as stream:
            await stream.next("snapshot")
            await away(anna)
            await stream.rest()
        assert (await anna.get("/me")).status_code == 401
        assert (await other.get("/me")).status_code == 401


async def test_the_same_identity_is_somebody_new_afterwards(people: People) -> None:
    anna = await people.person(NAME)
    raid = await anna.starts_raid(**BIG)
    await contributes(anna, raid)
    await away(anna)
    again = await people.person(NAME)
    assert again.id != anna.id
    assert (await again.get("/me")).json()["xp"] == 0
    assert (await again.get("/me/raids")).json()["raids"] == []
    assert (await again.get(f"/raids/{raid['id']}")).status_code == 404


async def test_the_lead_goes_on_and_an_empty_raid_is_cancelled(people: People) -> None:
    anna, bob = await people.person(NAME), await people.person("Bob")
    shared, alone = await anna.starts_raid(bob, **BIG), await anna.starts_raid(public=True)
    await contributes(anna, shared, 30)
    await away(anna)
    seen = (await bob.get(f"/raids/{shared['id']}")).json()
    assert (seen["leaderId"], seen["currentXp"], seen["currentTasks"]) == (bob.id, 30, 1)
    assert [member["userId"] for member in seen["members"]] == [bob.id]
    assert (await bob.get(f"/raids/{alone['id']}")).json()["status"] == "cancelled"


async def test_nothing_says_who_they_were_and_every_sum_stays(
    open_server: OpenServer, redis: Redis, ledger: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    app, people = await open_server()
    anna, bob = await people.person(NAME), await people.person("Bob")
    going, over = await anna.starts_raid(bob, **BIG), await bob.starts_raid(anna, targetXp=20, targetTasks=2)
    for raid in (going, over):
        await contributes(anna, raid)
        await contributes(bob, raid)
    assert (await anna.call("PATCH", "/me", {"name": NAME + " II"})).status_code == 200
    assert await said_in_redis(redis, NAME)
    await away(anna)
    assert await said_in_redis(redis, NAME) == []
    assert await said_in_ledger(ledger, NAME) == []
    names = {one["userId"]: one["username"] for one in (await bob.get(f"/raids/{over['id']}")).json()["members"]}
    assert names == {anna.id: f"deleted-{anna.id}", bob.id: "Bob"}
    assert [one["xp"] for one in (await bob.get(f"/raids/{going['id']}/contributions")).json()["contributions"]] == [
        10,
        10,
    ]
    assert (
        await ledger.fetchval("SELECT count(*) FROM contributions WHERE task_id IS NULL AND user_id = $1", anna.id) == 2
    )
    assert await ledger.fetchval("SELECT xp FROM user_stats WHERE user_id = $1", anna.id) == 20
    assert await differences(services_of(app)) == []


@pytest.mark.usefixtures("one_day")
async def test_what_was_theirs_alone_goes(people: People, ledger: "asyncpg.Connection[asyncpg.Record]") -> None:
    anna, bob = await people.person(NAME), await people.person("Bob")
    raid = await anna.starts_raid(bob, **BIG)
    for person in (anna, bob):
        await contributes(person, raid)
    await away(anna)
    for table in ALONE:
        assert await ledger.fetchval(f"SELECT count(*) FROM {table} WHERE user_id = $1", anna.id) == 0, table
    assert await ledger.fetchval("SELECT count(*) FROM users WHERE id = $1", anna.id) == 0
    assert (await bob.get("/me/streak")).json()["current"] == 1


async def test_what_is_in_quarantine_says_no_names_either(
    people: People, ledger: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    anna, bob = await people.person(NAME), await people.person("Bob")
    raid = await bob.starts_raid(anna, **BIG)
    kept = 'of "Bob", user_id 7'
    entries = [
        {"event": "member_join", "user_id": anna.id, "username": NAME + ' "the\\" one'},
        {"event": "contribution", "task_id": f'"{TASK}"', "user_id": anna.id},
        {"event": "contribution", "task_id": kept, "user_id": bob.id},
        {"event": "contribution", "task_id": kept, "user_id": int(f"{anna.id}0")},
    ]
    for seq, entry in enumerate(entries):
        await ledger.execute(
            "INSERT INTO ledger_quarantine (raid_id, epoch, seq, event, entry, sqlstate, message)"
            " VALUES ($1, 1, $2, 'x', $3, '22000', '')",
            *(raid["id"], seq, json.dumps(entry)),
        )
    await away(anna)
    assert await said_in_ledger(ledger, "Quux") == []
    rows = await ledger.fetch("SELECT entry FROM ledger_quarantine ORDER BY seq")
    left = [json.loads(row["entry"]) for row in rows]
    assert [one.get("username") for one in left] == [f"deleted-{anna.id}", None, None, None]
    assert [one.get("task_id") for one in left] == [None, f"deleted-{anna.id}", kept, kept]


STEPS = ["begun", "rows", "names", "tasks"]


@pytest.mark.parametrize("steps", [STEPS[:count] for count in range(1, len(STEPS) + 1)], ids=lambda steps: steps[-1])
async def test_whatever_stops_it_the_worker_goes_on(
    open_server: OpenServer, redis: Redis, ledger: "asyncpg.Connection[asyncpg.Record]", steps: Sequence[str]
) -> None:
    app, people = await open_server()
    services = services_of(app)
    anna, bob = await people.person(NAME), await people.person("Bob")
    raid = await anna.starts_raid(bob, **BIG)
    await contributes(anna, raid)
    await as_far_as(services, UserId(anna.id), RaidId(raid["id"]), steps)
    for _ in range(2):
        await forget_the_rest(services)
    assert await said_in_redis(redis, NAME) == []
    assert await said_in_ledger(ledger, NAME) == []
    assert (await bob.get(f"/raids/{raid['id']}")).json()["leaderId"] == bob.id
    assert await differences(services) == []


async def as_far_as(services: Services, user_id: UserId, raid_id: RaidId, steps: Sequence[str]) -> None:
    """Only these steps, as if the process had ended behind the last of them."""
    forgetting = Forgetting(services.pool)
    if "begun" in steps:
        await services.notifier.send(await forgetting.begin(user_id))
    if "rows" in steps:
        await forgetting.forget_rows(user_id)
    if "names" in steps:
        await forgetting.forget_names(user_id, [raid_id])
    if "tasks" in steps:
        await forgetting.forget_tasks(user_id)


async def test_a_last_look_finds_what_was_under_way(
    open_server: OpenServer, redis: Redis, ledger: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Another server had decided a join that the ledger did not have when they went."""
    app, people = await open_server()
    anna, bob = await people.person(NAME), await people.person("Bob")
    raid = await bob.starts_raid(anna, **BIG)
    held = await ledger.fetch("DELETE FROM raid_members WHERE user_id = $1 RETURNING *", anna.id)
    await away(anna)
    assert await said_in_redis(redis, NAME) != []
    await ledger.execute(
        "INSERT INTO raid_members SELECT * FROM jsonb_populate_record(NULL::raid_members, $1::jsonb)",
        await ledger.fetchval("SELECT to_jsonb($1::raid_members)", held[0]),
    )
    await forget_the_rest(services_of(app))
    assert await said_in_redis(redis, NAME) != []  # it is not due yet
    await ledger.execute("UPDATE forgotten SET at = at - interval '3 minutes', due_at = now()")
    await forget_the_rest(services_of(app))
    assert await said_in_redis(redis, NAME) == []
    assert await said_in_ledger(ledger, NAME) == []
    assert await ledger.fetchval("SELECT count(*) FROM forgotten") == 0
    assert [one["userId"] for one in (await bob.get(f"/raids/{raid['id']}")).json()["members"]] == [bob.id]
    assert await differences(services_of(app)) == []


async def test_a_log_that_somebody_is_taken_out_of_goes_on_where_it_was(people: People) -> None:
    anna, bob = await people.person(NAME), await people.person("Bob")
    raid = await bob.starts_raid(anna, **BIG)
    await contributes(anna, raid)
    before = (await bob.get(f"/raids/{raid['id']}")).json()["cursor"]
    await away(anna)
    after = (await bob.get(f"/raids/{raid['id']}/events?after={before}")).json()
    assert after["recovered"] == "full"
    assert [one["event"] for one in after["events"]] == ["member_leave"]
    epoch = before.partition("-")[0]
    log = (await bob.get(f"/raids/{raid['id']}/events?after={epoch}-0")).json()
    assert [(one["event"], one["data"].get("username"), one["data"].get("taskId")) for one in log["events"]] == [
        ("member_join", f"deleted-{anna.id}", None),
        ("raid_start", None, None),
        ("contribution", None, None),
        ("member_leave", None, None),
    ]


async def test_many_who_go_at_once_do_not_hinder_one_another(open_server: OpenServer) -> None:
    (app, here), (_, there) = await open_server(), await open_server()
    bob = await here.person("Bob")
    members = [await here.person(f"{NAME} {number}") for number in range(6)]
    raid = await bob.starts_raid(*members, **BIG)
    await asyncio.gather(*(contributes(member, raid) for member in members))
    await asyncio.gather(*(away(who) for who in [*members[:3], *(there.with_token(one) for one in members[3:])]))
    seen = (await bob.get(f"/raids/{raid['id']}")).json()
    assert ([one["userId"] for one in seen["members"]], seen["currentXp"]) == ([bob.id], 60)
    assert await differences(services_of(app)) == []


async def test_who_signs_in_while_they_are_going_is_let_in(people: People) -> None:
    anna = await people.person(NAME)
    for _ in range(5):
        _, again = await asyncio.gather(away(anna), people.person(NAME))
        anna = again if (await again.get("/me")).status_code == 200 else await people.person(NAME)
    assert (await anna.get("/me")).json()["name"] == NAME
