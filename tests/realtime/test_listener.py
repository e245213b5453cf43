"""The one subscription of a process, against a real Redis and against one that misbehaves."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from realtime.errors import RedisAway
from realtime.server_listener import ServerListener
from tests.helpers import eventually
from tests.realtime.notes import Notes

PATIENCE = 30.0


@asynccontextmanager
async def listening(url: str, quiet: float = 5.0) -> AsyncIterator[tuple[ServerListener, Notes]]:
    listener, notes = ServerListener(url, quiet=quiet), Notes()
    listener.join(b"always")
    listener.start(notes)
    try:
        yield listener, notes
    finally:
        await listener.close()


async def test_what_is_published_after_joining_is_heard_in_order(redis_url: str) -> None:
    async with listening(redis_url) as (listener, notes), Redis.from_url(redis_url) as redis:
        listener.join(b"a")
        await listener.joined(b"a", PATIENCE)
        for number in range(100):
            await redis.publish("a", str(number))
        await eventually(lambda: len(notes.heard) == 100)
        assert notes.heard == [(b"a", str(number).encode()) for number in range(100)]


async def test_what_is_parted_with_is_not_heard(redis_url: str) -> None:
    async with listening(redis_url) as (listener, notes), Redis.from_url(redis_url) as redis:
        listener.join(b"a")
        await listener.joined(b"a", PATIENCE)
        listener.part(b"a")
        await eventually(lambda: numbers(redis, "a", 0))
        listener.join(b"b")
        await listener.joined(b"b", PATIENCE)
        await redis.publish("a", "1")
        await redis.publish("b", "2")
        await eventually(lambda: notes.heard)
        assert notes.heard == [(b"b", b"2")]


async def test_joining_again_at_once_counts_only_when_it_is_confirmed_itself(redis_url: str) -> None:
    async with listening(redis_url) as (listener, notes), Redis.from_url(redis_url) as redis:
        await listener.joined(b"always", PATIENCE)
        for _ in range(20):
            listener.join(b"a")
            listener.part(b"a")
        listener.join(b"a")
        await listener.joined(b"a", PATIENCE)
        assert await redis.publish("a", "1") == 1
        await eventually(lambda: notes.heard == [(b"a", b"1")])


async def test_after_a_loss_everything_is_subscribed_to_again(redis_url: str) -> None:
    async with listening(redis_url) as (listener, notes), Redis.from_url(redis_url) as redis:
        names = [b"channel-%d" % number for number in range(700)]
        for name in names:
            listener.join(name)
        await listener.joined(names[-1], PATIENCE)
        assert (notes.lost, notes.back) == ({}, {})
        await redis.client_kill_filter(_type="pubsub")
        await eventually(lambda: len(notes.back) == 701)
        assert notes.lost == notes.back == dict.fromkeys([b"always", *names], 1)
        assert all(listener.hears(name) for name in names)
        assert await redis.publish("always", "1") == 1
        assert await redis.publish(names[-1], "2") == 1
        await eventually(lambda: len(notes.heard) == 2)


async def test_what_is_joined_during_a_loss_is_there_after_it(redis_url: str) -> None:
    async with listening(redis_url) as (listener, notes), Redis.from_url(redis_url) as redis:
        await listener.joined(b"always", PATIENCE)
        heard_of: list[bool] = []

        def join_in_the_midst(names: Collection[bytes], reason: str) -> None:
            Notes.on_lost(notes, names, reason)
            heard_of.append(listener.hears(b"always"))
            listener.join(b"a")

        notes.on_lost = join_in_the_midst  # type: ignore[method-assign]
        await redis.client_kill_filter(_type="pubsub")
        await eventually(lambda: notes.lost[b"always"] == 1)
        assert heard_of == [False]
        await listener.joined(b"a", PATIENCE)
        assert await redis.publish("a", "1") == 1
        assert b"a" not in notes.lost + notes.back


async def test_without_redis_joining_fails_in_time() -> None:
    async with listening("unix:///nowhere/redis.sock") as (listener, notes):
        with pytest.raises(RedisAway):
            await listener.joined(b"always", 0.1)
        assert (notes.lost, notes.back) == ({}, {})


async def test_a_connection_that_is_silent_but_well_is_kept(redis_url: str) -> None:
    async with listening(redis_url, quiet=0.5) as (listener, notes), Redis.from_url(redis_url) as redis:
        await listener.joined(b"always", PATIENCE)
        await _asked_more_than_once(redis)
        assert (notes.lost, notes.back) == ({}, {})


async def test_whoever_stood_still_itself_does_not_take_its_connection_for_dead(redis_url: str) -> None:
    """Whether the process is stopped, its machine asleep, or its loop held up: nobody was asked meanwhile."""
    async with listening(redis_url, quiet=0.5) as (listener, notes), Redis.from_url(redis_url) as redis:
        await listener.joined(b"always", PATIENCE)
        time.sleep(2.0)
        await _asked_more_than_once(redis)
        assert (notes.lost, notes.back) == ({}, {})


async def test_a_connection_that_is_dead_without_a_word_is_replaced(tmp_path: Path) -> None:
    connections = 0

    async def confirm_and_fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while command := await reader.read(1000):
            if b"SUBSCRIBE" in command:
                writer.write(b"*3\r\n$9\r\nsubscribe\r\n$6\r\nalways\r\n:1\r\n")
            elif b"PING" not in command:
                writer.write(b"+OK\r\n" * command.count(b"*"))
        writer.close()

    path = str(tmp_path / "redis.sock")
    server = await asyncio.start_unix_server(confirm_and_fall_silent, path)
    async with server, listening(f"unix://{path}", quiet=0.05) as (_, notes):
        await eventually(lambda: connections >= 2 and notes.back)
        assert notes.lost


async def _asked_more_than_once(redis: Redis) -> None:
    """Returns when Redis has answered two more pings."""
    before = await _pings(redis)

    async def answered() -> bool:
        return await _pings(redis) >= before + 2

    await eventually(answered, PATIENCE)


async def _pings(redis: Redis) -> int:
    counted = await redis.info("commandstats")
    return int(counted.get("cmdstat_ping", {"calls": 0})["calls"])


async def numbers(redis: Redis, name: str, wanted: int) -> bool:
    (_, count), *_ = await redis.pubsub_numsub(name)
    return int(count) == wanted
