"""The hub with a Redis in memory: verdicts, order, gaps, epochs, slow readers, goodbyes."""

import asyncio
import random
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from raidline.ids import TokenHash, UserId
from realtime import sse
from realtime.errors import RealtimeError
from realtime.hub import Draining, Hub, HubSettings, NotVisible, SessionsGone, TooManyStreams
from realtime.keys import SESSIONS_REVOKED
from realtime.stream import Ending, Stream, Viewer
from tests.helpers import eventually
from tests.realtime.memory import LEADER, RAID, Client, Ear, Memory, assert_seamless, payload_of

STRANGER = UserId(99)
NEVER = HubSettings(heartbeat=3600.0)


@dataclass
class Bench:
    """A hub, its world, and clients on it."""

    world: Memory
    ear: Ear
    hub: Hub
    streams: dict[Client, Stream] = field(default_factory=dict)

    async def client(
        self, cursor: str | None = None, user: UserId | None = LEADER, token: str | None = None
    ) -> Client:
        client = Client()
        viewer = Viewer(user, TokenHash(token) if token else None)
        stream = self.hub.open(viewer, sse.SSE)
        self.streams[client] = stream
        try:
            await self.hub.watch(stream, RAID, cursor)
        except RealtimeError:
            self.hub.close(stream)
            raise
        stream.open(client.send, client.abort)
        return client

    def gone(self, client: Client) -> None:
        self.hub.close(self.streams.pop(client))


@asynccontextmanager
async def bench(
    settings: HubSettings = NEVER, seed: int = 1, sessions_gone: SessionsGone | None = None
) -> AsyncIterator[Bench]:
    world, ear = Memory(random.Random(seed)), Ear()
    hub = Hub(world, ear, world.ensure, settings, sessions_gone)
    world.publish = ear.hear
    hub.start()
    try:
        yield Bench(world, ear, hub)
    finally:
        await hub.stop()


async def turn(turns: int = 40) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


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
        assert clients[0].written[1] is clients[2].written[1]


async def test_a_lost_message_is_read_from_the_log_before_the_next_is_shown() -> None:
    async with bench() as on:
        client = await on.client()
        on.world.write()
        on.world.write(publish=False)
        on.world.write(publish=False)
        on.world.write()
        await turn()
        assert client.seqs == [0, 1, 2, 3, 4]


async def test_what_is_lost_is_read_page_by_page_without_waiting_for_more() -> None:
    async with bench() as on:
        client = await on.client()
        on.ear.lose()
        for _ in range(20):
            on.world.write()
        on.ear.regain()
        await turn(300)
        assert client.seqs == list(range(21))


async def test_what_is_lost_while_a_stream_begins_is_read_as_well() -> None:
    async with bench() as on:
        arriving = asyncio.create_task(on.client())
        await eventually(lambda: "stream_start" in on.world.reads, every=0)
        await turn(4)
        on.ear.lose()
        on.world.write()
        on.ear.regain()
        client = await arriving
        await turn()
        assert client.at == on.world.head


async def test_a_message_of_an_entry_that_nobody_has_is_dropped() -> None:
    async with bench() as on:
        client = await on.client()
        on.ear.hear(b"7-9\ncontribution\n{}")
        await turn(200)
        on.world.write()
        await turn(200)
        assert_seamless(client.told)
        assert client.at == on.world.head


async def test_a_gap_that_the_log_cannot_fill_is_a_reset() -> None:
    async with bench() as on:
        client = await on.client()
        for _ in range(5):
            on.world.write(publish=False)
        on.world.trim(2)
        on.world.write()
        await turn()
        assert client.events == ["hello", "snapshot", "hello", "snapshot"]
        assert client.told[2].data["recovered"] == "reset"
        assert client.seqs[-1] == 6


async def test_a_message_that_comes_twice_is_shown_once() -> None:
    async with bench() as on:
        client = await on.client()
        entry = on.world.write()
        on.ear.hear(b"7-1\ncontribution\n" + entry.data)
        await turn()
        assert client.seqs == [0, 1]


async def test_a_new_epoch_resets_an_open_stream_in_its_midst() -> None:
    async with bench() as on:
        member, stranger = await on.client(), await on.client(user=STRANGER)
        on.world.write()
        on.world.heal()
        on.world.write()
        await turn()
        for client in (member, stranger):
            assert_seamless(client.told)
            assert client.told[-1].id == on.world.head
        snapshots = [[t.data for t in c.told if t.event == "snapshot"][-1] for c in (member, stranger)]
        assert "inviteCode" in snapshots[0]
        assert "inviteCode" not in snapshots[1]


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
        await eventually(lambda: len(on.ear.names) == 1)  # only the revocations


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
        assert len(on.ear.names) == 2
        again = await on.client()
        await asyncio.sleep(0.1)
        assert len(on.ear.names) == 2
        on.gone(again)
        await eventually(lambda: len(on.ear.names) == 1)


async def test_online_is_who_watches_through_this_process() -> None:
    async with bench() as on:
        assert on.hub.online(RAID) == set()
        first, second = await on.client(), await on.client(user=STRANGER)
        await on.client(user=None)
        assert on.hub.online(RAID) == {LEADER, STRANGER}
        on.gone(first)
        on.gone(second)
        assert on.hub.online(RAID) == set()


async def test_who_leaves_a_private_raid_is_told_and_sent_away() -> None:
    async with bench() as on:
        on.world.public = False
        on.world.members.add(STRANGER)
        leaver, stayer = await on.client(user=STRANGER), await on.client()
        on.world.leave(STRANGER)
        on.world.write()
        await turn()
        assert leaver.events == ["hello", "snapshot", "member_leave"]
        assert leaver.ended
        assert on.streams[leaver].ended is Ending.NO_PERMISSION
        assert stayer.seqs == [0, 1, 2]
        assert not stayer.ended


async def test_strangers_are_sent_away_when_a_raid_becomes_private() -> None:
    async with bench() as on:
        stranger, member = await on.client(user=STRANGER), await on.client()
        on.world.show(False)
        await turn()
        assert stranger.ended
        assert not member.ended


async def test_who_joins_stays_when_the_raid_becomes_private() -> None:
    async with bench() as on:
        client = await on.client(user=STRANGER)
        on.world.join(STRANGER)
        on.world.show(False)
        await turn()
        assert not client.ended
        assert client.seqs == [0, 1, 2]


async def test_who_left_during_a_heal_is_sent_away() -> None:
    async with bench() as on:
        on.world.public = False
        on.world.members.add(STRANGER)
        client = await on.client(user=STRANGER)
        on.world.members.discard(STRANGER)
        on.world.heal()
        await turn()
        assert client.ended
        assert client.events == ["hello", "snapshot"]


async def test_a_slow_reader_is_resynchronised_and_holds_up_nobody() -> None:
    async with bench() as on:
        slow, quick = await on.client(), await on.client()
        slow.stop_reading()
        for _ in range(1500):
            on.world.write()
            await turn(2)
        assert quick.seqs == list(range(1501))
        slow.read()
        await turn(100)
        assert_seamless(slow.told)
        assert slow.told[-1].id == on.world.head
        assert slow.events.count("hello") == 2


async def test_a_reader_that_is_a_little_slow_misses_nothing() -> None:
    async with bench() as on:
        slow = await on.client()
        slow.stop_reading()
        for _ in range(900):
            on.world.write()
            await turn(1)
        slow.read()
        await turn()
        assert slow.seqs == list(range(901))
        assert len(slow.written) == 3


async def test_who_falls_behind_by_bytes_is_resynchronised() -> None:
    async with bench() as on:
        slow = await on.client()
        slow.stop_reading()
        for _ in range(40):
            on.world.write(title="x" * 64 * 1024)
            await turn(2)
        slow.read()
        await turn(100)
        assert_seamless(slow.told)
        assert slow.events.count("snapshot") == 2


async def test_one_write_is_bounded() -> None:
    async with bench() as on:
        client = await on.client()
        for _ in range(10):
            on.world.write(title="x" * 64 * 1024)
        await turn()
        assert client.seqs == list(range(11))
        assert max(len(chunk) for chunk in client.written) < 384 * 1024


async def test_who_does_not_read_for_too_long_is_cut_off() -> None:
    async with bench(HubSettings(heartbeat=0.02, slow_limit=0.05)) as on:
        stuck, fine = await on.client(), await on.client()
        stuck.stop_reading()
        on.world.write()
        await eventually(lambda: stuck.aborted, deadline=2)
        assert on.streams[stuck].ended is Ending.TOO_SLOW
        assert not fine.ended
        assert on.hub.online(RAID) == {LEADER}


async def test_a_late_reader_still_learns_why_it_was_cut_off() -> None:
    async with bench(HubSettings(heartbeat=0.2, slow_limit=0.1)) as on:
        stuck = await on.client()
        stuck.stop_reading()
        on.world.write()
        await eventually(lambda: on.streams[stuck].ended is not None, deadline=2)
        stuck.read()
        await eventually(lambda: stuck.ended, deadline=1)
        assert not stuck.aborted


async def test_the_heartbeat_tells_the_head_and_finds_a_lost_last_event() -> None:
    async with bench(HubSettings(heartbeat=0.02)) as on:
        client = await on.client()
        on.world.write(publish=False)
        await eventually(lambda: "sync" in client.events, deadline=2)
        assert client.events.index("contribution") < client.events.index("sync")
        assert client.told[-1].data["head"] == "7-1"
        assert client.told[-1].id is None
        assert b": heartbeat\n\n" in b"".join(client.written)


async def test_loss_of_the_subscription_is_told_and_made_up_for() -> None:
    async with bench() as on:
        client = await on.client()
        on.ear.lose()
        await turn()
        assert client.told[-1].data["live"] is False
        on.world.write()
        on.world.write()
        on.ear.regain()
        await turn()
        assert [told.data.get("live") for told in client.told if told.event == "status"] == [False, True]
        assert client.events[-3:] == ["contribution", "contribution", "status"]
        assert not client.ended


async def test_a_restarted_redis_is_healed_for_the_streams_that_wait() -> None:
    async with bench() as on:
        client = await on.client()
        on.ear.lose()
        on.world.suspect = True
        on.ear.regain()
        await eventually(lambda: client.events[-1] == "status", deadline=2)
        await turn(100)
        assert_seamless(client.told)
        assert client.told[-1].data["live"] is True
        assert client.events.count("snapshot") == 2


async def test_while_redis_is_away_repairs_try_again() -> None:
    async with bench() as on:
        client = await on.client()
        on.world.write(publish=False)
        on.world.away = True
        on.world.write()
        await turn()
        on.world.away = False
        await eventually(lambda: client.seqs == [0, 1, 2], deadline=5)


async def test_a_revoked_session_ends_its_streams_at_once() -> None:
    async with bench() as on:
        told: list[str] = []
        on.hub.on_session_revoked(told.append)
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
        await eventually(lambda: client.ended, deadline=2)
        assert stream.ended is Ending.SESSION_OVER


async def test_sessions_that_ended_unheard_are_asked_for_after_a_loss() -> None:
    async def sessions_gone(asked: Collection[TokenHash]) -> Collection[TokenHash]:
        return {TokenHash("a")} & set(asked)

    async with bench(sessions_gone=sessions_gone) as on:
        gone, fine = await on.client(token="a"), await on.client(token="b")
        on.ear.lose()
        on.ear.regain()
        await eventually(lambda: gone.ended, deadline=2)
        assert not fine.ended


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


@pytest.mark.parametrize("seed", range(60))
async def test_every_subscriber_sees_every_entry_once_and_in_order(seed: int) -> None:
    """Random commands, losses, heals, slow readers, visits and returns: nothing is missing, nothing twice."""
    async with bench(seed=seed) as on:
        play = Play(on, random.Random(seed))
        await play.run(400)
        on.world.write()
        for client in play.clients:
            client.read()
        await eventually(lambda: all(client.at == on.world.head for client in play.clients), deadline=5)
        for client in play.clients + play.gone:
            assert_seamless(client.told)
            assert not client.ended
        assert on.hub.stream_count == len(play.clients)


class Play:
    """What can happen to a raid and its subscribers, at random. Arrivals run beside everything else."""

    CHANCES: ClassVar = {
        "write": 40,
        "burst": 4,
        "lose": 4,
        "twice": 4,
        "heal": 1,
        "visit": 3,
        "return_": 6,
        "go": 6,
        "slow": 4,
        "read": 6,
        "deaf": 1,
        "pause": 40,
    }

    def __init__(self, on: Bench, chance: random.Random) -> None:
        self.on = on
        self.chance = chance
        self.clients: list[Client] = []
        self.gone: list[Client] = []
        self._arriving: list[asyncio.Task[Client]] = []

    async def run(self, steps: int) -> None:
        self.clients.append(await self.on.client())
        for name in self.chance.choices(list(self.CHANCES), list(self.CHANCES.values()), k=steps):
            if name == "pause":
                await turn(self.chance.randrange(12))
            else:
                getattr(self, name)()
            self.clients += [task.result() for task in self._arriving if task.done()]
            self._arriving = [task for task in self._arriving if not task.done()]
        if self.on.ear.deaf:
            self.on.ear.regain()
        self.clients += await asyncio.gather(*self._arriving)

    def write(self) -> None:
        self.on.world.write()

    def burst(self) -> None:
        for _ in range(self.chance.choice((10, 300, 1100))):
            self.on.world.write()

    def lose(self) -> None:
        self.on.world.write(publish=False)

    def twice(self) -> None:
        if self.on.world.log:
            self.on.ear.hear(payload_of(self.chance.choice(self.on.world.log)))

    def heal(self) -> None:
        self.on.world.heal(publish=self.chance.random() < 0.7)
        self.on.world.suspect = self.chance.random() < 0.3

    def visit(self) -> None:
        self._arriving.append(asyncio.create_task(self.on.client()))

    def return_(self) -> None:
        if self.gone:
            before = self.gone.pop(self.chance.randrange(len(self.gone)))
            assert_seamless(before.told)
            self._arriving.append(asyncio.create_task(self.on.client(str(before.at))))

    def go(self) -> None:
        if len(self.clients) > 1:
            client = self.clients.pop(self.chance.randrange(len(self.clients)))
            self.on.gone(client)
            self.gone.append(client)

    def slow(self) -> None:
        self.chance.choice(self.clients).stop_reading()

    def read(self) -> None:
        self.chance.choice(self.clients).read()

    def deaf(self) -> None:
        if self.on.ear.deaf:
            self.on.ear.regain()
        else:
            self.on.ear.lose()
