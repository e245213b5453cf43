"""Streams of raids on a cluster, under contributions all the time: every entry once, whatever happens to its nodes."""

from collections.abc import Collection

from redis.crc import key_slot

from raidline.ids import RaidId
from realtime.keys import raid_key
from tests.cluster.listening import UNDISTURBED
from tests.cluster.node import Node
from tests.cluster.nodes import Nodes
from tests.helpers import eventually
from tests.realtime.posting import PATIENCE, Raids, followed
from tests.realtime.raid_world import BOB


async def test_streams_of_raids_on_every_node_are_told_everything(nodes: Nodes) -> None:
    async with followed(nodes.url, timeout=UNDISTURBED) as raids:
        await raids.agree()
        _nothing_happened_to(raids, raids.ids)


async def test_subscriptions_that_are_cut_cost_nothing_but_a_reading(nodes: Nodes) -> None:
    async with followed(nodes.url, timeout=UNDISTURBED) as raids:
        for node in nodes.all * 3:
            await node.ask("CLIENT", "KILL", "TYPE", "pubsub")
            await raids.go_on(raids.ids, 3)
        await eventually(lambda: all(raids.told(one, "status") >= 2 for one in raids.ids))
        await raids.agree()
        assert {raids.told(one, "hello") for one in raids.ids} == {1}


async def test_streams_of_a_slot_that_moves_under_contributions(nodes: Nodes) -> None:
    raid_id = RaidId(1)
    async with followed(nodes.url, timeout=UNDISTURBED) as raids:
        slot = key_slot(raid_key(raid_id, "state").encode())
        source = await nodes.owner_of_slot(slot)
        other = next(node for node in nodes.all if node is not source)
        for to in (other, source):
            async with nodes.moving(slot, to):
                await raids.go_on(set(raids.ids) - {raid_id}, 3)
            await raids.go_on(raids.ids)
        await raids.agree()
        _nothing_happened_to(raids, set(raids.ids) - {raid_id})


async def test_streams_of_a_primary_that_is_killed_go_on_with_its_replica(own_nodes: Nodes) -> None:
    async with followed(own_nodes.url) as raids:
        dead = await own_nodes.owner(raid_key(RaidId(1), "state"))
        its = await _raids_on(dead, own_nodes, raids)
        others = set(raids.ids) - its
        await dead.kill()
        await raids.go_on(others)
        await eventually(lambda: all(raids.told(one, "status") >= 1 for one in its))
        await raids.go_on(its)
        await eventually(lambda: all(raids.told(one, "status") == 2 for one in its), PATIENCE)
        await dead.start()
        await eventually(own_nodes.in_order, PATIENCE)
        await raids.go_on(raids.ids)
        await raids.agree()
        _nothing_happened_to(raids, others)
        assert {raids.told(one, "hello") for one in its} == {2}


async def test_streams_of_a_primary_that_hands_over_go_on_with_its_replica(own_nodes: Nodes) -> None:
    async with followed(own_nodes.url) as raids:
        old = await own_nodes.owner(raid_key(RaidId(1), "state"))
        its = await _raids_on(old, own_nodes, raids)
        await own_nodes.hand_over(own_nodes.all[own_nodes.all.index(old) + 3])
        await eventually(own_nodes.in_order, PATIENCE)
        await raids.go_on(raids.ids)
        await raids.agree()
        _nothing_happened_to(raids, set(raids.ids) - its)


async def test_of_the_other_raids_everything_is_told_while_a_node_is_away(lonely_nodes: Nodes) -> None:
    async with followed(lonely_nodes.url, timeout=UNDISTURBED) as raids:
        dead = await lonely_nodes.owner(raid_key(RaidId(1), "state"))
        others = set(raids.ids) - await _raids_on(dead, lonely_nodes, raids)
        await dead.kill()
        await raids.go_on(others)
        before = {one: (raids.told(one, "sync"), raids.told(one, "presence")) for one in others}
        for raid_id in others:
            raids.streams[raid_id].append(await raids.watch(raid_id, BOB))
        await eventually(lambda: all(raids.told(one, "sync") > before[one][0] for one in others), PATIENCE)
        await eventually(lambda: all(raids.told(one, "presence") > before[one][1] for one in others), PATIENCE)
        await dead.start()
        await raids.go_on(raids.ids)
        await raids.agree()
        _nothing_happened_to(raids, others)


async def _raids_on(node: Node, nodes: Nodes, raids: Raids) -> set[RaidId]:
    return {raid_id for raid_id in raids.ids if await nodes.owner(raid_key(raid_id, "state")) is node}


def _nothing_happened_to(raids: Raids, raid_ids: Collection[RaidId]) -> None:
    """Their streams began once, and were never told that anything is amiss."""
    assert {raids.told(one, "hello") for one in raid_ids} == {1}
    assert {raids.told(one, "status") for one in raid_ids} == {0}
