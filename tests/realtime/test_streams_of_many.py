"""Streams of several raids on a Redis in memory: one write a turn, one cursor, and nobody's trouble is another's."""

from typing import Any

import pytest

from raidline.ids import RaidId
from realtime import streams_of_many
from realtime.ending import Ending
from realtime.frames import EventFrame
from realtime.hub import HubSettings
from realtime.positions import parse
from realtime.topics import OwnTopic, RaidTopic
from realtime.window import MAX_BYTES, MAX_FRAMES, MAX_WRITE_BYTES
from tests.helpers import eventually
from tests.realtime.bench import turn
from tests.realtime.bench_of_many import bench_of_many
from tests.realtime.many import Many
from tests.realtime.memory import LEADER

pytestmark = pytest.mark.usefixtures("ways")

RAIDS = tuple(RaidId(number) for number in range(42, 47))
FIRST, SECOND = RAIDS[:2]


def places(many: Many) -> dict[Any, Any]:
    """Where the reader's cursor says it is."""
    return dict[Any, Any](parse(many.cursor or "") or {})


async def test_what_a_turn_brings_of_all_raids_is_one_write_that_ends_with_its_cursor() -> None:
    async with bench_of_many(*RAIDS) as on:
        client = await on.client(*RAIDS)
        assert len(client.written) == 1
        for raid_id in RAIDS:
            on.worlds.of[raid_id].write()
            on.worlds.of[raid_id].write()
        on.own.write()
        await turn(5)
        assert len(client.written) == 2
        assert client.written[1].count(b"id: ") == 1
        many = client.reads_all()
        many.assert_seamless()
        assert places(many) == {OwnTopic(LEADER): (7, 1)} | {RaidTopic(one): (7, 2) for one in RAIDS}


async def test_the_bytes_of_events_are_made_once_for_all() -> None:
    made = 0

    class Counted(EventFrame):
        __slots__ = ()

        def as_sse_of_many(self, for_member: bool) -> bytes:
            nonlocal made
            made += 1
            return super().as_sse_of_many(for_member)

    async with bench_of_many(*RAIDS) as on:
        clients = [await on.client(*RAIDS) for _ in range(20)]
        on.worlds.of[FIRST].write()
        await turn(5)
        channel = on.hub._channels.find(RaidTopic(FIRST))
        assert channel is not None
        channel.say(Counted(FIRST, "news", b"{}"))
        await turn(5)
        assert made == 1
        assert all(client.written[2] == b"event: news\ndata: {}\n\n" for client in clients)


async def test_what_is_not_of_a_log_moves_no_cursor() -> None:
    async with bench_of_many(*RAIDS, settings=HubSettings(heartbeat=0.05)) as on:
        client = await on.client(*RAIDS)
        await eventually(lambda: b"".join(client.written).count(b": heartbeat") >= 3)
        text = b"".join(client.written[1:])
        beats = text.count(b": heartbeat")
        assert b"id: " not in text
        assert 5 * (beats - 1) <= text.count(b"event: sync") <= 6 * beats
        assert len(client.written) <= 3 * beats


async def test_a_connection_cut_in_the_midst_of_a_write_gets_it_again_and_drops_what_it_has() -> None:
    async with bench_of_many(FIRST, SECOND) as on:
        client = await on.client(FIRST, SECOND)
        for _ in range(3):
            on.worlds.of[FIRST].write()
            on.worlds.of[SECOND].write()
        await turn(5)
        text = b"".join(client.written)
        client.many.read(text[: text.rindex(b"event:")])
        on.gone(client)
        many = (await on.client(FIRST, SECOND, many=client.many)).reads_all()
        assert many.wrong == []
        assert many.seqs(FIRST) == many.seqs(SECOND) == [1, 2, 3]
        assert sorted(log.repeated for log in many.logs.values()) == [2, 3]


async def test_who_does_not_read_holds_up_nobody_and_is_resynchronised_raid_by_raid() -> None:
    async with bench_of_many(FIRST, SECOND) as on:
        slow, quick = await on.client(FIRST, SECOND), await on.client(FIRST, SECOND)
        slow.stop_reading()
        on.worlds.of[FIRST].write()
        await turn()
        for _ in range(MAX_FRAMES + 100):
            on.worlds.of[FIRST].write()
            await turn(2)
        on.worlds.of[SECOND].write()
        await turn()
        slow.read()
        await eventually(lambda: b"-1101" in b"".join(slow.written) or len(slow.written) > 3)
        await turn()
        assert len(quick.reads_all().seqs(FIRST)) == MAX_FRAMES + 101
        many = slow.reads_all()
        many.assert_seamless()
        assert many.verdicts(FIRST) == ["none", "reset"]
        assert many.verdicts(SECOND) == ["none"]
        assert many.logs[FIRST].has == many.logs[FIRST].follows == (7, MAX_FRAMES + 101)
        assert many.seqs(SECOND) == [1]


async def test_what_is_gathered_for_one_write_is_bounded() -> None:
    async with bench_of_many(*RAIDS) as on:
        client = await on.client(*RAIDS)
        client.stop_reading()
        on.worlds.of[FIRST].write()
        await turn()
        large = "x" * 20_000
        for raid_id in RAIDS:
            for _ in range(MAX_BYTES // 20_000 - 2):
                on.worlds.of[raid_id].write(note=large)
        await turn()
        stream = on.streams[client]
        assert isinstance(stream, streams_of_many.StreamOfMany)
        assert stream._size == 0
        client.read()
        await eventually(lambda: len(client.written) > 15)
        await turn()
        assert max(map(len, client.written)) < 2 * MAX_WRITE_BYTES + 100_000
        many = client.reads_all()
        many.assert_seamless()
        assert all(len(many.seqs(raid_id)) >= MAX_BYTES // 20_000 - 2 for raid_id in RAIDS)
        assert all(many.verdicts(raid_id) == ["none"] for raid_id in RAIDS)
        heads = {RaidTopic(one): on.worlds.of[one].head for one in RAIDS}
        assert places(many) == {OwnTopic(LEADER): (7, 0)} | heads


async def test_one_who_never_reads_again_is_cut_off() -> None:
    async with bench_of_many(*RAIDS, settings=HubSettings(heartbeat=0.05, slow_limit=0.1)) as on:
        client = await on.client(*RAIDS)
        client.stop_reading()
        await eventually(lambda: client.aborted)
        assert on.streams[client].ended is Ending.TOO_SLOW


async def test_a_raid_that_cannot_be_had_now_is_told_and_asked_for_again_from_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams_of_many, "_COME_BACK_S", (0.05, 0.1))
    async with bench_of_many(FIRST, SECOND) as on:
        client = await on.client(FIRST, SECOND)
        on.gone(client)
        many = client.reads_all()
        on.worlds.of[FIRST].write()
        on.worlds.of[FIRST].away = True
        client = await on.client(FIRST, SECOND, many=many)
        on.worlds.of[SECOND].write()
        await eventually(lambda: client.ended)
        many = client.reads_all()
        assert many.last("status", FIRST) == {**many.last("status", FIRST), "live": False, "reason": "unavailable"}
        assert many.told[-1].event == "goaway"
        assert (many.verdicts(FIRST), many.verdicts(SECOND)) == (["none"], ["none", "full"])
        on.gone(client)
        on.worlds.of[FIRST].away = False
        many = (await on.client(FIRST, SECOND, many=many)).reads_all()
        assert (many.verdicts(FIRST), many.verdicts(SECOND)) == (["none", "full"], ["none", "full", "full"])
        assert many.seqs(FIRST) == many.seqs(SECOND) == [1]
        many.assert_seamless()


async def test_if_nothing_can_be_had_the_opening_fails() -> None:
    async with bench_of_many(FIRST, SECOND) as on:
        for world in on.worlds.of.values():
            world.away = True
        with pytest.raises(ConnectionError):
            await on.client(FIRST, SECOND, own=False)
        assert on.hub.stream_count == 0


async def test_a_stream_that_ends_says_what_it_has_gathered_first() -> None:
    async with bench_of_many(FIRST) as on:
        client = await on.client(FIRST)
        on.worlds.of[FIRST].write()
        on.hub.drain()
        await turn()
        many = client.reads_all()
        assert [told.event for told in many.told][-2:] == ["contribution", "goaway"]
        assert places(many) == {OwnTopic(LEADER): (7, 0), RaidTopic(FIRST): (7, 1)}
        assert client.ended
