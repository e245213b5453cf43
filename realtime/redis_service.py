"""What a REDIS_URL leads to, one server or a cluster, and what speaks with it."""

from __future__ import annotations

from realtime.cluster import ScriptedCluster
from realtime.cluster_lane import ClusterLane
from realtime.cluster_listener import ClusterListener
from realtime.cluster_url import is_cluster_url
from realtime.connection import Pause, Scripted, no_pause
from realtime.lane import Lane, Reading
from realtime.listener import Listener
from realtime.scripting import Scripting
from realtime.server_listener import ServerListener
from realtime.topology import Topology


class RedisService:
    """Makes what speaks with Redis; each of them is its caller's to close, before this.

    A process has one, so that what one of them learns of a cluster is known to all.
    """

    def __init__(self, url: str) -> None:
        """Raises ValueError."""
        self._url = url
        self._topology = Topology(url) if is_cluster_url(url) else None

    async def close(self) -> None:
        if self._topology is not None:
            await self._topology.close()

    def scripted(self, *, timeout: float, connections: int, pause: Pause = no_pause) -> Scripting:
        """`timeout` (seconds) bounds connecting and each read; `connections` are those to one server."""
        if self._topology is None:
            return Scripted(self._url, timeout=timeout, connections=connections, pause=pause)
        return ScriptedCluster(self._topology, timeout=timeout, connections=connections, pause=pause)

    def listener(self) -> Listener:
        return ServerListener(self._url) if self._topology is None else ClusterListener(self._topology)


def open_lane(scripted: Scripting, common: str) -> Reading:
    """Takes one of the connections to each server. `common` is the key that is read along with every other."""
    if isinstance(scripted, ScriptedCluster):
        return ClusterLane(scripted, common)
    assert isinstance(scripted, Scripted), "there are no others"
    return Lane(scripted, common)
