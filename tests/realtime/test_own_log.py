"""A person's own log in a real Redis: numbered once, published, resumed, and begun anew when Redis forgot it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from raidline.ids import Epoch, Seq, UserId
from realtime import keys, sse
from realtime.connection import Scripted
from realtime.cursor import NOWHERE, Cursor
from realtime.hub import Hub, HubSettings, NotVisible
from realtime.logs import Own
from realtime.own_log import OwnEvent, OwnLogs, OwnPage
from realtime.server_listener import ServerListener
from realtime.stream import Viewer
from tests.helpers import eventually, next_millisecond
from tests.realtime.memory import Memory
from tests.realtime.readers import Client, assert_seamless

ALICE, BOB = UserId(1), UserId(2)


def event(number: int, name: str = "streak") -> OwnEvent:
    return OwnEvent(f"7.{number}", name, b'{"number":%d}' % number)


@pytest.fixture
def logs(scripted: Scripted) -> OwnLogs:
    return OwnLogs(scripted)


async def begin(logs: OwnLogs, user_id: UserId = ALICE) -> Cursor:
    """Where the log is now."""
    return (await logs.read(user_id, None)).head


def after(head: Cursor, seq: int) -> Cursor:
    return Cursor(head.epoch, Seq(head.seq + seq))


def numbers(page: OwnPage) -> list[bytes]:
    return [entry.data for entry in page.entries]


async def test_events_are_numbered_in_order_and_read_from_a_cursor(logs: OwnLogs) -> None:
    start = await begin(logs)
    assert start.seq == 0
    await logs.tell({ALICE: [event(1), event(2)], BOB: [event(3)]})
    await logs.tell({ALICE: [event(4)]})
    page = await logs.read(ALICE, start)
    assert page.recovered == "full"
    assert page.head == after(start, 3)
    assert [entry.cursor for entry in page.entries] == [after(start, seq) for seq in (1, 2, 3)]
    assert numbers(page) == [b'{"number":1}', b'{"number":2}', b'{"number":4}']
    assert numbers(await logs.read(ALICE, after(start, 2))) == [b'{"number":4}']
    assert (await logs.read(ALICE, page.head)).entries == ()


async def test_what_comes_twice_is_dropped(logs: OwnLogs) -> None:
    start = await begin(logs)
    await logs.tell({ALICE: [event(1), event(2)]})
    await logs.tell({ALICE: [event(1), event(2), event(3)]})
    await logs.tell({ALICE: [event(2)]})
    assert numbers(await logs.read(ALICE, start)) == [b'{"number":%d}' % number for number in (1, 2, 3)]


async def test_two_who_tell_the_same_at_once_tell_it_once(logs: OwnLogs, redis_url: str) -> None:
    other = Scripted(redis_url, timeout=10, connections=4)
    start = await begin(logs)
    tellers = [logs, OwnLogs(other)] * 4
    await asyncio.gather(*(one.tell({ALICE: [event(number) for number in range(50)]}) for one in tellers))
    page = await logs.read(ALICE, start)
    assert numbers(page) == [b'{"number":%d}' % number for number in range(50)]
    await other.close()


async def test_the_log_and_the_ids_are_bounded_and_live_for_seven_days(logs: OwnLogs, redis_url: str) -> None:
    start = await begin(logs)
    for first in range(0, 1200, 100):
        await logs.tell({ALICE: [event(number) for number in range(first, first + 100)]})
    async with Redis.from_url(redis_url) as redis:
        state, log, ids = keys.own_log_keys(ALICE)
        assert await redis.xlen(log) == 1000
        assert await redis.zcard(ids) == 1000
        for key in (state, log, ids):
            assert 6.9 * 86400 < await redis.ttl(key) <= 7 * 86400
    assert (await logs.read(ALICE, after(start, 199))).recovered == "reset"
    page = await logs.read(ALICE, after(start, 200))
    assert page.recovered == "full"
    assert len(page.entries) == 1000
    await logs.tell({ALICE: [event(1199)]})
    assert (await logs.read(ALICE, None)).head == page.head


async def test_a_cursor_that_cannot_be_served_is_a_reset(logs: OwnLogs) -> None:
    start = await begin(logs)
    await logs.tell({ALICE: [event(1)]})
    for cursor in (NOWHERE, after(start, 2), Cursor(Epoch(start.epoch + 1), Seq(0)), Cursor(Epoch(1), Seq(1))):
        page = await logs.read(ALICE, cursor)
        assert (page.recovered, page.head, page.entries) == ("reset", after(start, 1), ())


async def test_the_epoch_rises_when_redis_has_forgotten(logs: OwnLogs, redis_url: str) -> None:
    first = await begin(logs)
    await logs.tell({ALICE: [event(1)]})
    async with Redis.from_url(redis_url) as redis:
        await next_millisecond(redis)
        await redis.flushall()
        assert (await logs.read(ALICE, after(first, 1))).recovered == "reset"
        second = await begin(logs)
        assert second.epoch > first.epoch
        await next_millisecond(redis)
        await redis.delete(*keys.own_log_keys(ALICE))
        await logs.tell({ALICE: [event(2)]})
    third = await logs.read(ALICE, None)
    assert third.head.epoch > second.epoch
    assert third.head.seq == 1


async def test_a_redis_that_restarted_is_not_trusted_with_what_it_published(logs: OwnLogs, redis_url: str) -> None:
    """It may have lost the last events; what it remembers of ids still drops repeats."""
    await logs.tell({ALICE: [event(1), event(2)]})
    before = await begin(logs)
    async with Redis.from_url(redis_url) as redis:
        await redis.hset(keys.person_key(ALICE, "log_state"), "run_id", "another run")
    await logs.tell({ALICE: [event(2), event(3)]})
    page = await logs.read(ALICE, before)
    assert page.recovered == "reset"
    assert page.head == Cursor(page.head.epoch, Seq(1))
    assert page.head.epoch > before.epoch


async def test_a_clock_set_back_does_not_lower_an_epoch_that_is_remembered(logs: OwnLogs, scripted: Scripted) -> None:
    await begin(logs)
    state = keys.person_key(ALICE, "log_state")
    await scripted.plain([["HSET", state, "epoch", "900000000000000", "run_id", "another run"]])
    assert (await begin(logs)).epoch == 900_000_000_000_001


# -- through a hub -----------------------------------------------------------------------------------------------


@dataclass
class Following:
    hub: Hub
    logs: OwnLogs

    async def client(self, cursor: Cursor | str | None = None, user: UserId | None = ALICE) -> Client:
        client = Client()
        stream = self.hub.open(Viewer(user), sse.SSE)
        try:
            await self.hub.watch_own(stream, None if cursor is None else str(cursor))
        except NotVisible:
            self.hub.close(stream)
            raise
        stream.open(client.send, client.abort)
        return client


@asynccontextmanager
async def following(url: str, scripted: Scripted) -> AsyncIterator[Following]:
    world = Memory()
    logs = OwnLogs(scripted)

    async def snapshot(user_id: UserId) -> bytes:
        return b'{"level":%d}' % user_id

    settings = HubSettings(heartbeat=0.1, linger=0.05)
    hub = Hub(world, ServerListener(url), world.ensure, settings, own=Own(logs, snapshot))
    hub.start()
    try:
        yield Following(hub, logs)
    finally:
        await hub.stop()


async def test_a_first_visit_gets_the_progress_and_then_what_happens(redis_url: str, scripted: Scripted) -> None:
    async with following(redis_url, scripted) as on:
        client, stranger = await on.client(), await on.client(user=BOB)
        await on.logs.tell({ALICE: [event(1), event(2)]})
        await eventually(lambda: client.events.count("streak") == 2)
        hello, snapshot, *_ = client.told
        assert hello.data["recovered"] == "none"
        assert hello.data["from"] is None
        assert "raidId" not in hello.data
        assert str(snapshot.id) == hello.data["head"]
        assert snapshot.data["userId"] == ALICE
        assert snapshot.data["level"] == ALICE
        assert "streak" not in stranger.events
        assert_seamless([told for told in client.told if told.event != "sync"])
        await eventually(lambda: "sync" in client.events)


async def test_who_resumes_gets_what_was_missed(redis_url: str, scripted: Scripted) -> None:
    async with following(redis_url, scripted) as on:
        start = await begin(on.logs)
        await on.logs.tell({ALICE: [event(number) for number in range(5)]})
        client = await on.client(after(start, 2))
        await on.logs.tell({ALICE: [event(5)]})
        await eventually(lambda: client.at == after(start, 6))
        assert client.told[0].data["recovered"] == "full"
        assert client.seqs == [3, 4, 5, 6]
        for cursor in ("nonsense", "1-1", after(start, 99)):
            assert (await on.client(cursor)).events == ["hello", "snapshot"]


async def test_a_log_that_is_lost_under_an_open_stream_is_told(redis_url: str, scripted: Scripted) -> None:
    async with following(redis_url, scripted) as on, Redis.from_url(redis_url) as redis:
        client = await on.client()
        await on.logs.tell({ALICE: [event(1)]})
        await eventually(lambda: client.seqs == [0, 1])
        await redis.flushall()
        await on.logs.tell({ALICE: [event(2), event(3)]})
        head = await begin(on.logs)
        await eventually(lambda: client.at == head)
        assert head.seq == 2
        told = [one for one in client.told if one.event != "sync"]
        assert [one.event for one in told[3:5]] == ["hello", "snapshot"]
        assert told[3].data["recovered"] == "reset"
        assert_seamless(told)


async def test_an_event_whose_message_was_lost_comes_with_the_heartbeat(redis_url: str, scripted: Scripted) -> None:
    async with following(redis_url, scripted) as on:
        client = await on.client()
        deaf = client.at
        assert deaf is not None
        state, log, _ = keys.own_log_keys(ALICE)
        lost = [["XADD", log, "1-0", "event", "streak", "data", "{}"], ["HSET", state, "seq", "1"]]
        await scripted.plain(lost)
        await eventually(lambda: client.at == after(deaf, 1))


async def test_nobody_has_no_events(redis_url: str, scripted: Scripted) -> None:
    async with following(redis_url, scripted) as on:
        with pytest.raises(NotVisible):
            await on.client(user=None)
        assert on.hub.stream_count == 0
