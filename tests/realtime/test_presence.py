"""Presence over several processes: what is said, to whom, and when, against a real Redis."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from raidline.ids import Epoch, Seq, UserId
from realtime.connection import Scripted
from realtime.cursor import Cursor
from realtime.hub import Hub, HubSettings
from realtime.keys import presence_keys
from realtime.presence import PresenceSettings
from realtime.raids import EVERYONE, RaidStore
from server.embedded import EmbeddedRedis
from tests.helpers import eventually
from tests.realtime.crowd_world import QUICK, Crowded, Onlooker, crowded, undisturbed
from tests.realtime.raid_world import ALICE, BOB, CAROL, RAID, command_id, join
from tests.realtime.readers import Client

STRANGER = 99


def crowd(test: Callable[[Crowded], Awaitable[None]]) -> Callable[[Scripted, str], Awaitable[None]]:
    """A test of Alice, Bob and Carol, as `undisturbed` has it."""

    async def play(on: Crowded) -> None:
        await on.load(ALICE, BOB, CAROL, public=1)
        await test(on)

    async def played(scripted: Scripted, redis_url: str) -> None:
        await undisturbed(scripted, redis_url, play)

    played.__name__, played.__doc__ = test.__name__, test.__doc__
    return played


async def two(on: Crowded, settings: HubSettings | None = None) -> tuple[Hub, Hub]:
    return await on.hub(settings), await on.hub(settings)


async def sees(client: Onlooker, *online: int) -> None:
    await eventually(lambda: client.online == set(online))


async def passes(seconds: float) -> None:
    """A while in which something must not happen."""
    await asyncio.sleep(seconds)


@crowd
async def test_who_comes_through_another_process_is_said_once_and_shown_by_all(on: Crowded) -> None:
    here, there = await two(on)
    alice = await on.watch(here, ALICE)
    await sees(alice, ALICE)
    bob = await on.watch(there, BOB)
    await sees(alice, ALICE, BOB)
    await eventually(lambda: alice.heard("online").count(BOB) == 1)
    assert bob.online == {ALICE, BOB}, "the snapshot knows of the other process"
    await passes(5 * on.terms.interval)
    assert (sorted(alice.heard("online")), alice.heard("offline")) == ([ALICE, BOB], [])


@crowd
async def test_presence_has_no_id_and_names_its_raid(on: Crowded) -> None:
    hub = await on.hub()
    alice = await on.watch(hub, ALICE)
    await eventually(lambda: alice.presence)
    told = alice.presence[0][1]
    assert told.id is None
    assert set(told.data) == {"raidId", "at", "online", "offline"}
    assert told.data["raidId"] == RAID


@crowd
async def test_who_goes_is_offline_after_the_grace(on: Crowded) -> None:
    here, there = await two(on)
    alice, bob = await on.watch(here, ALICE), await on.watch(there, BOB)
    await sees(alice, ALICE, BOB)
    went = asyncio.get_running_loop().time()
    on.gone(bob)
    await sees(alice, ALICE)
    assert alice.presence[-1][0] - went >= on.terms.grace
    assert alice.heard("offline") == [BOB]


@crowd
async def test_a_hop_to_another_process_within_the_grace_shows_nothing(on: Crowded) -> None:
    here, there = await two(on)
    alice, bob = await on.watch(here, ALICE), await on.watch(here, BOB)
    await sees(alice, ALICE, BOB)
    for hub in (there, here, there):
        on.gone(bob)
        await passes(on.terms.grace / 2)
        bob = await on.watch(hub, BOB, bob)
    await passes(2 * on.terms.grace)
    assert (sorted(alice.heard("online")), alice.heard("offline")) == ([ALICE, BOB], [])


@crowd
async def test_the_last_of_several_streams_counts(on: Crowded) -> None:
    here, there = await two(on)
    alice = await on.watch(here, ALICE)
    bobs = [await on.watch(hub, BOB) for hub in (here, here, there)]
    await sees(alice, ALICE, BOB)
    on.gone(bobs[0])
    on.gone(bobs[1])
    await passes(2 * on.terms.grace)
    assert alice.heard("offline") == []
    on.gone(bobs[2])
    await sees(alice, ALICE)


@crowd
async def test_who_comes_and_goes_between_two_tellings_was_online_all_the_same(on: Crowded) -> None:
    hub = await on.hub()
    alice = await on.watch(hub, ALICE)
    await sees(alice, ALICE)
    bob = await on.watch(hub, BOB)
    on.gone(bob)
    await eventually(lambda: ([], [BOB]) in alice.said)
    assert alice.heard("online").count(BOB) == 1


@crowd
async def test_strangers_are_shown_to_nobody(on: Crowded) -> None:
    here, there = await two(on)
    alice, stranger = await on.watch(here, ALICE), await on.watch(there, STRANGER)
    await sees(alice, ALICE)
    await sees(stranger, ALICE)
    on.gone(stranger)
    await passes(2 * on.terms.grace)
    assert STRANGER not in alice.heard("online") + alice.heard("offline")


@crowd
async def test_who_joins_while_watching_is_online_at_once(on: Crowded) -> None:
    here, there = await two(on)
    alice, stranger = await on.watch(here, ALICE), await on.watch(there, STRANGER)
    await eventually(lambda: on.world.redis.zcard(on.world.key("online")))
    await eventually(lambda: _knows(on, STRANGER))
    assert await on.world.outcome(join(UserId(STRANGER), command_id=command_id(1))) == "done"
    await sees(alice, ALICE, STRANGER)
    await sees(stranger, ALICE, STRANGER)
    joined = next(one for one in alice.told if one.event == "member_join")
    assert joined.data["isOnline"] is True
    on.gone(stranger)
    await sees(alice, ALICE)


async def _knows(on: Crowded, user_id: int) -> bool:
    return await on.world.redis.zscore(on.world.key("online"), str(user_id)) is not None


@crowd
async def test_a_view_on_a_process_that_nobody_watches_through_knows_all(on: Crowded) -> None:
    hub = await on.hub()
    await on.watch(hub, BOB)
    store = RaidStore(on.world.scripted)

    async def shows_bob() -> bool:
        seen = await store.view(RAID, EVERYONE)
        assert seen.snapshot is not None
        return seen.snapshot.online == {BOB}

    await eventually(shows_bob)


@crowd
async def test_whoever_resumes_is_told_what_changed_meanwhile(on: Crowded) -> None:
    here, there = await two(on)
    alice, bob, carol = await on.watch(here, ALICE), await on.watch(there, BOB), await on.watch(there, CAROL)
    await sees(alice, ALICE, BOB, CAROL)
    on.gone(alice)
    on.gone(bob)
    await sees(carol, CAROL)
    again = await on.watch(here, ALICE, alice)
    assert again.online == {ALICE, BOB, CAROL}, "this page knows nothing yet of what it missed"
    await sees(again, ALICE, CAROL)
    assert again.told[0].data["recovered"] == "full"
    assert sorted(carol.heard("offline")) == [ALICE, BOB], "nobody else is told it twice"


@crowd
async def test_a_killed_process_is_found_out(on: Crowded) -> None:
    here, there = await two(on)
    alice, _bob = await on.watch(here, ALICE), await on.watch(there, BOB)
    await sees(alice, ALICE, BOB)
    killed = asyncio.get_running_loop().time()
    await on.kill(there)
    await sees(alice, ALICE)
    took = alice.presence[-1][0] - killed
    assert took >= on.terms.grace
    assert took < on.terms.lease + on.terms.grace + 10 * on.terms.interval + 2, "the bound, and some noise"


@crowd
async def test_the_people_of_a_killed_process_who_come_back_elsewhere_were_never_away(on: Crowded) -> None:
    here, there = await two(on)
    alice, bob = await on.watch(here, ALICE), await on.watch(there, BOB)
    await sees(alice, ALICE, BOB)
    await on.kill(there)
    await on.watch(here, BOB, bob)
    await passes(on.terms.lease + 2 * on.terms.grace)
    assert alice.heard("offline") == []


@crowd
async def test_a_drained_process_hands_over_without_a_flicker(on: Crowded) -> None:
    here, there = await two(on)
    alice, bob = await on.watch(here, ALICE), await on.watch(there, BOB)
    await sees(alice, ALICE, BOB)
    there.drain()
    await eventually(lambda: bob.ended)
    await on.end(there)
    await on.watch(here, BOB, bob)
    await passes(2 * on.terms.grace)
    assert (sorted(alice.heard("online")), alice.heard("offline")) == ([ALICE, BOB], [])


@crowd
async def test_nothing_is_left_when_everybody_has_left(on: Crowded) -> None:
    hub = await on.hub()
    clients = [await on.watch(hub, user) for user in (ALICE, BOB, STRANGER)]
    await sees(clients[0], ALICE, BOB)
    for client in clients:
        on.gone(client)
    await eventually(lambda: _nothing_left(on), on.terms.lease + on.terms.grace + 5)
    presence = hub._presence
    assert presence is not None
    await eventually(lambda: not presence._crowds.by_raid)


@crowd
async def test_nothing_is_left_when_all_processes_were_killed(on: Crowded) -> None:
    here, there = await two(on)
    alice, _ = await on.watch(here, ALICE), await on.watch(there, BOB)
    await sees(alice, ALICE, BOB)
    await on.kill(here)
    await on.kill(there)
    await eventually(lambda: _nothing_left(on), on.terms.lease + on.terms.grace + 5)


async def _nothing_left(on: Crowded) -> bool:
    return not await on.world.redis.exists(*presence_keys(RAID))


@crowd
async def test_after_redis_lost_everything_presence_comes_back_and_nobody_was_offline(on: Crowded) -> None:
    here, there = await two(on)
    alice, bob = await on.watch(here, ALICE), await on.watch(there, BOB)
    await sees(alice, ALICE, BOB)
    await on.world.redis.flushall()
    await on.heal()
    await eventually(lambda: _knows(on, ALICE))
    await eventually(lambda: _knows(on, BOB))
    for client in (alice, bob):
        await sees(client, ALICE, BOB)
    await passes(on.terms.lease + on.terms.grace)
    assert not {ALICE, BOB} & set(alice.heard("offline") + bob.heard("offline"))
    assert alice.online == bob.online == {ALICE, BOB}


@crowd
async def test_who_left_just_as_redis_lost_everything_is_offline_in_the_end(on: Crowded) -> None:
    here, there = await two(on)
    alice, bob = await on.watch(here, ALICE), await on.watch(there, BOB)
    await sees(alice, ALICE, BOB)
    for part in presence_keys(RAID):
        await on.world.redis.delete(part)
    on.gone(bob)
    await eventually(lambda: alice.online == {ALICE}, on.terms.lease + on.terms.grace + 5)
    assert ALICE not in alice.heard("offline")


@crowd
async def test_a_change_that_pub_sub_lost_is_told_by_the_next_beat_but_one(on: Crowded) -> None:
    long_grace = replace(on.terms, grace=60.0)  # nobody is given up within this test
    here, there = await two(on, replace(on.settings, presence=long_grace))
    alice = await on.watch(here, ALICE)
    await sees(alice, ALICE)
    channel = next(iter(here._channels))
    hear, channel.hear = channel.hear, lambda news: None  # type: ignore[method-assign]
    await on.watch(there, BOB)
    await eventually(lambda: _knows(on, BOB))
    await passes(2 * on.terms.interval)
    channel.hear = hear  # type: ignore[method-assign]
    assert alice.online == {ALICE}
    await eventually(lambda: alice.online == {ALICE, BOB}, on.terms.lease + 5)


async def test_many_at_once_are_said_in_frames_of_a_thousand(scripted: Scripted, redis_url: str) -> None:
    async with crowded(scripted, redis_url) as on:
        members = list(range(1, 1301))
        await on.load(*members, max_members=10_000)
        here, there = await two(on, HubSettings(presence=replace(QUICK, beat=1.0, lease=20.0, grace=1.0)))
        alice = await on.watch(here, ALICE)
        await sees(alice, ALICE)
        others = [Client() for _ in members[1:]]
        nowhere = Cursor(Epoch(7), Seq(0))  # so that they need no snapshot of everybody
        for client, user in zip(others, members[1:], strict=True):
            await on.open(there, client, user, nowhere)
        await eventually(lambda: alice.online == set(members), 30)
        assert max(len(online) for online, _ in alice.said) <= 1000
        assert sorted(alice.heard("online")) == members
        for client in others:
            on.gone(client)
        await eventually(lambda: alice.online == {ALICE}, 30)
        assert max(len(offline) for _, offline in alice.said) <= 1000
        assert sorted(alice.heard("offline")) == members[1:]


def test_times_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="lease"):
        PresenceSettings(beat=20.0)


async def test_while_redis_is_away_nobody_is_announced_and_its_next_run_begins_anew(
    lonely_redis: EmbeddedRedis,
) -> None:
    scripted = Scripted(lonely_redis.url, timeout=1, connections=4)
    async with crowded(scripted, lonely_redis.url) as on:
        await on.load(ALICE, BOB, CAROL, public=1)
        here, there = await two(on)
        alice, bob = await on.watch(here, ALICE), await on.watch(there, BOB)
        carol = await on.watch(there, CAROL)
        await sees(alice, ALICE, BOB, CAROL)
        said = len(alice.said)
        await lonely_redis.stop()
        on.gone(carol)
        await passes(QUICK.lease + QUICK.grace)
        assert len(alice.said) == said
        await lonely_redis.start()
        for client in (alice, bob):
            await eventually(lambda: client.online == {ALICE, BOB}, 20)  # noqa: B023
        assert not {ALICE, BOB} & set(alice.heard("offline") + bob.heard("offline"))
    await scripted.close()
