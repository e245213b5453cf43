"""The hub: what a stream begins with, who is there, and how streams end."""

import asyncio
from collections.abc import Collection

import pytest

from raidline.ids import TokenHash
from realtime import sse
from realtime.ending import Ending
from realtime.hub import Draining, HubSettings, NotVisible, TooManyStreams
from realtime.keys import SESSIONS_REVOKED
from realtime.stream import Viewer
from tests.helpers import eventually
from tests.realtime.bench import STRANGER, bench, turn
from tests.realtime.memory import LEADER, RAID
from tests.realtime.readers import Client

pytestmark = pytest.mark.usefixtures("ways")


async def test_a_first_visit_is_greeted_and_gets_the_snapshot() -> None:
    async with bench() as on:
        on.world.write()
        client = await on.client()
        assert client.written[0].startswith(b"event: hello")
        hello, snapshot = client.told
        assert hello.data["recovered"] == "none"
        assert hello.data["head"] == "7-1"
        assert hello.data["from"] is None
        assert hello.id is None
        assert snapshot.id == (7, 1)
        assert snapshot.data["inviteCode"] == "ABCD2345"
        assert snapshot.data["members"][0]["isOnline"] is True


async def test_who_resumes_gets_what_was_missed_and_then_what_is_new() -> None:
    async with bench() as on:
        for _ in range(5):
            on.world.write()
        client = await on.client("7-2")
        on.world.write()
        await turn()
        assert client.told[0].data["recovered"] == "full"
        assert client.told[0].data["from"] == "7-2"
        assert client.seqs == [3, 4, 5, 6]


@pytest.mark.parametrize("cursor", ["6-2", "8-1", "7-9", "x", "", "-1-1", "7-99999999999999999999", "7-1\0"])
async def test_a_cursor_that_cannot_be_served_is_a_reset(cursor: str) -> None:
    async with bench() as on:
        on.world.write()
        client = await on.client(cursor)
        assert client.told[0].data["recovered"] == "reset"
        assert client.told[0].data["from"] == cursor
        assert client.events == ["hello", "snapshot"]


async def test_events_of_one_turn_are_one_write_shared_by_all() -> None:
    async with bench() as on:
        clients = [await on.client() for _ in range(3)]
        for _ in range(100):
            on.world.write()
        await turn(3)
        assert [len(client.written) for client in clients] == [2, 2, 2]
        assert clients[0].given[1] is clients[2].given[1]


async def test_a_suspect_raid_is_healed_before_it_is_shown() -> None:
    async with bench() as on:
        on.world.suspect = True
        client = await on.client("7-0")
        assert on.world.reads.count("ensure") == 1
        assert client.told[0].data["recovered"] == "reset"
        assert client.told[0].data["head"] == str(on.world.head)


async def test_a_raid_that_may_not_be_seen_is_not_there() -> None:
    async with bench() as on:
        on.world.public = False
        with pytest.raises(NotVisible):
            await on.client(user=STRANGER)
        assert on.hub.stream_count == 0
        await eventually(lambda: not on.ear.raids)


async def test_two_first_subscribers_at_once_both_get_everything() -> None:
    async with bench() as on:
        first, second = await asyncio.gather(on.client(), on.client())
        on.world.write()
        await turn()
        assert first.seqs == second.seqs == [0, 1]


async def test_a_channel_is_left_some_time_after_the_last_subscriber() -> None:
    async with bench(HubSettings(heartbeat=3600.0, linger=0.05)) as on:
        client = await on.client()
        on.gone(client)
        assert len(on.ear.raids) == 1
        again = await on.client()
        await asyncio.sleep(0.1)
        assert len(on.ear.raids) == 1
        on.gone(again)
        await eventually(lambda: not on.ear.raids)


async def test_online_is_who_watches_through_this_process() -> None:
    async with bench() as on:
        assert on.hub.online(RAID) == set()
        first, second = await on.client(), await on.client(user=STRANGER)
        await on.client(user=None)
        assert on.hub.online(RAID) == {LEADER, STRANGER}
        on.gone(first)
        on.gone(second)
        assert on.hub.online(RAID) == set()


async def test_a_revoked_session_ends_its_streams_at_once() -> None:
    async with bench() as on:
        told: list[str | None] = []
        on.hub.announcements.on_session_ended(told.append)
        ended, other = await on.client(token="a"), await on.client(token="b")
        on.ear.hear(b"a", SESSIONS_REVOKED)
        assert ended.ended
        assert on.streams[ended].ended is Ending.SESSION_OVER
        assert not other.ended
        assert told == ["a"]


async def test_a_stream_ends_with_its_session() -> None:
    async with bench() as on:
        client = Client()
        stream = on.hub.open(Viewer(LEADER, None, seconds_left=0.02), sse.SSE)
        await on.hub.watch(stream, RAID, None)
        stream.open(client.send, client.abort)
        await eventually(lambda: client.ended)
        assert stream.ended is Ending.SESSION_OVER


async def test_sessions_that_ended_unheard_are_asked_for_after_a_loss() -> None:
    """Until there is an answer: Redis may be back for one connection and not yet for another."""
    trouble: list[Exception] = [ConnectionError("away"), ValueError("and a fault")]

    async def sessions_gone(asked: Collection[TokenHash]) -> Collection[TokenHash]:
        if trouble:
            raise trouble.pop()
        return {TokenHash("a")} & set(asked)

    async with bench(sessions_gone=sessions_gone) as on:
        told: list[str | None] = []
        on.hub.announcements.on_session_ended(told.append)
        gone, fine = await on.client(token="a"), await on.client(token="b")
        on.ear.lose()
        on.ear.regain()
        await eventually(lambda: gone.ended)
        assert not fine.ended
        assert told == [None, "a"]


async def test_draining_says_goodbye_and_takes_nobody_new() -> None:
    async with bench() as on:
        client = await on.client()
        on.hub.drain()
        await turn()
        assert client.events[-1] == "goaway"
        assert 500 <= client.told[-1].data["retryMs"] <= 5000
        assert client.ended
        with pytest.raises(Draining):
            await on.client()


async def test_no_more_streams_than_allowed() -> None:
    async with bench(HubSettings(max_streams=2, heartbeat=3600.0)) as on:
        first, _ = await on.client(), await on.client()
        with pytest.raises(TooManyStreams):
            await on.client()
        on.gone(first)
        await on.client()
