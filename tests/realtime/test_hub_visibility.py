"""Who may not see a raid any more is sent away, and sees nothing of what follows."""

import pytest

from realtime.ending import Ending
from realtime.entries import Entry
from tests.realtime.bench import STRANGER, Bench, bench, turn
from tests.realtime.memory import payload_of
from tests.realtime.readers import Client

pytestmark = pytest.mark.usefixtures("ways")


async def fall_behind(slow: Client, on: Bench) -> None:
    """Further than the window reaches: a snapshot has to bring it back."""
    slow.stop_reading()
    for _ in range(1500):
        on.world.write()
        await turn(1)


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


async def test_who_came_back_is_not_sent_away_by_an_older_leave() -> None:
    async with bench() as on:
        on.world.public = False
        await on.client()
        left = on.world.write("member_leave", publish=False, userId=STRANGER)
        on.world.members.add(STRANGER)
        joined = on.world.write("member_join", publish=False, userId=STRANGER)
        client = await on.client(user=STRANGER)
        on.ear.hear(payload_of(left))
        on.ear.hear(payload_of(joined))
        on.world.write()
        await turn()
        assert not client.ended
        assert client.seqs == [2, 3]


async def test_who_leaves_while_a_stream_begins_sees_only_its_beginning() -> None:
    async with bench() as on:
        on.world.public = False
        on.world.members.add(STRANGER)

        def leave_and_go_on() -> None:
            on.world.leave(STRANGER)
            on.world.write()

        on.world.after["stream_start"] = leave_and_go_on
        client = await on.client(user=STRANGER)
        await turn()
        assert client.ended
        assert client.events == ["hello", "snapshot"]


async def test_who_left_while_being_slow_gets_no_snapshot() -> None:
    async with bench() as on:
        on.world.public = False
        on.world.members.add(STRANGER)
        slow = await on.client(user=STRANGER)
        await fall_behind(slow, on)
        on.world.before["view"] = lambda: on.world.leave(STRANGER)
        slow.read()
        await turn(200)
        assert slow.ended
        assert slow.events.count("snapshot") == 1


async def test_a_slow_stranger_gets_no_snapshot_of_a_raid_that_has_become_private_and_nothing_after_it() -> None:
    async with bench() as on:
        slow = await on.client(user=STRANGER)
        await fall_behind(slow, on)
        hidden: list[Entry] = []

        def hide() -> None:
            on.world.public = False
            hidden.append(on.world.write("raid_update", publish=False, public=False))

        on.world.before["view"] = hide
        slow.read()
        await turn(200)
        on.ear.hear(payload_of(hidden[0]))
        on.world.write()
        await turn()
        assert slow.ended
        assert slow.events.count("snapshot") == 1
        assert max(slow.seqs) < hidden[0].seq


async def test_who_is_removed_while_a_snapshot_for_the_slow_is_on_its_way_sees_nothing_of_what_follows() -> None:
    async with bench() as on:
        on.world.public = False
        on.world.members.add(STRANGER)
        slow = await on.client(user=STRANGER)
        await fall_behind(slow, on)
        on.world.after["view"] = lambda: on.world.leave(STRANGER)
        slow.read()
        await turn(200)
        left = on.world.seq
        on.world.write()
        await turn()
        assert slow.ended
        assert max(slow.seqs) < left
