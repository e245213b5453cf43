"""Pipelines of scripts: answers in their order, forgotten scripts, and a Redis that will not work."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.exceptions import ResponseError

from realtime.answers import parse_info
from realtime.calls import RUN_ID, Call
from realtime.connection import Scripted
from realtime.errors import RedisAway
from server.embedded import EmbeddedRedis
from tests.realtime.echoes import BROKEN, ECHO, OTHER_ECHO, WRITE, assert_answers_are_ones_own, echo
from tests.realtime.raid_world import ALICE, World, contribution


@pytest_asyncio.fixture
async def narrow(redis_url: str) -> AsyncIterator[Scripted]:
    """With a single connection, so that whatever one call leaves behind meets the next."""
    scripted = Scripted(redis_url, timeout=30, connections=1)
    yield scripted
    await scripted.close()


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
        with pytest.raises(RedisAway, match="maxmemory"):
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
    scripted = Scripted(lonely_redis.url, timeout=30, connections=1)
    await scripted.plain([["REPLICAOF", "127.0.0.1", "1"]])

    with pytest.raises(RedisAway):
        await scripted.call(Call(WRITE, ["key"], ["value"]))
    with pytest.raises(RedisAway):
        await scripted.plain([["SET", "key", "value"]])
    await scripted.close()


async def test_a_redis_without_the_replicas_it_wants_is_away(lonely_redis: EmbeddedRedis) -> None:
    scripted = Scripted(lonely_redis.url, timeout=30, connections=1)
    await scripted.redis.config_set("min-replicas-to-write", 1)

    with pytest.raises(RedisAway):
        await scripted.call(Call(WRITE, ["key"], ["value"]))
    with pytest.raises(RedisAway):
        await scripted.plain([["SET", "key", "value"]])
    await scripted.close()


async def test_a_failing_script_leaves_its_neighbours_their_replies(scripted: Scripted) -> None:
    first, second, third = await scripted.run_each([echo("a"), Call(BROKEN, [], []), echo("b")])

    assert (first, third) == ([b"a"], [b"b"])
    assert isinstance(second, ResponseError)
