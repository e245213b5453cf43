"""The fixtures keep their word: every test has services of its own, and nothing of the one before."""

import socket
import time

import asyncpg
import pytest
import redis.asyncio

from server.settings import Settings
from tests.conftest import Launch
from tests.helpers import BLOCK, eventually, free_port


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


async def test_eventually_counts_what_came_about_while_nothing_ran() -> None:
    looks = iter([False, True])

    def look() -> bool:
        time.sleep(0.06)
        return next(looks)

    assert await eventually(look, deadline=0.05)


def test_ports_come_in_turn_from_a_block_of_this_process_alone() -> None:
    ports = [free_port() for _ in range(BLOCK // 2)]
    assert len(set(ports)) == len(ports)
    assert len({port // BLOCK for port in ports}) == 1
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", ports[0] // BLOCK * BLOCK))


async def test_eventually_says_what_it_saw_last() -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.05 s: 0"):
        await eventually(lambda: 0, deadline=0.05)
