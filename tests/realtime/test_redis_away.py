"""A Redis that stands still, is gone, or comes back as another run: bounded, and never taken for the old one."""

import asyncio
from pathlib import Path

import pytest

from raidline.ids import Epoch
from realtime.calls import RUN_ID, Call
from realtime.connection import Scripted
from realtime.errors import RedisAway
from server.embedded import EmbeddedRedis
from tests.helpers import all_written, eventually
from tests.realtime.echoes import ECHO, answers, echo, within
from tests.realtime.raid_world import ALICE, RAID, World, contribution


async def test_where_there_is_no_redis_it_is_away_at_once(tmp_path: Path) -> None:
    scripted = Scripted(f"unix://{tmp_path}/nobody.sock", timeout=30, connections=1)

    with within(20), pytest.raises(RedisAway):
        await scripted.call(echo("a"))
    with pytest.raises(RedisAway):
        await scripted.run_id()


async def test_a_redis_that_stands_still_is_away_in_time_and_works_when_it_goes_on(
    lonely_redis: EmbeddedRedis,
) -> None:
    scripted = Scripted(lonely_redis.url, timeout=0.3, connections=2)
    await eventually(lambda: answers(scripted, "before"))
    lonely_redis.pause()
    try:
        for _ in range(3):  # on the connection there is, and on new ones
            with within(20), pytest.raises(RedisAway):
                await scripted.call(echo("a"))
        with within(20), pytest.raises(RedisAway):
            await scripted.plain([["ECHO", "a"]])
    finally:
        lonely_redis.resume()

    await eventually(lambda: answers(scripted, "after"))
    await scripted.close()


async def test_many_callers_of_a_redis_that_stands_still_all_learn_it_in_time(
    lonely_redis: EmbeddedRedis,
) -> None:
    scripted = Scripted(lonely_redis.url, timeout=0.3, connections=2)
    lonely_redis.pause()
    try:
        with within(20):
            told = await asyncio.gather(*(scripted.call(echo("a")) for _ in range(10)), return_exceptions=True)
    finally:
        lonely_redis.resume()

    assert {type(one) for one in told} == {RedisAway}
    await eventually(lambda: answers(scripted, "after"))
    await scripted.close()


async def test_a_killed_redis_is_away_and_its_next_run_is_known_for_another(
    lonely_redis: EmbeddedRedis,
) -> None:
    scripted = Scripted(lonely_redis.url, timeout=30, connections=2)
    world = World(scripted)
    await world.active(ALICE)
    first_run = await scripted.run_id()
    await all_written(lonely_redis.url)
    await lonely_redis.kill()

    with within(20), pytest.raises(RedisAway):
        await world.do(contribution(1))

    await lonely_redis.start()
    second_run = await scripted.run_id()
    assert second_run != first_run
    assert (await world.state())["run_id"] == first_run, "it read its file, and the state is there"
    assert await world.outcome(contribution(1)) == "suspect"
    frozen = await world.care.freeze(RAID, Epoch(0))
    assert (frozen.outcome, frozen.run_id) == ("frozen", second_run)
    await scripted.close()


async def test_idle_connections_to_a_redis_that_restarted_belong_to_the_new_run(
    lonely_redis: EmbeddedRedis,
) -> None:
    scripted = Scripted(lonely_redis.url, timeout=30, connections=3)
    await asyncio.gather(*(scripted.call(echo("warm")) for _ in range(3)))
    first_run = await scripted.run_id()
    await lonely_redis.stop()
    await lonely_redis.start()

    runs = [await _run_id_or_none(scripted) for _ in range(8)]

    assert first_run not in runs
    assert runs[-1] is not None
    await scripted.close()


async def _run_id_or_none(scripted: Scripted) -> str | None:
    """What a script is told: never an old id, at worst nothing."""
    try:
        return (await scripted.call(Call(ECHO, [], [RUN_ID])))[0].decode()
    except RedisAway:
        return None


async def test_who_waits_too_long_for_a_connection_is_told_so(redis_url: str) -> None:
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def pause(_point: str) -> None:
        at_work.set()
        await go_on.wait()

    scripted = Scripted(redis_url, timeout=30, connections=1, pause=pause)
    scripted._pool._patience = 0.3
    first = asyncio.create_task(scripted.call(echo("first")))
    await at_work.wait()

    with within(20), pytest.raises(RedisAway):
        await scripted.plain([["ECHO", "second"]])

    go_on.set()
    assert await first == [b"first"]
    await scripted.close()
