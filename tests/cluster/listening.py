"""A listener on a cluster, and whoever publishes to it."""

import functools
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from realtime.cluster_listener import ClusterListener
from realtime.topology import Topology
from tests.cluster.node import Node
from tests.cluster.nodes import Nodes
from tests.helpers import eventually
from tests.realtime.notes import Notes

PATIENCE = 60.0
"""A replica takes over within seconds; a busy machine may add some."""

UNDISTURBED = 60.0
"""Silence that makes a listener doubt its connection: longer than any machine stands still."""


@dataclass
class Heard:
    """A listener, what it told, and the cluster it listens to."""

    nodes: Nodes
    topology: Topology
    quiet: float = UNDISTURBED
    notes: Notes = field(default_factory=Notes)

    def __post_init__(self) -> None:
        self.listener = ClusterListener(self.topology, quiet=self.quiet)

    async def join(self, names: Iterable[bytes]) -> None:
        names = list(names)
        for name in names:
            self.listener.join(name)
        for name in names:
            await self.listener.joined(name, PATIENCE)

    async def publish(self, name: bytes, payload: bytes) -> int:
        """How many heard it, where the channel is served."""
        owner = await self.nodes.owner(name.decode())
        return int(await owner.ask("SPUBLISH", name, payload))

    async def is_heard(self, *names: bytes) -> None:
        """Wait until what is published on each of them arrives."""
        for name in names:
            await eventually(functools.partial(self._arrives, name), PATIENCE)

    async def _arrives(self, name: bytes) -> bool:
        before = len(self.notes.of(name))
        try:
            heard = await self.publish(name, b"anybody?")
        except (RedisError, OSError, AssertionError):
            return False
        if heard:
            await eventually(lambda: len(self.notes.of(name)) > before)
        return bool(heard)


@asynccontextmanager
async def listening(nodes: Nodes, *names: bytes, quiet: float = UNDISTURBED) -> AsyncIterator[Heard]:
    """A listener that hears these channels when the block begins."""
    topology = Topology(nodes.url)
    heard = Heard(nodes, topology, quiet)
    heard.listener.start(heard.notes)
    try:
        await heard.join(names)
        yield heard
    finally:
        await heard.listener.close()
        await topology.close()


def channels(count: int, prefix: str = "raid") -> list[bytes]:
    return [b"%s:{%d}:events" % (prefix.encode(), number) for number in range(count)]


async def by_owner(nodes: Nodes, names: Sequence[bytes]) -> Mapping[Node, list[bytes]]:
    found: dict[Node, list[bytes]] = {}
    for name in names:
        found.setdefault(await nodes.owner(name.decode()), []).append(name)
    return found


async def subscribed(nodes: Nodes) -> set[bytes]:
    """Every sharded channel that somebody is subscribed to at a primary."""
    found: set[bytes] = set()
    for node in await nodes.primaries():
        found.update(str(name).encode() for name in await node.ask("PUBSUB", "SHARDCHANNELS"))
    return found


async def subscribers(node: Node) -> int:
    """Connections that are subscribed to something there."""
    return len(str(await node.ask("CLIENT", "LIST", "TYPE", "pubsub")).splitlines())
