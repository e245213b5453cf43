"""Events that are of no log: told to those who watch, once, and never ahead of what they belong after."""

import orjson
import pytest

from realtime.channel import MENTIONED_MAX
from realtime.channels import aside_message, parse_message
from realtime.entries import Aside
from realtime.window import MAX_FRAMES
from tests.helpers import eventually
from tests.realtime.bench import Bench, bench, turn
from tests.realtime.memory import RAID, payload_of


def aside(number: int = 1) -> Aside:
    return Aside(f"9.{number}", "achievement_unlocked", orjson.dumps({"raidId": RAID, "number": number}))


def tell(on: Bench, *numbers: int) -> None:
    for number in numbers:
        on.ear.hear(aside_message(aside(number)))


def test_a_message_says_that_it_is_of_no_log() -> None:
    assert parse_message(aside_message(aside())) == aside()
    assert parse_message(b'aside 9.1\nx\n{"a":\n1}') == Aside("9.1", "x", b'{"a":\n1}')


@pytest.mark.parametrize("payload", [b"aside", b"aside 1\nx", b"aside \xff\nx\n{}", b"asides 1\nx\n{}"])
def test_a_broken_one_is_none(payload: bytes) -> None:
    assert parse_message(payload) is None


async def test_it_reaches_everybody_without_an_id() -> None:
    async with bench() as on:
        first, second = await on.client(), await on.client()
        on.world.write()
        tell(on, 1)
        on.world.write()
        await turn()
        for client in (first, second):
            assert client.events[2:] == ["contribution", "achievement_unlocked", "contribution"]
            assert client.told[3].id is None
            assert client.told[3].data == {"raidId": RAID, "number": 1}


async def test_what_is_told_twice_comes_once() -> None:
    async with bench() as on:
        client = await on.client()
        tell(on, 1, 1, 2, 1)
        await turn()
        assert [told.data["number"] for told in client.told[2:]] == [1, 2]
        tell(on, *range(3, MENTIONED_MAX + 3))
        await turn()
        channel = next(iter(on.hub._channels))
        assert len(channel._mentioned) == MENTIONED_MAX


async def test_it_waits_for_entries_that_are_still_missing() -> None:
    """What it belongs after was lost on the way: it comes after that has been read."""
    async with bench() as on:
        client = await on.client()
        lost = on.world.write(publish=False)
        on.ear.hear(payload_of(on.world.write(publish=False)))
        tell(on, 1, 2)
        await eventually(lambda: client.events[2:] == ["contribution"] * 2 + ["achievement_unlocked"] * 2)
        assert client.seqs == [0, lost.seq, lost.seq + 1]


async def test_only_so_many_wait() -> None:
    async with bench() as on:
        client = await on.client()
        on.world.away = True
        on.ear.lose()
        on.ear.regain()
        tell(on, *range(MAX_FRAMES + 50))
        on.world.away = False
        channel = next(iter(on.hub._channels))
        assert len(channel._announcements) == MAX_FRAMES
        await eventually(lambda: client.events.count("achievement_unlocked") >= MAX_FRAMES - 1)


async def test_who_comes_meanwhile_hears_it_after_the_beginning() -> None:
    async with bench() as on:
        on.world.after["stream_start"] = lambda: tell(on, 1)
        client = await on.client()
        await turn()
        assert client.events == ["hello", "snapshot", "achievement_unlocked"]
