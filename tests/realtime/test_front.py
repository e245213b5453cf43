"""Subscribers who have everything: they are given the same in one go, and step out when something is the matter."""

from collections.abc import Callable

import pytest

from realtime import sse
from realtime.stream import Viewer
from tests.realtime.bench import STRANGER, Bench, bench, turn
from tests.realtime.memory import LEADER, RAID
from tests.realtime.readers import Client, assert_seamless


class Torn(Client):
    """Its pipe breaks in a way that no pipe should."""

    is_piped = True

    @property
    def put(self) -> Callable[[bytes], object]:
        return self.fail

    def fail(self, data: bytes) -> None:
        raise OSError("torn")


async def abreast(on: Bench, count: int) -> list[Client]:
    """So many who have been given something already."""
    clients = [await on.client() for _ in range(count)]
    on.world.write()
    await turn()
    return clients


@pytest.mark.usefixtures("ways")
async def test_all_are_given_the_very_same_bytes() -> None:
    async with bench() as on:
        clients = await abreast(on, 3)
        on.world.write()
        await turn()
        assert len({id(client.given[-1]) for client in clients}) == 1
        assert all(client.seqs == [0, 1, 2] for client in clients)


@pytest.mark.usefixtures("ways")
async def test_who_comes_later_and_who_leaves_concern_nobody_else() -> None:
    async with bench() as on:
        first, second = await abreast(on, 2)
        third = await on.client()
        on.world.write()
        on.gone(first)
        await turn()
        on.world.write()
        await turn()
        assert first.seqs == [0, 1]
        assert second.seqs == [0, 1, 2, 3]
        assert_seamless(third.told)
        assert third.seqs[-1] == 3


@pytest.mark.usefixtures("ways")
async def test_who_stops_reading_in_the_midst_goes_on_where_it_stopped() -> None:
    async with bench() as on:
        slow, quick = await abreast(on, 2)
        slow.stop_reading()
        for _ in range(5):
            on.world.write()
            await turn(4)
        assert quick.seqs == list(range(7))
        slow.read()
        await turn()
        on.world.write()
        await turn()
        assert slow.seqs == quick.seqs == list(range(8))


@pytest.mark.usefixtures("ways")
async def test_all_who_are_overtaken_by_one_turn_are_resynchronised() -> None:
    async with bench() as on:
        clients = await abreast(on, 2)
        for _ in range(1500):
            on.world.write()
        await turn(200)
        for client in clients:
            assert_seamless(client.told)
            assert client.told[-1].id == on.world.head
            assert client.events.count("hello") == 2


@pytest.mark.usefixtures("ways")
async def test_who_becomes_a_member_is_shown_what_members_are() -> None:
    async with bench() as on:
        on.world.public = True
        stranger = await on.client(user=STRANGER)
        await abreast(on, 1)
        on.world.join(STRANGER)
        on.world.show(public=False)
        on.world.write()
        await turn()
        assert not stranger.ended
        assert_seamless(stranger.told)
        assert stranger.told[-1].id == on.world.head


async def test_one_who_cannot_be_written_to_is_cut_off_alone() -> None:
    async with bench() as on:
        torn, stream = Torn(), on.hub.open(Viewer(LEADER), sse.SSE)
        await on.hub.watch(stream, RAID, None)
        stream.open(torn.send, torn.abort, torn)
        before, after = await abreast(on, 2)
        on.world.write()
        await turn()
        assert torn.aborted
        assert before.seqs == after.seqs == [0, 1, 2]
