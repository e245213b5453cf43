"""The way to Redis: pipelines of scripts, answers that belong to their callers, and a Redis that is away."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.exceptions import ResponseError

from raidline.ids import Epoch
from realtime.connection import RUN_ID, Call, Scripted, parse_info
from realtime.errors import RedisAway
from realtime.scripts import Script
from server.embedded import EmbeddedRedis
from tests.realtime.raid_world import ALICE, RAID, World, contribution
from tests.realtime.sluice import Sluice


def made_up(source: str) -> Script:
    return Script("made_up", source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


ECHO = made_up("return ARGV[1]")
OTHER_ECHO = made_up("return { ARGV[1], 'other' }")
WRITE = made_up("return redis.call('SET', KEYS[1], ARGV[1])")
BROKEN = made_up("return redis.call('HGET', KEYS[1])")


def echo(word: str) -> Call:
    return Call(ECHO, [], [word])


async def assert_answers_are_ones_own(scripted: Scripted, word: str) -> None:
    words = [f"{word}-{number}" for number in range(3)]
    assert await scripted.run([echo(one) for one in words]) == [[one.encode()] for one in words]


@pytest_asyncio.fixture
async def narrow(redis_url: str) -> AsyncIterator[Scripted]:
    """With a single connection, so that whatever one call leaves behind meets the next."""
    scripted = Scripted(redis_url, timeout=5, connections=1)
    yield scripted
    await scripted.close()


@pytest_asyncio.fixture
async def lonely_redis(service_folder: Path) -> AsyncIterator[EmbeddedRedis]:
    """A Redis of this test's own, to be stopped and killed."""
    redis = EmbeddedRedis(service_folder / "redis")
    await redis.start()
    yield redis
    await redis.stop()


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds


# -- pipelines -------------------------------------------------------------------------------------------


async def test_replies_come_in_the_order_of_the_calls(scripted: Scripted) -> None:
    calls = [Call(ECHO if number % 3 else OTHER_ECHO, [], [str(number)]) for number in range(500)]

    replies = await scripted.run(calls)

    assert [int(reply[0]) for reply in replies] == list(range(500))
    assert [len(reply) for reply in replies] == [1 if number % 3 else 2 for number in range(500)]


async def test_a_single_word_comes_as_a_list_of_one(scripted: Scripted) -> None:
    assert await scripted.call(echo("word")) == [b"word"]


async def test_no_calls_have_no_replies(scripted: Scripted) -> None:
    assert await scripted.run([]) == []


async def test_a_script_that_redis_forgot_is_loaded_again(scripted: Scripted) -> None:
    await scripted.call(echo("before"))
    await scripted.redis.script_flush()

    assert await scripted.call(echo("after")) == [b"after"]


async def test_a_pipeline_with_forgotten_scripts_keeps_its_order_of_replies(scripted: Scripted) -> None:
    await scripted.redis.script_flush()
    await scripted.call(Call(OTHER_ECHO, [], ["known"]))
    calls = [Call(ECHO if number % 2 else OTHER_ECHO, [], [str(number)]) for number in range(20)]

    replies = await scripted.run(calls)

    assert [int(reply[0]) for reply in replies] == list(range(20))


async def test_plain_commands_ride_along_and_their_answers_are_dropped(scripted: Scripted) -> None:
    hints = [["SET", "hint", "1"], ["HGET", "hint", "fails"], ["SET", "another", "2"]]

    assert await scripted.run([echo("a"), echo("b")], hints) == [[b"a"], [b"b"]]

    assert await scripted.redis.mget("hint", "another") == [b"1", b"2"]
    await assert_answers_are_ones_own(scripted, "next")


async def test_plain_commands_are_answered_in_order(scripted: Scripted) -> None:
    assert await scripted.plain([["ECHO", "a"], ["SET", "key", 1], ["GET", "key"]]) == [b"a", b"OK", b"1"]


async def test_our_own_mistakes_are_not_taken_for_a_redis_that_is_away(narrow: Scripted) -> None:
    with pytest.raises(ResponseError):
        await narrow.run([echo("a"), Call(BROKEN, ["key"], []), echo("b")])
    with pytest.raises(ResponseError):
        await narrow.plain([["ECHO", "a"], ["HGET", "key"], ["ECHO", "b"]])

    await assert_answers_are_ones_own(narrow, "next")


async def test_scripts_are_told_the_run_id_of_the_redis_that_runs_them(scripted: Scripted) -> None:
    info = parse_info((await scripted.plain([["INFO", "server"]]))[0])

    assert await scripted.call(Call(ECHO, [], [RUN_ID])) == [info["run_id"].encode()]
    assert await scripted.run_id() == info["run_id"]


def test_info_is_read_line_by_line() -> None:
    info = b"# Server\r\nredis_version:7.2.4\r\nrun_id:abc\r\nexecutable:/a:b\r\n\r\n"

    assert parse_info(info) == {"redis_version": "7.2.4", "run_id": "abc", "executable": "/a:b"}


# -- a Redis that will not work --------------------------------------------------------------------------


async def test_a_redis_that_is_full_is_away(scripted: Scripted) -> None:
    await scripted.redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(RedisAway, match="OOM|maxmemory"):
            await scripted.call(Call(WRITE, ["key"], ["value"]))
        with pytest.raises(RedisAway):
            await scripted.plain([["SET", "key", "value"]])
        await assert_answers_are_ones_own(scripted, "reading")
    finally:
        await scripted.redis.config_set("maxmemory", 0)


async def test_a_redis_that_is_full_decides_nothing_by_halves(world: World) -> None:
    await world.active(ALICE)
    await world.do(contribution(1))
    before = await world.everything()
    await world.redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(RedisAway):
            await world.do(contribution(2))
        assert await world.outcome(contribution(1)) == "duplicate"
    finally:
        await world.redis.config_set("maxmemory", 0)
    assert await world.everything() == before


async def test_a_redis_that_became_a_replica_is_away(lonely_redis: EmbeddedRedis) -> None:
    scripted = Scripted(lonely_redis.url, timeout=5, connections=1)
    await scripted.redis.execute_command("REPLICAOF", "127.0.0.1", "1")

    with pytest.raises(RedisAway):
        await scripted.call(Call(WRITE, ["key"], ["value"]))
    with pytest.raises(RedisAway):
        await scripted.plain([["SET", "key", "value"]])
    await scripted.close()


async def test_a_redis_without_the_replicas_it_wants_is_away(lonely_redis: EmbeddedRedis) -> None:
    scripted = Scripted(lonely_redis.url, timeout=5, connections=1)
    await scripted.redis.config_set("min-replicas-to-write", 1)

    with pytest.raises(RedisAway):
        await scripted.call(Call(WRITE, ["key"], ["value"]))
    with pytest.raises(RedisAway):
        await scripted.plain([["SET", "key", "value"]])
    await scripted.close()


# -- a Redis that does not answer ------------------------------------------------------------------------


async def test_where_there_is_no_redis_it_is_away_at_once(tmp_path: Path) -> None:
    scripted = Scripted(f"unix://{tmp_path}/nobody.sock", timeout=30, connections=1)

    with within(5), pytest.raises(RedisAway):
        await scripted.call(echo("a"))
    with pytest.raises(RedisAway):
        await scripted.run_id()


async def test_a_redis_that_stands_still_is_away_in_time_and_works_when_it_goes_on(
    lonely_redis: EmbeddedRedis,
) -> None:
    scripted = Scripted(lonely_redis.url, timeout=0.3, connections=2)
    await assert_answers_are_ones_own(scripted, "before")
    lonely_redis.pause()
    try:
        for _ in range(3):  # on the connection there is, and on new ones
            with within(3), pytest.raises(RedisAway):
                await scripted.call(echo("a"))
        with within(3), pytest.raises(RedisAway):
            await scripted.plain([["ECHO", "a"]])
    finally:
        lonely_redis.resume()

    await assert_answers_are_ones_own(scripted, "after")
    await scripted.close()


async def test_many_callers_of_a_redis_that_stands_still_all_learn_it_in_time(
    lonely_redis: EmbeddedRedis,
) -> None:
    scripted = Scripted(lonely_redis.url, timeout=0.3, connections=2)
    lonely_redis.pause()
    try:
        with within(6):
            answers = await asyncio.gather(
                *(scripted.call(echo("a")) for _ in range(10)), return_exceptions=True
            )
    finally:
        lonely_redis.resume()

    assert {type(answer) for answer in answers} == {RedisAway}
    await assert_answers_are_ones_own(scripted, "after")
    await scripted.close()


async def test_a_killed_redis_is_away_and_its_next_run_is_known_for_another(
    lonely_redis: EmbeddedRedis,
) -> None:
    scripted = Scripted(lonely_redis.url, timeout=5, connections=2)
    world = World(scripted)
    await world.active(ALICE)
    first_run = await scripted.run_id()
    await lonely_redis.kill()

    with within(5), pytest.raises(RedisAway):
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
    scripted = Scripted(lonely_redis.url, timeout=5, connections=3)
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

    scripted = Scripted(redis_url, timeout=0.3, connections=1, pause=pause)
    first = asyncio.create_task(scripted.call(echo("first")))
    await at_work.wait()

    with within(3), pytest.raises(RedisAway):
        await scripted.plain([["ECHO", "second"]])

    go_on.set()
    assert await first == [b"first"]
    await scripted.close()


# -- callers that go away --------------------------------------------------------------------------------

LOOP_STEPS = 60
"""More turns of the event loop than connecting and calling take together."""


@pytest.mark.parametrize("times", [1, 2], ids=["cancelled once", "cancelled twice"])
@pytest.mark.parametrize("connected", [True, False])
async def test_whenever_a_caller_is_cancelled_the_next_gets_its_own_answers(
    redis_url: str, connected: bool, times: int
) -> None:
    for steps in range(LOOP_STEPS):
        scripted = Scripted(redis_url, timeout=5, connections=1)
        if connected:
            await scripted.call(echo("warm"))
        caller = asyncio.create_task(scripted.run([echo("lost-1"), echo("lost-2")], [["ECHO", "lost-3"]]))
        await _turns(steps)
        for _ in range(times):
            caller.cancel()
            await _turns(1)
        await asyncio.wait([caller])

        await assert_answers_are_ones_own(scripted, f"after {steps}")
        await scripted.close()


async def test_whoever_is_cancelled_while_waiting_for_a_connection_takes_none_along(
    redis_url: str,
) -> None:
    go_on = asyncio.Event()

    async def pause(_point: str) -> None:
        await go_on.wait()

    scripted = Scripted(redis_url, timeout=5, connections=1, pause=pause)
    callers = [asyncio.create_task(scripted.call(echo(str(number)))) for number in range(10)]
    await _turns(LOOP_STEPS)
    for caller in callers[1::2]:
        caller.cancel()
    go_on.set()
    await asyncio.wait(callers)

    assert [caller.result() for caller in callers[::2]] == [
        [str(number).encode()] for number in range(0, 10, 2)
    ]
    await assert_answers_are_ones_own(scripted, "after")
    await scripted.close()


async def test_an_answer_that_was_read_by_half_is_nobody_elses(redis_url: str, service_folder: Path) -> None:
    async with _sluice(redis_url, service_folder) as (sluice, scripted):
        # Each answer is "$6\r\n", six letters and "\r\n": 12 bytes.
        for size in range(1, 36):
            await scripted.call(echo("warm"))
            await sluice.allow(size)
            caller = asyncio.create_task(scripted.run([echo("lost-1"), echo("lost-2"), echo("lost-3")]))
            await sluice.used_up()
            await _turns(5)
            assert not caller.done()
            caller.cancel()
            await asyncio.wait([caller])
            await sluice.allow(None)

            await assert_answers_are_ones_own(scripted, f"after {size}")


async def test_an_answer_that_came_too_late_is_nobody_elses(redis_url: str, service_folder: Path) -> None:
    async with _sluice(redis_url, service_folder, timeout=0.2) as (sluice, scripted):
        for size in (1, 12, 17):
            await scripted.call(echo("warm"))
            await sluice.allow(size)
            with pytest.raises(RedisAway):
                await scripted.run([echo("lost-1"), echo("lost-2")])
            await sluice.allow(None)

            await assert_answers_are_ones_own(scripted, f"after {size}")


@contextlib.asynccontextmanager
async def _sluice(
    redis_url: str, folder: Path, *, timeout: float = 5
) -> AsyncIterator[tuple[Sluice, Scripted]]:
    own_socket = folder / "sluice.sock"
    async with Sluice.before(redis_url.removeprefix("unix://"), own_socket) as sluice:
        scripted = Scripted(f"unix://{own_socket}", timeout=timeout, connections=1)
        yield sluice, scripted
        await scripted.close()


async def _turns(count: int) -> None:
    """Let the event loop turn this often."""
    for _ in range(count):
        await asyncio.sleep(0)
