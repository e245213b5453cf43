"""One key, one contribution: whoever asks again, wherever and whenever, has the first answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import asyncpg
import httpx
import pytest
import redis.asyncio

from raidline.ids import RaidId
from realtime.keys import raid_key, raid_keys
from tests.conftest import Launch
from tests.end_to_end.client import at, rows, servers
from tests.end_to_end.test_concurrency import told
from tests.helpers import eventually
from tests.server.people import People, Person, code_of

FIRST = ("contributionId", "seq", "cursor", "effects")
"""What of an answer is of the contribution itself, and not of the raid as it stands by now."""

BODY = {"xp": 7, "taskId": "washing-up"}


@dataclass
class Kept:
    """A contribution that was answered 201, and who asks for it again."""

    leader: Person
    person: Person
    servers: list[People]
    raid_id: RaidId
    first: dict[str, Any]

    async def again(self, body: dict[str, Any] = BODY) -> list[httpx.Response]:
        path = f"/raids/{self.raid_id}/contributions"
        return [await at(self.person, one).post(path, body, Idempotency_Key="the-key") for one in self.servers]

    async def is_kept(self) -> None:
        for answer in await self.again():
            assert answer.status_code == 200, answer.text
            assert answer.headers["Idempotent-Replayed"] == "true"
            assert [answer.json()[name] for name in FIRST] == [self.first[name] for name in FIRST]
            assert answer.json()["outcome"] == "duplicate"
        for answer in await self.again({**BODY, "xp": 8}):
            assert code_of(answer) == (422, "idempotency_key_reused")


@pytest.fixture
async def kept(launch: Launch) -> AsyncIterator[Kept]:
    """Counted at the first of two servers, by one who does not lead; a second task completes the raid."""
    async with servers(launch) as people:
        leader, person = await people[0].person(), await people[0].person()
        raid = await leader.starts_raid(person, targetXp=1, targetTasks=2)
        answer = await person.post(f"/raids/{raid['id']}/contributions", BODY, Idempotency_Key="the-key")
        assert answer.status_code == 201, answer.text
        yield Kept(leader, person, people, RaidId(raid["id"]), answer.json())


async def test_of_50_posts_with_one_key_through_two_servers_one_counts_and_49_repeat_it(
    launch: Launch, database_url: str
) -> None:
    async with servers(launch) as people:
        person = await people[0].person()
        raid = await person.starts_raid()
        path = f"/raids/{raid['id']}/contributions"
        # The same body in other words is the same body; quoted or bare is the same key.
        bodies = cycle([{"xp": 7}, {"type": "task_complete", "xp": 7, "taskId": None}])
        keys = cycle(["one", '"one"'])
        answers = await asyncio.gather(
            *(
                at(person, to).post(path, body, Idempotency_Key=key)
                for to, body, key in islice(zip(cycle(people), bodies, keys, strict=False), 50)
            )
        )
        assert told(answers) == {201: 1, 200: 49}
        first = next(one.json() for one in answers if one.status_code == 201)
        assert all([one.json()[name] for name in FIRST] == [first[name] for name in FIRST] for one in answers)
        repeats = [one for one in answers if one.status_code == 200]
        assert {one.headers["Idempotent-Replayed"] for one in repeats} == {"true"}
        assert all(one.json()["outcome"] == "duplicate" and one.json()["durable"] for one in repeats)
        assert all("Idempotent-Replayed" not in one.headers for one in answers if one.status_code == 201)
        other = await asyncio.gather(*(at(person, to).post(path, {"xp": 8}, Idempotency_Key="one") for to in people))
        assert told(list(other)) == {(422, "idempotency_key_reused"): 2}
        snapshot = (await person.get(f"/raids/{raid['id']}")).json()
        assert (snapshot["currentXp"], snapshot["currentTasks"], snapshot["seq"]) == (7, 1, 2)
        counts = "SELECT (SELECT count(*) FROM contributions), (SELECT count(*) FROM contribution_keys)"
        assert tuple((await rows(database_url, counts))[0]) == (1, 1)


async def test_a_key_is_known_after_leaving_and_after_the_end(kept: Kept) -> None:
    assert (await kept.person.post(f"/raids/{kept.raid_id}/leave")).status_code == 200
    await kept.is_kept()
    fresh = await kept.person.post(f"/raids/{kept.raid_id}/contributions", BODY)
    assert code_of(fresh)[0] == 404
    ended = await kept.leader.post(f"/raids/{kept.raid_id}/contributions", {"xp": 1})
    assert ended.json()["raid"]["status"] == "completed"
    await kept.is_kept()


async def test_a_key_is_known_after_redis_lost_everything(kept: Kept, redis_url: str) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.flushall()
        await kept.is_kept()
        # And when it is lost under fifty who ask at once.
        await client.flushall()
        answers = await asyncio.gather(*(kept.again() for _ in range(25)))
    assert told([one for pair in answers for one in pair]) == {200: 50}
    snapshot = (await kept.person.get(f"/raids/{kept.raid_id}")).json()
    assert (snapshot["currentXp"], snapshot["currentTasks"]) == (7, 1)


async def test_the_last_key_of_a_raid_is_known_after_its_end_was_lost_with_redis(kept: Kept, redis_url: str) -> None:
    """The one that completed the raid: repeating it must neither complete it again nor be refused."""
    path = f"/raids/{kept.raid_id}/contributions"
    last = await kept.person.post(path, {"xp": 1}, Idempotency_Key="last")
    assert last.json()["raid"]["status"] == "completed"
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.flushall()
    await kept.is_kept()
    again = await kept.person.post(path, {"xp": 1}, Idempotency_Key="last")
    assert again.status_code == 200
    assert [again.json()[name] for name in FIRST] == [last.json()[name] for name in FIRST]
    assert again.json()["raid"]["status"] == "completed"


async def test_a_key_is_known_after_the_raid_was_unloaded(
    kept: Kept, launch: Launch, database_url: str, redis_url: str
) -> None:
    await kept.person.post(f"/raids/{kept.raid_id}/contributions", {"xp": 1})
    before = (await kept.person.get(f"/raids/{kept.raid_id}")).json()
    worker = await launch("worker")

    async def unloaded() -> bool:
        return bool((await rows(database_url, "SELECT unloaded FROM raids"))[0]["unloaded"])

    await eventually(unloaded)
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        lives = [await client.pttl(key) for key in raid_keys(kept.raid_id) if await client.exists(key)]
        assert all(0 < life <= 3600_000 for life in lives)
        await kept.is_kept()  # sealed, and still here
        await client.delete(*raid_keys(kept.raid_id))  # as their expiry does
        await kept.is_kept()
        assert 0 < await client.pttl(raid_keys(kept.raid_id)[0]) <= 3600_000
    after = (await kept.person.get(f"/raids/{kept.raid_id}")).json()
    assert after == before, "a raid that left in good order comes back under the epoch and seq it had"
    assert await worker.stop() == 0


async def test_what_was_answered_202_outlives_a_heal_and_is_answered_200_after_it(
    launch: Launch, database_url: str, redis_url: str
) -> None:
    """The ledger is too slow, Redis becomes another one meanwhile, and no worker runs: the log tells the heal."""
    async with servers(launch, RAIDLINE_ACK_TIMEOUT_MS="200") as people:
        person = await people[0].person()
        raid = await person.starts_raid(targetTasks=100)
        path, keys = f"/raids/{raid['id']}/contributions", [f"slow-{number}" for number in range(20)]

        async def all_at_once() -> list[httpx.Response]:
            return await asyncio.gather(
                *(
                    at(person, to).post(path, {"xp": 1}, Idempotency_Key=key)
                    for to, key in zip(cycle(people), keys, strict=False)
                )
            )

        connection = await asyncpg.connect(database_url)
        async with connection.transaction():
            await connection.execute("SELECT FROM raids FOR UPDATE")
            first = await all_at_once()
            assert told(first) == {202: 20}
            assert all(one.json()["effects"] is None and not one.json()["durable"] for one in first)
            async with redis.asyncio.Redis.from_url(redis_url) as client:
                await client.hset(raid_key(RaidId(raid["id"]), "state"), "run_id", "f" * 40)
        await connection.close()
        healed = (await person.get(f"/raids/{raid['id']}")).json()
        assert healed["epoch"] > raid["epoch"]
        assert (healed["currentXp"], healed["currentTasks"]) == (20, 20)

        async def all_known() -> list[httpx.Response]:
            answers = await all_at_once()
            assert told(answers) == {200: 20}
            return answers

        again = await eventually(all_known)  # the servers may still take the ledger for away
        for one, other in zip(first, again, strict=True):
            assert [one.json()[name] for name in FIRST[:3]] == [other.json()[name] for name in FIRST[:3]]
