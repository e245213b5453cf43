"""Streams of several raids on a Redis in memory: one write a turn, one cursor, and nobody's trouble is another's."""

import asyncio
import random
from typing import Any, ClassVar

import pytest

from raidline.ids import RaidId, UserId
from realtime import streams_of_many
from realtime.ending import Ending
from realtime.frames import EventFrame
from realtime.hub import HubSettings
from realtime.positions import parse
from realtime.topics import OwnTopic, RaidTopic
from realtime.window import MAX_BYTES, MAX_FRAMES, MAX_WRITE_BYTES
from tests.helpers import eventually
from tests.realtime.bench import STRANGER, turn
from tests.realtime.bench_of_many import BenchOfMany, ManyClient, bench_of_many
from tests.realtime.many import Many
from tests.realtime.memory import LEADER

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
        await eventually(lambda: b"".join(client.written).count(b": heartbeat") == 3)
        text = b"".join(client.written[1:])
        assert b"id: " not in text
        assert text.count(b"event: sync") in range(10, 25)
        assert len(client.written) < 10


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


@pytest.mark.parametrize("seed", range(40))
async def test_every_reader_sees_every_entry_of_every_raid_once_and_in_order(seed: int) -> None:
    """Random commands in all raids, losses, heals, slow readers, visits and returns by the compound cursor, cuts in
    the midst of writes, raids hidden and shown again."""
    async with bench_of_many(*RAIDS, seed=seed) as on:
        play = Play(on, random.Random(seed))
        await play.run(500)
        for world in on.worlds.of.values():
            world.show(True)
        on.own.write()
        await play.everybody_returns()
        await eventually(play.is_over, deadline=10)
        for client, asked in play.clients.items():
            many = client.reads_all()
            assert many.wrong == []
            assert {one: many.logs[one].has for one in asked} == {one: on.worlds.of[one].head for one in asked}
        assert on.hub.stream_count == len(play.clients)


class Play:
    """What can happen to raids and readers of several, at random. Arrivals run beside everything else."""

    CHANCES: ClassVar = {
        "write": 60,
        "own": 4,
        "burst": 3,
        "lose": 4,
        "heal": 2,
        "hide": 2,
        "show": 4,
        "visit": 3,
        "return_": 6,
        "go": 6,
        "slow": 4,
        "read": 6,
        "deaf": 1,
        "pause": 40,
    }

    def __init__(self, on: BenchOfMany, chance: random.Random) -> None:
        self.on = on
        self.chance = chance
        self.clients: dict[ManyClient, tuple[RaidId, ...]] = {}
        self.gone: list[tuple[Many, UserId | None]] = []
        self._arriving: list[asyncio.Task[None]] = []

    async def run(self, steps: int) -> None:
        await self._arrive(Many(), LEADER)
        for name in self.chance.choices(list(self.CHANCES), list(self.CHANCES.values()), k=steps):
            if name == "pause":
                await turn(self.chance.randrange(12))
            else:
                getattr(self, name)()
        if self.on.ear.deaf:
            self.on.ear.regain()
        await asyncio.gather(*self._arriving)

    async def everybody_returns(self) -> None:
        """Who was dismissed has to ask again."""
        await turn()
        for client in tuple(self.clients):
            client.read()
            await turn()
            self._goes(client, cut=False)
        for many, user in self.gone:
            await self._arrive(many, user)

    def is_over(self) -> bool:
        for client, asked in self.clients.items():
            found = parse(client.many.cursor or "") or {}
            last = [block for block in b"".join(client.written).split(b"\n\n") if block.startswith(b"id: ")]
            found = parse(last[-1].decode()[4:]) or {} if last else found
            if any(found.get(RaidTopic(one)) != self.on.worlds.of[one].head for one in asked):
                return False
        return True

    async def _arrive(self, many: Many, user: UserId | None) -> None:
        asked = tuple(self.chance.sample(RAIDS, self.chance.randint(1, len(RAIDS))))
        self.clients[await self.on.client(*asked, many=many, user=user, own=user == LEADER)] = asked

    def _goes(self, client: ManyClient, *, cut: bool) -> None:
        user = self.on.streams[client].user_id
        text = b"".join(client.written)
        if cut and text:
            text = text[: -self.chance.randrange(1, min(2000, len(text)) + 1)]
        client.many.read(text)
        self.on.gone(client)
        del self.clients[client]
        self.gone.append((client.many, user))

    def _world(self) -> RaidId:
        return self.chance.choice(RAIDS)

    def write(self) -> None:
        self.on.worlds.of[self._world()].write()

    def own(self) -> None:
        self.on.own.write()

    def burst(self) -> None:
        world = self.on.worlds.of[self._world()]
        for _ in range(self.chance.choice((10, 300, 1100))):
            world.write()

    def lose(self) -> None:
        self.on.worlds.of[self._world()].write(publish=False)

    def heal(self) -> None:
        world = self.on.worlds.of[self._world()]
        world.heal(publish=self.chance.random() < 0.7)
        world.suspect = self.chance.random() < 0.3

    def hide(self) -> None:
        self.on.worlds.of[self._world()].show(False)

    def show(self) -> None:
        self.on.worlds.of[self._world()].show(True)

    def visit(self) -> None:
        user = self.chance.choice((LEADER, STRANGER, None))
        self._arriving.append(asyncio.create_task(self._arrive(Many(), user)))

    def return_(self) -> None:
        if self.gone:
            many, user = self.gone.pop(self.chance.randrange(len(self.gone)))
            self._arriving.append(asyncio.create_task(self._arrive(many, user)))

    def go(self) -> None:
        if len(self.clients) > 1:
            self._goes(self.chance.choice(list(self.clients)), cut=self.chance.random() < 0.5)

    def slow(self) -> None:
        if self.clients:
            self.chance.choice(list(self.clients)).stop_reading()

    def read(self) -> None:
        if self.clients:
            self.chance.choice(list(self.clients)).read()

    def deaf(self) -> None:
        if self.on.ear.deaf:
            self.on.ear.regain()
        else:
            self.on.ear.lose()
