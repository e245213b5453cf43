"""The fixtures keep their word: every test has services of its own, and nothing of the one before."""

import asyncpg
import pytest
import redis.asyncio

from server.settings import Settings
from tests.conftest import Launch
from tests.helpers import eventually


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_an_empty_database_and_redis(database_url: str, redis_url: str, turn: int) -> None:
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM users") == 0
    await connection.execute("CREATE TABLE left_behind ()")
    await connection.close()
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left-behind", turn)


async def test_the_settings_point_to_them(settings: Settings, database_url: str, redis_url: str) -> None:
    assert (settings.database_url, settings.redis_url) == (database_url, redis_url)
    assert settings.guests
    assert settings.admin_token is not None


async def test_launch_starts_a_server_that_answers_and_stops(launch: Launch) -> None:
    server = await launch()
    assert await server.stop() == 0


async def test_eventually_says_what_it_saw_last() -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.05 s: 0"):
        await eventually(lambda: 0, deadline=0.05)
