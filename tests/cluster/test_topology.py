"""Who serves which slot: known at the first need, and anew when something has moved."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio
from redis.crc import REDIS_CLUSTER_HASH_SLOTS as SLOTS
from redis.exceptions import MovedError

from realtime.cluster_url import ClusterUrl, NodeName, is_cluster_url
from realtime.errors import RedisAway
from realtime.topology import Topology, slot_of
from tests.cluster.nodes import Nodes, lonely_node
from tests.helpers import free_port


@pytest_asyncio.fixture
async def topology(nodes: Nodes) -> AsyncIterator[Topology]:
    topology = Topology(nodes.url)
    yield topology
    await topology.close()


async def test_knows_nothing_before_it_has_asked(topology: Topology) -> None:
    assert topology.nodes() == ()
    with pytest.raises(RedisAway):
        topology.node_of("key")


async def test_every_slot_is_where_the_cluster_says(topology: Topology, nodes: Nodes) -> None:
    await topology.known()

    assert sorted(topology.nodes()) == sorted(node.address for node in await nodes.primaries())
    for key in ("a", "b", "c", "raid:{7}:state"):
        assert topology.node_of(key) == (await nodes.owner(key)).address


async def test_keys_of_one_tag_are_on_one_node(topology: Topology) -> None:
    await topology.known()

    assert slot_of("raid:{7}:state") == slot_of(b"raid:{7}:events")
    assert topology.node_of("raid:{7}:state") == topology.node_of(b"raid:{7}:events")


async def test_many_who_ask_share_one_answer(topology: Topology) -> None:
    told = 0

    def tell() -> None:
        nonlocal told
        told += 1

    topology.on_change(tell)
    await asyncio.gather(*(topology.refresh() for _ in range(50)))

    assert told == 1


async def test_what_a_node_says_of_a_slot_holds_at_once(topology: Topology) -> None:
    await topology.known()
    told: list[NodeName] = []
    topology.on_change(lambda: told.append(topology.node_of("key")))
    other = next(node for node in topology.nodes() if node != topology.node_of("key"))

    topology.moved(MovedError(f"{slot_of('key')} {other}"), said_by=topology.node_of("key"))

    assert told == [other]


class Held(Topology):
    """Its answers wait to be believed."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.has_answer, self.goes_on = asyncio.Event(), asyncio.Event()

    async def _discover(self, nodes: Iterable[NodeName]) -> list[NodeName | None]:
        answer = await super()._discover(nodes)
        self.has_answer.set()
        await self.goes_on.wait()
        return answer


async def test_what_a_node_says_outlives_an_answer_from_before_it(nodes: Nodes) -> None:
    topology = Held(nodes.url)
    topology.goes_on.set()
    await topology.known()
    topology.goes_on.clear()
    topology.has_answer.clear()
    source = await nodes.owner("key")
    to = next(node for node in await nodes.primaries() if node is not source)
    asking = asyncio.create_task(topology.refresh())
    await topology.has_answer.wait()
    async with nodes.moving(slot_of("key"), to):
        pass

    topology.moved(MovedError(f"{slot_of('key')} {to.address}"), said_by=NodeName(source.address))
    topology.goes_on.set()
    await asking

    assert topology.node_of("key") == to.address
    async with nodes.moving(slot_of("key"), source):
        pass
    await topology.refresh()
    assert topology.node_of("key") == source.address
    await topology.close()


async def test_a_node_that_names_no_host_means_its_own(topology: Topology) -> None:
    await topology.known()

    topology.moved(MovedError(f"{slot_of('key')} :7777"), said_by=NodeName("10.0.0.1:6379"))

    assert topology.node_of("key") == "10.0.0.1:7777"


async def test_one_who_is_asked_and_gone_is_passed_over(nodes: Nodes) -> None:
    topology = Topology(f"redis+cluster://127.0.0.1:{free_port()},{nodes.all[0].address}")

    await topology.known()

    assert len(topology.nodes()) == 3
    await topology.close()


async def test_nobody_there_is_redis_away() -> None:
    topology = Topology(f"redis+cluster://127.0.0.1:{free_port()}")

    with pytest.raises(RedisAway):
        await topology.known()
    await topology.close()


async def test_nodes_that_serve_nothing_yet_are_redis_away_until_they_do(program: Path, service_folder: Path) -> None:
    async with lonely_node(program, service_folder) as node:
        topology = Topology(f"redis+cluster://{node.address}")
        with pytest.raises(RedisAway):
            await topology.known()

        await node.ask("CLUSTER", "ADDSLOTSRANGE", 0, SLOTS - 1)
        await topology.known()

        assert topology.nodes() == (node.address,)
        await topology.close()


def test_a_scheme_may_be_written_in_any_case() -> None:
    assert is_cluster_url("Redis+Cluster://one:7001")
    assert not is_cluster_url("redis://one:7001")


def test_sign_in_and_options_stand_once_and_hold_for_every_node() -> None:
    url = ClusterUrl.parse("rediss+cluster://me:p%23w@one:7001,two,[::1]:7003/0?ssl_cert_reqs=none")

    assert url.startup == ("one:7001", "two:6379", "::1:7003")
    assert url.of(NodeName("one:7001")) == "rediss://me:p%23w@one:7001/?ssl_cert_reqs=none"
    assert url.of(url.startup[2]) == "rediss://me:p%23w@[::1]:7003/?ssl_cert_reqs=none"


@pytest.mark.parametrize(
    "wrong",
    [
        "redis://secret:1",
        "redis+cluster://",
        "redis+cluster://secret/3",
        "redis+cluster://secret?db=3",
        "redis+cluster://:1",
    ],
)
def test_what_is_no_url_of_a_cluster_is_refused_without_a_word_of_it(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"must|names") as refused:
        ClusterUrl.parse(wrong)
    assert "secret" not in str(refused.value)
