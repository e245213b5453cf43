"""Listening to a Redis Cluster: sharded channels, over one connection to each primary that has wanted ones.

A name that a node refuses or gives up has no home until the cluster says where it belongs. Streams of what the other
nodes serve notice nothing of that, nor of a node that is away.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Collection

from redis.asyncio import ConnectionPool
from redis.exceptions import MovedError

from realtime.cancelling import begin, end_tasks
from realtime.cluster_url import NodeName
from realtime.errors import RedisAway
from realtime.link import AWAY, SHARDED, Link, Refusal
from realtime.listener import Listener, Listening
from realtime.topology import Topology

logger = logging.getLogger(__name__)

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
"""While something does not stand, the cluster is asked about this often who serves what: a replica that took over is
found so soon, also where nobody sends a command."""

_QUIETS_BETWEEN_CHECKS = 3
"""When all stands."""

_REFUSALS_IN_SILENCE = 1
"""A slot that has just moved is refused once, and found at the second try; more of it is told as a loss."""


class ClusterListener(Listener):
    """`quiet` seconds of silence have a connection checked, twice as many have it replaced. At least every three times
    as many, the cluster is asked who serves what, and what stands elsewhere is moved."""

    def __init__(self, topology: Topology, *, quiet: float = 5.0, connect_timeout: float = 2.0) -> None:
        super().__init__()
        self._topology = topology
        self._quiet = quiet
        self._rarest_check = max(_LONGEST_PAUSE, _QUIETS_BETWEEN_CHECKS * quiet)
        self._connect_timeout = connect_timeout
        self._links: dict[NodeName, Link] = {}
        self._homes: dict[bytes, NodeName] = {}
        """To which link each name was given."""
        self._refusals: Counter[bytes] = Counter()
        """Since it last stood."""
        self._unsettled = asyncio.Event()
        self._settling: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def start(self, listening: Listening) -> None:
        super().start(listening)
        self._settling = asyncio.get_running_loop().create_task(self._settle())
        self._topology.on_change(self._place_all)
        self._place_all()

    async def close(self) -> None:
        if self._settling is not None:
            await end_tasks([self._settling])
            self._settling = None
        await asyncio.gather(*(link.close() for link in self._links.values()), *self._closing)

    def _listen_to(self, name: bytes) -> None:
        if self._settling is not None:
            self._place(name)

    def _drop(self, name: bytes) -> None:
        self._refusals.pop(name, None)
        home = self._homes.pop(name, None)
        if home is not None:
            self._links[home].part(name)

    # -- where everything belongs ----------------------------------------------------------------------------------

    async def _settle(self) -> None:
        """As long as something does not stand, have the cluster asked where it belongs. When all stands, ask more and
        more rarely: a view may be old, and a replica takes the subscriptions of its primary's slots without a word."""
        pause, check = _FIRST_PAUSE, _LONGEST_PAUSE
        while True:
            await self._until_unsettled(check)
            check = _LONGEST_PAUSE if self._unsettled.is_set() else min(2 * check, self._rarest_check)
            self._unsettled.clear()
            await self._set_right()
            await asyncio.sleep(pause)
            if all(wish.stands.is_set() for wish in self._wishes.values()):
                pause = _FIRST_PAUSE
            else:
                pause = min(_LONGEST_PAUSE, 2 * pause)
                self._unsettled.set()

    async def _until_unsettled(self, at_most: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                await self._unsettled.wait()

    async def _set_right(self) -> None:
        try:
            await self._topology.refresh()
        except RedisAway as error:
            logger.debug("the cluster cannot be asked: %s", error)
        self._place_all()

    def _place_all(self) -> None:
        if self._settling is None:
            return
        for name in self._wishes:
            self._place(name)
        for node, link in tuple(self._links.items()):
            if not link.wanted:
                self._end(node)

    def _place(self, name: bytes) -> None:
        node, home = self._node_of(name), self._homes.get(name)
        if node == home:
            return
        if home is not None:
            self._leave(name, home)
        if node is None:
            self._lose([name], AWAY)
            return
        self._homes[name] = node
        self._link_to(node).join(name)

    def _leave(self, name: bytes, home: NodeName) -> None:
        del self._homes[name]
        self._links[home].part(name)
        self._fall([name])

    def _node_of(self, name: bytes) -> NodeName | None:
        """Asked again soon where nobody knows."""
        try:
            return self._topology.node_of(name)
        except RedisAway:
            self._unsettled.set()
            return None

    # -- the connections -------------------------------------------------------------------------------------------

    def _link_to(self, node: NodeName) -> Link:
        link = self._links.get(node)
        if link is None:
            assert self._listening is not None
            link = self._links[node] = Link(
                self._pool(node), SHARDED, self, quiet=self._quiet, connect_timeout=self._connect_timeout
            )
            link.start(self._listening.on_message)
        return link

    def _pool(self, node: NodeName) -> ConnectionPool:
        url, patience = self._topology.url_of(node), self._connect_timeout
        return ConnectionPool.from_url(url, protocol=2, socket_timeout=None, socket_connect_timeout=patience)

    def _end(self, node: NodeName) -> None:
        begin(self._links.pop(node).close(), self._closing)

    def on_standing(self, link: Link, name: bytes) -> None:
        self._refusals.pop(name, None)
        super().on_standing(link, name)

    def on_down(self, link: Link, reason: str) -> None:
        super().on_down(link, reason)
        self._topology.doubt(self._node_behind(link))
        self._unsettled.set()

    def on_refused(self, link: Link, names: Collection[bytes], said: Refusal | None) -> None:
        for name in names:
            del self._homes[name]
        self._refusals.update(names)
        self._fall(names)
        self._lose([name for name in names if self._refusals[name] > _REFUSALS_IN_SILENCE], AWAY)
        node = self._node_behind(link)
        if isinstance(said, MovedError) and node is not None:
            self._topology.moved(said, node)
        elif said is not None:
            self._topology.doubt(node)
        self._unsettled.set()

    def _node_behind(self, link: Link) -> NodeName | None:
        return next((node for node, one in self._links.items() if one is link), None)
