"""The clusters that tests are given are what they are said to be."""

from redis.crc import key_slot

from tests.cluster.nodes import Nodes
from tests.helpers import eventually


async def test_keys_of_the_session_s_are_on_three_nodes(nodes: Nodes) -> None:
    owners = {(await nodes.owner(f"raid:{{{number}}}:state")) for number in range(9)}
    assert len(owners) == 3
    assert nodes.url.startswith("redis+cluster://127.0.0.1:")


async def test_a_slot_moves_with_its_keys_and_back(nodes: Nodes) -> None:
    slot = key_slot(b"{a}1")
    source = await nodes.owner_of_slot(slot)
    other = next(node for node in await nodes.primaries() if node is not source)
    for number in range(3):
        await source.ask("SET", f"{{a}}{number}", number)
    for to in (other, source):
        async with nodes.moving(slot, to):
            pass
        assert await nodes.owner("{a}1") is to
        assert await to.ask("MGET", "{a}0", "{a}1", "{a}2") == ["0", "1", "2"]


async def test_a_replica_takes_over_and_the_dead_one_follows_it(own_nodes: Nodes) -> None:
    dead = await own_nodes.owner("{a}")
    await dead.ask("SET", "{a}", "kept")
    await eventually(dead.is_copied)
    await dead.kill()
    await eventually(own_nodes.serves_all, 60)
    heir = await own_nodes.owner("{a}")
    assert heir is not dead
    assert await heir.ask("GET", "{a}") == "kept"
    await dead.start()
    await eventually(own_nodes.in_order, 60)
    assert await own_nodes.owner("{a}") is heir
