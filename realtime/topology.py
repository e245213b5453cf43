"""Which node of a Redis Cluster serves which slot: asked for at need, known in between.

One per process, shared by commands and listeners. What a node says of a single slot (`MOVED`) holds at once; all
else is asked of the cluster anew, by redis-py's own discovery, when somebody doubts what is known.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from redis.asyncio.cluster import ClusterNode, NodesManager
from redis.asyncio.connection import Connection, parse_url
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import MovedError, RedisClusterException, RedisError

from realtime.cancelling import begin, end_tasks
from realtime.cluster_url import ClusterUrl, NodeName
from realtime.errors import RedisAway

logger = logging.getLogger(__name__)

ASK_SECONDS = 1.0
"""Longest wait for one node's answer; the next one is asked then."""

BETWEEN_SECONDS = 0.1
"""The cluster is asked no more often, however many doubt what is known."""

Slots = list[NodeName | None]
"""By slot, who serves it; None where nobody does."""

Owners = dict[int, NodeName]


class Topology:
    """What is known of a cluster. Asks nobody before it is needed, so that a process starts while Redis is away."""

    def __init__(self, url: str) -> None:
        """`url` is a cluster's (`realtime/cluster_url.py`). Raises ValueError."""
        self._url = ClusterUrl.parse(url)
        self._slots: Slots = []
        """Empty until the cluster has answered for the first time."""
        self._nodes: tuple[NodeName, ...] = ()
        self._failed: set[NodeName] = set()
        """Nodes that were complained of since the cluster was last asked: they are asked last."""
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = float("-inf")
        self._said: Owners = {}
        """Slots that a node said have moved while the cluster is asked: its answer may be from before."""
        self._parting: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[], None]] = []

    async def close(self) -> None:
        if self._asking is not None:
            await end_tasks([self._asking])
        if self._parting:
            await asyncio.wait(self._parting)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have `callback` called whenever another node serves some slot. It must not wait, nor raise."""
        self._listeners.append(callback)

    def node_of(self, key: str | bytes) -> NodeName:
        """The primary that serves a key or a sharded channel. Raises RedisAway when none is known to."""
        slot = slot_of(key)
        node = self._slots[slot] if self._slots else None
        if node is None:
            raise RedisAway(f"no node of the cluster is known to serve slot {slot}")
        return node

    def nodes(self) -> tuple[NodeName, ...]:
        """The primaries that serve slots; none before the cluster has answered."""
        return self._nodes

    def url_of(self, node: NodeName) -> str:
        """Where one node is found, as an ordinary URL of Redis."""
        return self._url.of(node)

    async def known(self) -> None:
        """Return once the cluster has answered. Raises RedisAway when it does not."""
        if not self._slots:
            await self.refresh()

    async def refresh(self, failed: NodeName | None = None) -> None:
        """Ask the cluster; all who wait share one answer. `failed` is a node not to begin with. Raises RedisAway."""
        await asyncio.shield(self._ask(failed))

    def doubt(self, failed: NodeName | None = None) -> None:
        """As `refresh`, without waiting: what is known will be set right, if there is an answer."""
        self._ask(failed)

    def moved(self, error: MovedError, said_by: NodeName) -> None:
        """A node said who serves a slot: that holds at once, and the rest is asked for."""
        host = error.host or said_by.rpartition(":")[0]
        node = NodeName(f"{host}:{error.port}")
        self._said[error.slot_id] = node
        if self._slots and self._slots[error.slot_id] != node:
            self._learn(_changed(self._slots, {error.slot_id: node}))
        self.doubt()

    def _ask(self, failed: NodeName | None) -> asyncio.Task[None]:
        if failed is not None:
            self._failed.add(failed)
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask_in_time())
            self._asking.add_done_callback(self._asked)
        return self._asking

    def _asked(self, asking: asyncio.Task[None]) -> None:
        self._asking = None
        if asking.cancelled():
            return
        if (error := asking.exception()) is not None:
            logger.info("the cluster could not be asked who serves what: %s", error)
        if self._said:
            self.doubt()

    async def _ask_in_time(self) -> None:
        """Ask after a pause; those who answered last first, then everybody who was ever heard of."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._asked_at + BETWEEN_SECONDS - loop.time())
        failed, self._failed = self._failed, set()
        likely = [node for node in self._nodes if node not in failed]
        everybody = dict.fromkeys([*self._url.startup, *self._nodes])
        self._said = {}
        try:
            slots = await self._discover(likely) or await self._discover(everybody)
        finally:
            self._asked_at = loop.time()
        if not slots:
            raise RedisAway("no node of the cluster says who serves what")
        self._learn(_changed(slots, self._said))

    async def _discover(self, nodes: Iterable[NodeName]) -> Slots:
        """What the first of them says that answers; nothing when none does."""
        options = self._options()
        startup = [ClusterNode(*_address(node), **options) for node in nodes]
        if not startup:
            return []
        manager = NodesManager(startup, require_full_coverage=False, connection_kwargs=options)
        try:
            await manager.initialize()
        except (RedisClusterException, RedisError, OSError, TimeoutError, IndexError) as error:
            # The last is its word for a cluster in which nobody serves anything yet.
            logger.info("%d nodes do not say who serves what: %s", len(startup), error)
            return []
        finally:
            self._part_with(startup)
        owners = manager.slots_cache
        return [_name(owners[slot][0]) if slot in owners else None for slot in range(REDIS_CLUSTER_HASH_SLOTS)]

    def _part_with(self, nodes: Sequence[ClusterNode]) -> None:
        """Apart from the asking, whose end would leave connections half closed."""
        begin(_disconnect(nodes), self._parting)

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = dict(parse_url(self._url.of(self._url.startup[0])))
        options.pop("host", None)
        options.pop("port", None)
        options.setdefault("connection_class", Connection)
        return options | {"socket_timeout": ASK_SECONDS, "socket_connect_timeout": ASK_SECONDS}

    def _learn(self, slots: Slots) -> None:
        if slots == self._slots:
            return
        self._slots = slots
        self._nodes = tuple(dict.fromkeys(node for node in slots if node is not None))
        for tell in self._listeners:
            tell()


def _changed(slots: Slots, owners: Owners) -> Slots:
    return [owners.get(slot, node) for slot, node in enumerate(slots)] if owners else slots


async def _disconnect(nodes: Sequence[ClusterNode]) -> None:
    for node in nodes:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await node.disconnect()


def slot_of(key: str | bytes) -> int:
    return key_slot(key.encode() if isinstance(key, str) else key)


def _address(node: NodeName) -> tuple[str, int]:
    host, _colon, port = node.rpartition(":")
    return host, int(port)


def _name(node: ClusterNode) -> NodeName:
    return NodeName(f"{node.host}:{node.port}")
