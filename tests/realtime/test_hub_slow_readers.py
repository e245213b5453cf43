"""Slow readers: resynchronised, then cut off, and never anybody else's trouble."""

import pytest

from realtime.ending import Ending
from realtime.hub import HubSettings
from tests.realtime.bench import bench, turn
from tests.realtime.clock import Clock
from tests.realtime.memory import LEADER, RAID
from tests.realtime.readers import assert_seamless

pytestmark = pytest.mark.usefixtures("ways")


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


async def test_who_does_not_read_for_too_long_is_cut_off(clock: Clock) -> None:
    async with bench(HubSettings(heartbeat=15.0, slow_limit=10.0)) as on:
        stuck, fine = await on.client(), await on.client()
        stuck.stop_reading()
        on.world.write()
        await turn()
        aborted = []
        for _ in range(2):
            await clock.passes(15.0)
            aborted.append(stuck.aborted)
        assert aborted == [False, True]
        assert on.streams[stuck].ended is Ending.TOO_SLOW
        assert not fine.ended
        assert on.hub.online(RAID) == {LEADER}


async def test_a_late_reader_still_learns_why_it_was_cut_off(clock: Clock) -> None:
    async with bench(HubSettings(heartbeat=15.0, slow_limit=10.0)) as on:
        stuck = await on.client()
        stuck.stop_reading()
        on.world.write()
        await turn()
        await clock.passes(15.0)
        assert on.streams[stuck].ended is Ending.TOO_SLOW
        stuck.read()
        await turn()
        assert stuck.ended
        assert not stuck.aborted
