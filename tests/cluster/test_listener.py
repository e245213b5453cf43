"""Listening to a cluster: every channel from the primary that serves it, wherever that is by now."""

import random
from pathlib import Path

import pytest
from redis.crc import REDIS_CLUSTER_HASH_SLOTS as SLOTS
from redis.crc import key_slot

from realtime.cluster_listener import ClusterListener
from realtime.errors import RedisAway
from realtime.topology import Topology
from tests.cluster.listening import PATIENCE, by_owner, channels, listening, subscribed, subscribers
from tests.cluster.nodes import Nodes, lonely_node
from tests.helpers import eventually
from tests.realtime.notes import Notes

RAID = b"raid:{1}:events"
SLOT = key_slot(RAID)


async def test_channels_of_all_nodes_are_heard_in_order_over_one_connection_to_each(nodes: Nodes) -> None:
    names = channels(600)
    async with listening(nodes, *names) as heard:
        owners = await by_owner(nodes, names[:9])
        assert len(owners) == 3
        assert await subscribed(nodes) == set(names)
        assert [await subscribers(node) for node in owners] == [1, 1, 1]
        for number in range(4):
            for node, its in owners.items():
                assert [await node.ask("SPUBLISH", name, number) for name in its] == [1] * len(its)
        await eventually(lambda: len(heard.notes.heard) == 36)
        assert all(heard.notes.of(name) == [b"0", b"1", b"2", b"3"] for name in names[:9])
        assert (heard.notes.lost, heard.notes.back) == ({}, {})


async def test_there_is_no_connection_to_a_node_of_which_nothing_is_wanted(nodes: Nodes) -> None:
    async with listening(nodes, RAID):
        owner = await nodes.owner(RAID.decode())
        assert [await subscribers(node) for node in nodes.all if node is not owner] == [0, 0]


async def test_joining_and_parting_in_any_order_leaves_what_is_wanted(nodes: Nodes) -> None:
    chance, names = random.Random(5), channels(40)
    wanted: set[bytes] = set()
    async with listening(nodes) as heard:
        for turn in range(2000):
            name = chance.choice(names)
            if name in wanted:
                wanted.discard(name)
                heard.listener.part(name)
            else:
                wanted.add(name)
                heard.listener.join(name)
            if turn % 100 == 0 and wanted:
                await heard.listener.joined(chance.choice(sorted(wanted)), PATIENCE)
        for name in wanted:
            await heard.listener.joined(name, PATIENCE)
        await eventually(lambda: _is_subscribed(nodes, wanted))
        assert (heard.notes.lost, heard.notes.back) == ({}, {})


async def test_a_slot_that_moves_is_heard_where_it_is_now_and_nothing_else_is_touched(nodes: Nodes) -> None:
    names = channels(60)
    async with listening(nodes, *names) as heard:
        source = await nodes.owner_of_slot(SLOT)
        other = next(node for node in await nodes.primaries() if node is not source)
        for to in (other, source):
            heard.notes.back.clear()
            async with nodes.moving(SLOT, to):
                assert await heard.publish(RAID, b"on its way") == 1
            await eventually(lambda: heard.notes.back[RAID] >= 1)
            assert set(heard.notes.back) == {RAID}
            assert set(heard.notes.lost) <= {RAID}
            await heard.is_heard(RAID)
        await heard.is_heard(*names[:10])


async def test_joined_while_a_slot_moves_a_channel_is_heard_before_and_after(nodes: Nodes) -> None:
    async with listening(nodes, b"raid:{2}:events") as heard:
        source = await nodes.owner_of_slot(SLOT)
        other = next(node for node in await nodes.primaries() if node is not source)
        async with nodes.moving(SLOT, other):
            await heard.join([RAID])
            assert await heard.publish(RAID, b"before") == 1
        await heard.is_heard(RAID)
        async with nodes.moving(SLOT, source):
            pass
        await heard.is_heard(RAID)


async def test_whoever_does_not_know_that_a_slot_has_moved_finds_it(nodes: Nodes) -> None:
    async with listening(nodes, b"raid:{2}:events") as heard:
        source = await nodes.owner_of_slot(SLOT)
        other = next(node for node in await nodes.primaries() if node is not source)
        for to in (other, source):
            async with nodes.moving(SLOT, to):
                pass
            await heard.join([RAID])
            assert await heard.publish(RAID, b"found") == 1
            heard.listener.part(RAID)
        assert (heard.notes.lost, heard.notes.back) == ({}, {})


async def test_slots_that_move_again_and_again_while_channels_come_and_go(nodes: Nodes) -> None:
    chance, names = random.Random(3), channels(30)
    wanted = set(names[:15])
    async with listening(nodes, *wanted) as heard:
        homes = {name: await nodes.owner(name.decode()) for name in names[:6]}
        now = dict(homes)
        for _ in range(12):
            name = chance.choice(list(homes))
            now[name] = chance.choice([node for node in nodes.all if node is not now[name]])
            async with nodes.moving(key_slot(name), now[name]):
                for one in chance.sample(names, 10):
                    (heard.listener.part if one in wanted else heard.listener.join)(one)
                    wanted.symmetric_difference_update([one])
        for name in wanted:
            await heard.listener.joined(name, PATIENCE)
        await eventually(lambda: _is_subscribed(nodes, wanted), PATIENCE)
        await heard.is_heard(*wanted)
        for name in (name for name, home in homes.items() if now[name] is not home):
            async with nodes.moving(key_slot(name), homes[name]):
                pass


async def test_a_connection_that_is_cut_takes_only_its_own_channels_along(nodes: Nodes) -> None:
    names = channels(90)
    async with listening(nodes, *names) as heard:
        node, its = next(iter((await by_owner(nodes, names)).items()))
        await node.ask("CLIENT", "KILL", "TYPE", "pubsub")
        await eventually(lambda: len(heard.notes.back) == len(its))
        assert set(heard.notes.back) == set(heard.notes.lost) == set(its)
        assert await heard.publish(its[0], b"again") == 1


async def _is_subscribed(nodes: Nodes, names: set[bytes]) -> bool:
    return await subscribed(nodes) == names


async def test_a_channel_wanted_before_anybody_serves_it_is_heard_when_somebody_does(
    program: Path, service_folder: Path
) -> None:
    async with lonely_node(program, service_folder) as node:
        topology, notes = Topology(f"redis+cluster://{node.address}"), Notes()
        listener = ClusterListener(topology)
        listener.join(RAID)
        listener.start(notes)
        with pytest.raises(RedisAway):
            await listener.joined(RAID, 0.5)

        await node.ask("CLUSTER", "ADDSLOTSRANGE", 0, SLOTS - 1)

        await listener.joined(RAID, PATIENCE)
        await listener.close()
        await topology.close()
