"""FLUSHALL while a batch is open in Postgres: its rows are locked, and nothing is written yet."""

import asyncio

import asyncpg
import pytest
import redis.asyncio

from server.points import Point
from tests.faults.crowd import Crowd
from tests.faults.stage import FaultyProcess, Stage, reached
from tests.faults.verify import verify
from tests.helpers import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENT = {"RAIDLINE_ACK_TIMEOUT_MS": "30000"}
"""Nobody is to get a 202 here: Redis may lose those."""


@pytest.mark.parametrize("fate", ["goes_on", "killed"])
async def test_flushall_under_an_open_batch_loses_nothing_that_was_promised(stage: Stage, fate: str) -> None:
    stage.start("worker")
    steady, faulty = await asyncio.gather(
        stage.web(**PATIENT), stage.web(Point.BETWEEN_LOCK_AND_FOLD, "wait", **PATIENT)
    )
    async with Crowd(lambda: _route(faulty, steady), patience_seconds=30) as crowd:
        people = [await crowd.person() for _ in range(4)]
        raids = [await crowd.raid(people), await crowd.raid(people, targetTasks=12)]
        await asyncio.gather(*(crowd.contributions(raid_id, people, 6) for raid_id in raids))

        faulty.arm()
        under_way = [crowd.contributions(raid_id, people, 8) for raid_id in raids]
        await reached(faulty)
        async with redis.asyncio.Redis.from_url(stage.redis_url) as client:
            await client.flushall()
        under_way += [crowd.contributions(raid_id, people, 8) for raid_id in raids]
        await eventually(lambda: _a_heal_waits_for_the_batch(stage))
        if fate == "killed":
            await faulty.kill()
        else:
            faulty.go_on()
        await asyncio.gather(*under_way)

        assert 202 not in {answer.status for post in crowd.posts for answer in post.answers}
        await verify(stage, crowd, raids, people[0])


def _route(faulty: FaultyProcess, steady: FaultyProcess) -> list[str]:
    if faulty.process.poll() is not None:
        return [steady.url]
    return [steady.url, faulty.url] if faulty.reached else [faulty.url]


async def _a_heal_waits_for_the_batch(stage: Stage) -> bool:
    connection = await asyncpg.connect(stage.database_url)
    try:
        return bool(
            await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
    finally:
        await connection.close()
