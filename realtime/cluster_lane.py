"""Reading single strings on a cluster: one lane to each node, and what is read along comes from its own."""

from __future__ import annotations

import asyncio
from functools import partial

from realtime.cancelling import begin, end_tasks
from realtime.cluster import ScriptedCluster
from realtime.cluster_url import NodeName
from realtime.lane import Found, Lane


class ClusterLane:
    """As `Lane`. What is found is of two nodes: its `run_id` is of both, and another when either is another run."""

    def __init__(self, cluster: ScriptedCluster, common: str, *, timeout: float = 1.0) -> None:
        self._cluster = cluster
        self._topology = cluster.topology
        self._common = common
        self._timeout = timeout
        self._lanes: dict[NodeName, Lane] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._topology.on_change(self._retire)

    async def close(self) -> None:
        await end_tasks(list(self._closing))
        for lane in self._lanes.values():
            await lane.close()

    async def get(self, key: str) -> Found:
        await self._topology.known()
        value, along = self._lane(key).get(key), self._lane(self._common).get(self._common)
        found, common = await value, await along
        return Found(f"{common.run_id}.{found.run_id}", common.value, found.value)

    def _lane(self, key: str) -> Lane:
        """Raises RedisAway when nobody is known to have the key."""
        node = self._topology.node_of(key)
        lane = self._lanes.get(node)
        if lane is None:
            server = self._cluster.server(node)
            lane = self._lanes[node] = Lane(
                server, None, timeout=self._timeout, trouble=partial(self._topology.doubt, node)
            )
        return lane

    def _retire(self) -> None:
        for node in self._lanes.keys() - set(self._topology.nodes()):
            begin(self._lanes.pop(node).close(), self._closing)
