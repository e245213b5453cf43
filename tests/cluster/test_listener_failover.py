"""Nodes that die, hang, come back and hand over: what the others serve is heard on, and the rest by itself again."""

import pytest

from realtime.errors import RedisAway
from realtime.topology import Topology
from tests.cluster.listening import PATIENCE, Heard, by_owner, channels, listening, subscribed
from tests.cluster.node import Node
from tests.cluster.nodes import Nodes
from tests.helpers import eventually

NAMES = channels(30)


async def test_where_a_primary_is_killed_its_replica_is_heard_and_nothing_else_notices(own_nodes: Nodes) -> None:
    async with listening(own_nodes, *NAMES) as heard:
        dead, its = await _some_node_and_its_channels(heard)
        await dead.kill()
        await eventually(lambda: set(heard.notes.lost) == its)
        await _others_are_heard(heard, its)
        await eventually(lambda: set(heard.notes.back) == its, PATIENCE)
        assert set(heard.notes.lost) == its
        await heard.is_heard(*its)
        await dead.start()
        await eventually(own_nodes.in_order, PATIENCE)
        await heard.is_heard(*NAMES)
        assert set(heard.notes.lost) == set(heard.notes.back) == its


async def test_a_primary_that_hands_over_is_followed(own_nodes: Nodes) -> None:
    async with listening(own_nodes, *NAMES) as heard:
        old, its = await _some_node_and_its_channels(heard)
        heir = own_nodes.all[own_nodes.all.index(old) + 3]
        await own_nodes.hand_over(heir)
        await eventually(lambda: set(heard.notes.back) == its, PATIENCE)
        assert set(heard.notes.lost) <= its
        await eventually(own_nodes.in_order, PATIENCE)
        await heard.is_heard(*NAMES)
        assert await subscribed(own_nodes) == set(NAMES)

        async def is_let_go() -> bool:
            return bool(await old.ask("PUBSUB", "SHARDCHANNELS") == [])

        await eventually(is_let_go, PATIENCE)


async def test_a_primary_that_hangs_is_left_for_its_replica(own_nodes: Nodes) -> None:
    async with listening(own_nodes, *NAMES, quiet=1.0) as heard:
        hung, its = await _some_node_and_its_channels(heard)
        hung.pause()
        try:
            await eventually(lambda: its <= set(heard.notes.back), PATIENCE)
        finally:
            hung.resume()
        await eventually(own_nodes.in_order, PATIENCE)
        await heard.is_heard(*NAMES)


async def test_a_node_that_is_restarted_is_heard_again(lonely_nodes: Nodes) -> None:
    async with listening(lonely_nodes, *NAMES) as heard:
        node, its = await _some_node_and_its_channels(heard)
        await node.kill()
        await eventually(lambda: set(heard.notes.lost) == its)
        heard.listener.join(b"late" + next(iter(its)))
        with pytest.raises(RedisAway):
            await heard.listener.joined(b"late" + next(iter(its)), 0.5)
        await _others_are_heard(heard, its)
        await node.start()
        await eventually(lambda: set(heard.notes.back) == its, PATIENCE)
        await heard.is_heard(*NAMES)
        await heard.listener.joined(b"late" + next(iter(its)), PATIENCE)


async def test_after_all_nodes_were_away_everything_is_heard_again(lonely_nodes: Nodes) -> None:
    async with listening(lonely_nodes, *NAMES) as heard:
        for node in lonely_nodes.all:
            await node.kill()
        await eventually(lambda: set(heard.notes.lost) == set(NAMES))
        for node in lonely_nodes.all:
            await node.start()
        await eventually(lambda: set(heard.notes.back) == set(NAMES), PATIENCE)
        await heard.is_heard(*NAMES[:6])


async def test_without_a_cluster_joining_fails_in_time() -> None:
    topology = Topology("redis+cluster://127.0.0.1:1")
    heard = Heard(Nodes([], 0), topology)
    heard.listener.start(heard.notes)
    heard.listener.join(b"raid:{1}:events")
    with pytest.raises(RedisAway):
        await heard.listener.joined(b"raid:{1}:events", 0.3)
    await heard.listener.close()
    await topology.close()


async def _some_node_and_its_channels(heard: Heard) -> tuple[Node, set[bytes]]:
    node, its = next(iter((await by_owner(heard.nodes, NAMES)).items()))
    return node, set(its)


async def _others_are_heard(heard: Heard, its: set[bytes]) -> None:
    others = [name for name in NAMES if name not in its]
    await heard.is_heard(*others[:6])
    assert not {*heard.notes.lost, *heard.notes.back}.intersection(others)
