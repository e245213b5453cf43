"""Scripts and plain commands on a cluster: each at the node of its key, whatever becomes of the others."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.crc import key_slot
from redis.exceptions import ResponseError

from realtime.calls import RUN_ID, Call
from realtime.cluster import ScriptedCluster
from realtime.cluster_lane import ClusterLane
from realtime.connection import Scripted
from realtime.errors import RedisAway
from realtime.scripts import script, sharded
from realtime.topology import Topology
from tests.cluster.node import LOCAL, Node
from tests.cluster.nodes import Nodes
from tests.helpers import eventually
from tests.realtime.echoes import BROKEN, ECHO, WRITE, made_up, within

NAMES = [f"{{{number}}}:key" for number in range(12)]
"""On all three nodes."""

IMPATIENT_SECONDS = 2.0
"""How long one who does not answer is waited for; whoever does answer does so within that."""

IN_TIME = 10 * IMPATIENT_SECONDS
"""Not for ever, on a machine that is busy."""


async def cluster_on(nodes: Nodes, timeout: float = 60.0) -> AsyncIterator[ScriptedCluster]:
    topology = Topology(nodes.url)
    cluster = ScriptedCluster(topology, timeout=timeout, connections=4)
    yield cluster
    await cluster.close()
    await topology.close()


@pytest_asyncio.fixture
async def scripted(nodes: Nodes) -> AsyncIterator[ScriptedCluster]:
    async for cluster in cluster_on(nodes):
        yield cluster


@pytest_asyncio.fixture
async def breakable(own_nodes: Nodes) -> AsyncIterator[ScriptedCluster]:
    async for cluster in cluster_on(own_nodes, timeout=1.0):
        yield cluster


@pytest_asyncio.fixture
async def impatient(lonely_nodes: Nodes) -> AsyncIterator[ScriptedCluster]:
    """Where nobody takes over from whoever does not answer."""
    async for cluster in cluster_on(lonely_nodes, timeout=IMPATIENT_SECONDS):
        yield cluster


def echoes(words: list[str]) -> list[Call]:
    return [Call(ECHO, [f"{{{word}}}:key"], [word]) for word in words]


async def another(nodes: Nodes, key: str) -> Node:
    owner = await nodes.owner(key)
    return next(node for node in await nodes.primaries() if node is not owner)


async def test_replies_come_in_the_order_of_the_calls_from_all_nodes(scripted: ScriptedCluster) -> None:
    words = [str(number) for number in range(100)]
    assert len({scripted.shard(call.keys[0]) for call in echoes(words)}) == 1, "nothing is known yet"

    assert await scripted.run(echoes(words)) == [[word.encode()] for word in words]

    assert len({scripted.shard(call.keys[0]) for call in echoes(words)}) == 3


async def test_plain_commands_go_to_their_keys_and_are_answered_in_order(
    scripted: ScriptedCluster, nodes: Nodes
) -> None:
    sets = [["SET", name, str(at)] for at, name in enumerate(NAMES)]

    assert await scripted.plain(sets) == [b"OK"] * len(NAMES)
    assert await scripted.plain([["GET", name] for name in NAMES]) == [str(at).encode() for at in range(len(NAMES))]
    assert await (await nodes.owner(NAMES[3])).ask("GET", NAMES[3]) == "3"


async def test_a_mistake_of_ours_is_told_and_leaves_the_others(scripted: ScriptedCluster) -> None:
    calls = [Call(WRITE, [NAMES[0]], ["a"]), Call(BROKEN, [NAMES[1]], []), Call(WRITE, [NAMES[2]], ["c"])]

    replies = await scripted.run_each(calls)

    assert (replies[0], replies[2]) == ([b"OK"], [b"OK"])
    assert isinstance(replies[1], ResponseError)
    with pytest.raises(ResponseError):
        await scripted.plain([["HGET", NAMES[0]]])


async def test_keys_of_one_slot_may_be_in_one_command(scripted: ScriptedCluster) -> None:
    parts = scripted.together(["{a}1", "{b}1", "{a}2"])

    assert parts == [["{a}1", "{a}2"], ["{b}1"]]
    assert await scripted.plain([["DEL", *part] for part in parts]) == [0, 0]


async def test_a_script_is_told_the_run_id_of_the_node_it_runs_on(scripted: ScriptedCluster) -> None:
    said = [(await scripted.call(Call(ECHO, [name], [RUN_ID])))[0].decode() for name in NAMES]

    assert len(set(said)) == 3
    assert said == [await scripted.run_id(name) for name in NAMES]


async def test_hints_get_to_their_own_node(scripted: ScriptedCluster, nodes: Nodes) -> None:
    await scripted.run(echoes(["a"]), [["SADD", NAMES[4], "x"], ["SADD", NAMES[5], "x"]])

    for name in NAMES[4:6]:
        owner = await nodes.owner(name)
        await eventually(lambda owner=owner, name=name: owner.ask("EXISTS", name))  # type: ignore[misc]


async def test_what_is_published_is_heard_on_the_channel_s_own_node(scripted: ScriptedCluster, nodes: Nodes) -> None:
    publish = made_up("return { redis.call('PUBLISH', KEYS[1], ARGV[1]) }")
    owner = await nodes.owner("{7}:events")
    async with Redis(host=LOCAL, port=owner.port) as client, client.pubsub() as listening:
        await listening.execute_command("SSUBSCRIBE", "{7}:events")
        assert (await listening.parse_response())[0] == b"ssubscribe"
        await scripted.call(Call(publish, ["{7}:events"], ["by a script"]))
        await scripted.plain([["PUBLISH", "{7}:events", "by a command"]])
        heard = [await listening.parse_response() for _ in range(2)]

    assert [one[2] for one in heard] == [b"by a script", b"by a command"]


def test_whatever_publishes_does_so_through_the_one_include() -> None:
    for name in ("contribute", "own_append", "swap", "presence_tell"):
        assert script(name).source.count("redis.call('PUBLISH'") == 1
        assert "'PUBLISH'" not in sharded(script(name)).source
        assert sharded(script(name)).sha != script(name).sha


async def test_what_is_announced_has_been_done(scripted: ScriptedCluster, nodes: Nodes) -> None:
    """A listener who then reads must not find what was before."""
    await scripted.topology.known()
    told = "{7}:events"
    other = next(name for name in NAMES if scripted.shard(name) != scripted.shard(told))
    slow, owner = await nodes.owner(other), await nodes.owner(told)
    slow.pause()
    sending = asyncio.create_task(scripted.plain([["SET", other, "new"], ["PUBLISH", told, "look"]]))
    async with Redis(host=LOCAL, port=owner.port) as client, client.pubsub() as listening:
        await listening.execute_command("SSUBSCRIBE", told)
        await listening.parse_response()
        assert await listening.parse_response(block=False, timeout=0.3) is None
        slow.resume()
        assert (await listening.parse_response())[2] == b"look"
        assert await slow.ask("GET", other) == "new"
    await sending


async def test_a_slot_that_has_moved_is_found_where_it_is(scripted: ScriptedCluster, nodes: Nodes) -> None:
    key = NAMES[0]
    source, to = await nodes.owner(key), await another(nodes, key)
    await scripted.plain([["SET", key, "before"]])
    for target in (to, source):
        async with nodes.moving(key_slot(key.encode()), target):
            pass
        assert await scripted.plain([["GET", name] for name in NAMES[:3]]) == [b"before", None, None]
        assert await scripted.call(Call(WRITE, [key], ["before"])) == [b"OK"]
        assert scripted.shard(key) == target.address


async def test_what_meets_a_slot_on_its_way_waits_until_it_has_arrived(scripted: ScriptedCluster, nodes: Nodes) -> None:
    """Its keys are missing on either side; nothing is carried out on a part of them."""
    key, beside = "{a}:key", "{a}:beside"
    source, to = await nodes.owner(key), await another(nodes, key)
    await scripted.plain([["SET", key, "1"]])
    both = made_up("return { redis.call('INCR', KEYS[1]), redis.call('INCR', KEYS[2]) }")
    for target in (to, source):
        async with nodes.moving(key_slot(key.encode()), target):
            call = asyncio.create_task(scripted.call(Call(both, [key, beside], [])))
            missing = asyncio.create_task(scripted.plain([["GET", "{a}:nothing"]]))
            assert not (await asyncio.wait([missing], timeout=0.2))[0]
        await call
        assert await missing == [None]
    assert await scripted.plain([["GET", key], ["GET", beside]]) == [b"3", b"2"]


async def test_a_slot_that_stays_on_its_way_is_redis_away_for_its_keys_alone(nodes: Nodes) -> None:
    key = "{a}:key"
    source, to = await nodes.owner(key), await another(nodes, key)
    got: dict[int, object] = {}
    async for brief in cluster_on(nodes, timeout=IMPATIENT_SECONDS):
        await brief.run(echoes(["a", *"bcdefg"]))
        async with nodes.moving(key_slot(key.encode()), to):
            with within(IN_TIME), pytest.raises(RedisAway):
                await brief.run_each(echoes(["a", *"bcdefg"]), take=got.__setitem__)
        assert sorted(got) == [1, 2, 3, 4, 5, 6]
    async with nodes.moving(key_slot(key.encode()), source):
        pass


async def test_a_node_that_is_away_leaves_the_others_their_replies(
    impatient: ScriptedCluster, lonely_nodes: Nodes
) -> None:
    words = [str(number) for number in range(12)]
    await impatient.run(echoes(words))
    dead = await lonely_nodes.owner(echoes(words)[0].keys[0])
    of_others = [at for at, call in enumerate(echoes(words)) if impatient.shard(call.keys[0]) != dead.address]
    dead.pause()
    got: dict[int, object] = {}

    with within(IN_TIME), pytest.raises(RedisAway, match=dead.address):
        await impatient.run_each(echoes(words), take=got.__setitem__)

    assert sorted(got) == of_others
    answers = await impatient.everywhere(["PING"], IMPATIENT_SECONDS)
    assert {shard for shard, answer in answers.items() if isinstance(answer, RedisAway)} == {dead.address}
    dead.resume()


async def test_whoever_took_over_is_found_without_being_told(breakable: ScriptedCluster, own_nodes: Nodes) -> None:
    key = NAMES[0]
    await breakable.plain([["SET", key, "kept"]])
    before = await breakable.run_id(key)
    dead = await own_nodes.owner(key)
    await eventually(dead.is_copied)
    await dead.kill()

    async def found() -> bool:
        try:
            return bool(await breakable.plain([["GET", key]]) == [b"kept"])
        except RedisAway:
            return False

    await eventually(found, 60)
    assert await breakable.run_id(key) != before
    assert breakable.shard(key) != dead.address


async def test_strings_are_read_with_what_is_read_along(scripted: ScriptedCluster) -> None:
    lane = ClusterLane(scripted, "common")
    await scripted.plain([["SET", "common", "7"], *(["SET", name, name] for name in NAMES[1:])])

    found = await asyncio.gather(*(lane.get(name) for name in NAMES))

    assert [one.value for one in found] == [None, *(name.encode() for name in NAMES[1:])]
    assert {one.common for one in found} == {b"7"}
    assert len({one.run_id for one in found}) == 3
    await lane.close()


async def test_a_string_whose_slot_has_moved_is_away_for_a_moment_and_its_neighbours_are_not(
    scripted: ScriptedCluster, nodes: Nodes
) -> None:
    key = NAMES[0]
    source, to = await nodes.owner(key), await another(nodes, key)
    lane = ClusterLane(scripted, "common")
    await scripted.plain([["SET", key, "here"]])
    await asyncio.gather(*(lane.get(name) for name in NAMES))
    async with nodes.moving(key_slot(key.encode()), to):
        pass

    first, *rest = await asyncio.gather(*(lane.get(name) for name in NAMES), return_exceptions=True)

    assert isinstance(first, RedisAway)
    assert not any(isinstance(one, BaseException) for one in rest)

    async def found() -> bool:
        try:
            return (await lane.get(key)).value == b"here"
        except RedisAway:
            return False

    await eventually(found)
    await lane.close()
    async with nodes.moving(key_slot(key.encode()), source):
        pass


async def test_one_server_that_is_a_node_of_a_cluster_is_told_of_once(
    nodes: Nodes, caplog: pytest.LogCaptureFixture
) -> None:
    alone = Scripted(f"redis://{nodes.all[0].address}", timeout=60.0, connections=4)

    await asyncio.gather(*(alone.run_id() for _ in range(4)))
    await alone.close()

    assert [record.levelname for record in caplog.records if "REDIS_URL" in record.getMessage()] == ["ERROR"]


async def test_of_a_cluster_that_is_asked_as_one_nothing_is_told(
    scripted: ScriptedCluster, caplog: pytest.LogCaptureFixture
) -> None:
    await scripted.plain([["GET", name] for name in NAMES])

    assert "REDIS_URL" not in caplog.text
