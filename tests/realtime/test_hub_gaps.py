"""What pub/sub lost, doubled or forgot is made up for before anything after it is shown."""

import pytest

from realtime.hub import HubSettings
from tests.helpers import eventually
from tests.realtime.bench import STRANGER, bench, turn
from tests.realtime.clock import Clock
from tests.realtime.readers import assert_seamless

pytestmark = pytest.mark.usefixtures("ways")


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

        def lose_one() -> None:
            on.ear.lose()
            on.world.write()
            on.ear.regain()

        on.world.after["stream_start"] = lose_one
        client = await on.client()
        await turn()
        assert client.seqs == [0, 1]


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


async def test_the_heartbeat_tells_the_head_and_finds_a_lost_last_event(clock: Clock) -> None:
    async with bench(HubSettings(heartbeat=15.0)) as on:
        client = await on.client()
        on.world.write(publish=False)
        await clock.passes(15.0)
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
        await eventually(lambda: client.events[-1] == "status")
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
        await eventually(lambda: client.seqs == [0, 1, 2])
