"""`raidline audit` finds whatever is planted in streaks, stats, unlocks, rewards and boards, and mends it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import redis.asyncio

from tests.conftest import Launch
from tests.end_to_end.client import servers, told_all
from tests.end_to_end.planted import Plant
from tests.end_to_end.planted_progress import ALL
from tests.end_to_end.test_audit_repair import Audit, Grown, execute, grown, lines
from tests.helpers import eventually

ONCE = """
    INSERT INTO achievements (name, group_name, tier, metric, threshold, reward_xp, reward_credits, complete_since)
    VALUES ('Once', 'once', 'wood', 'tasks_total', 1, 30, 3, '-infinity') RETURNING id"""


@pytest.fixture
def audit(database_url: str, redis_url: str) -> Audit:
    return Audit(database_url, redis_url)


async def once(database_url: str) -> int:
    """An achievement that everybody has after their first task."""
    connection = await asyncpg.connect(database_url)
    try:
        return int(await connection.fetchval(ONCE))
    finally:
        await connection.close()


async def boards(one: Grown, today: str) -> list[dict[str, Any]]:
    """Its own board and that of the day, as they are shown."""
    paths = (f"/leaderboards/raids/{one.raid_id}", f"/leaderboards/daily/{today}?around=me")
    answers = [await one.people["leader"].get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    return [answer.json() for answer in answers]


async def me(one: Grown) -> dict[str, Any]:
    answer = await one.people["member"].get("/me")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def plant(one: Plant, places: dict[str, Any], database_url: str, redis_url: str) -> None:
    if one.sql:
        done = await execute(database_url, one.sql.format(**places))
        assert not done.endswith(" 0"), f"{done} by {one.sql}"
        return
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        words = [word.format(**places) for word in one.redis]
        assert await client.execute_command(*words) == 1, words  # type: ignore[no-untyped-call]


@pytest.mark.slow
async def test_every_planted_difference_of_progress_is_found_named_and_mended(
    launch: Launch, audit: Audit, database_url: str, redis_url: str
) -> None:
    today = datetime.now(UTC).date().isoformat()
    common = {"once": await once(database_url), "today": today, "nobody": "0" * 15}
    async with servers(launch, 1) as (here,):
        raids = dict(zip(ALL, await asyncio.gather(*(grown(here) for _ in ALL)), strict=True))
        await eventually(lambda: told_all(database_url))
        shown = {name: await boards(one, today) for name, one in raids.items()}
        people = {name: await me(one) for name, one in raids.items()}
        code, report = await audit.run()
        assert (code, report["differences"]) == (0, [])

        places = {name: one.places | common for name, one in raids.items()}
        for name, one in ALL.items():
            await plant(one, places[name], database_url, redis_url)
        code, report = await audit.run()
        named = lines(report["differences"])
        unnoticed = {
            name: expected
            for name, one in ALL.items()
            if not any(line.startswith(expected := one.named.format(**places[name])) for line in named)
        }
        assert (code, unnoticed) == (1, {}), "\n".join(named)

        code, report = await audit.run("--repair")
        assert (code, report["left"]) == (0, [])
        code, report = await audit.run()
        assert (code, report["differences"]) == (0, [])
        assert {name: await boards(one, today) for name, one in raids.items()} == shown
        again = {name: await me(one) for name, one in raids.items()}
        changed = {name for name in ALL if again[name] != people[name]}
        assert changed <= {"checkins: too much"}, "a check-in is a row, and what it says is true"
