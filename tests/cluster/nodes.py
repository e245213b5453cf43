"""A whole Redis Cluster on this machine, and what can happen to it: a primary that dies, a slot that moves."""

import asyncio
import functools
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from redis.crc import REDIS_CLUSTER_HASH_SLOTS as SLOTS
from redis.crc import key_slot
from redis.exceptions import RedisError

from tests.cluster.node import LOCAL, Node
from tests.helpers import eventually

KEYS_AT_ONCE = 100
MIGRATE_MS = 60_000
FORMED_SECONDS = 90.0
HANDED_OVER_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Member:
    """What one node says of another, or of itself."""

    id: str
    is_primary: bool
    primary: str
    """Whose replica it is; `-` for nobody's."""
    epoch: int
    """Of its claims, as that node knows it."""
    ranges: tuple[range, ...]

    @property
    def slots(self) -> int:
        return sum(map(len, self.ranges))


class Nodes:
    """The first ones are the primaries at the beginning, the rest their replicas in the same order."""

    def __init__(self, nodes: Sequence[Node], primaries: int) -> None:
        self.all = list(nodes)
        self._primaries = primaries

    @property
    def url(self) -> str:
        """With the first three to begin from, whoever they are by now."""
        return "redis+cluster://" + ",".join(node.address for node in self.all[:3])

    async def form(self) -> None:
        """Slots in equal parts; returns when every node knows all of it."""
        bounds = [SLOTS * number // self._primaries for number in range(self._primaries + 1)]
        for number, node in enumerate(self.all):
            await node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < self._primaries:
                await node.ask("CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
        await eventually(self._all_have_met, FORMED_SECONDS, every=0.2)
        for number, node in enumerate(self.all[self._primaries :]):
            await node.ask("CLUSTER", "REPLICATE", self.all[number % self._primaries].id)
        await eventually(self.in_order, FORMED_SECONDS, every=0.05)

    async def empty(self) -> None:
        """No key, and nobody who listens any more."""
        for node in await self.primaries():
            await node.ask("FLUSHALL")
            await eventually(functools.partial(_is_unheard, node))

    async def owner(self, key: str) -> Node:
        return await self.owner_of_slot(key_slot(key.encode()))

    async def owner_of_slot(self, slot: int) -> Node:
        """The primary that serves it, as most nodes have it."""
        for member in await self._members():
            if any(slot in one for one in member.ranges) and self._node(member.id).running:
                return self._node(member.id)
        raise AssertionError(f"nobody serves slot {slot}")

    async def primaries(self) -> list[Node]:
        """Those that run and serve slots."""
        found = [self._node(one.id) for one in await self._members() if one.is_primary and one.slots]
        return [node for node in found if node.running]

    async def serves_all(self) -> bool:
        """Whether every slot has a primary that runs, in the eyes of every node that runs."""
        views = [await _members_of(node) for node in self.all if node.running]
        return all(self._covered(view) == SLOTS for view in views)

    async def in_order(self) -> bool:
        """Whether all of that, and every replica is up to date."""
        running = [node for node in self.all if node.running]
        states = [await node.ask("CLUSTER", "INFO") for node in running]
        if not all("cluster_state:ok" in state for state in states):
            return False
        roles = [await node.ask("INFO", "replication") for node in running]
        replicas = [one for one in roles if one["role"] == "slave"]
        if len(roles) - len(replicas) != self._primaries:
            return False
        return all(one["master_link_status"] == "up" for one in replicas) and await self.serves_all()

    @asynccontextmanager
    async def moving(self, slot: int, to: Node) -> AsyncIterator[None]:
        """The slot is on its way during the block; its keys are carried over when it ends, and it is the other's."""
        source = await self.owner_of_slot(slot)
        await to.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.id)
        await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", to.id)
        try:
            yield
        finally:
            await self._carry_over(slot, source, to)

    async def _carry_over(self, slot: int, source: Node, to: Node) -> None:
        while keys := await source.ask("CLUSTER", "GETKEYSINSLOT", slot, KEYS_AT_ONCE):
            await source.ask("MIGRATE", LOCAL, to.port, "", 0, MIGRATE_MS, "KEYS", *keys)
        # The new one first: nobody is sent to a node that does not know yet that the slot is its own.
        for node in (to, source, *(one for one in await self.primaries() if one not in (to, source))):
            await node.ask("CLUSTER", "SETSLOT", slot, "NODE", to.id)
        await eventually(functools.partial(self._all_know, slot, to))

    async def _all_know(self, slot: int, owner: Node) -> bool:
        """Also under which epoch: a word of the old one that is on its way yet turns nobody round again."""
        epochs = {
            (member.id, member.epoch)
            for node in self.all
            if node.running
            for member in await _members_of(node)
            if any(slot in one for one in member.ranges)
        }
        return {member for member, _epoch in epochs} == {owner.id} and len(epochs) == 1

    async def hand_over(self, heir: Node) -> None:
        """A replica takes the place of its primary in good order; asked again if it did not manage in time."""

        async def leads() -> bool:
            if (await heir.ask("INFO", "replication"))["role"] == "master":
                return True
            with suppress(RedisError):  # it is about to
                await heir.ask("CLUSTER", "FAILOVER")
            return False

        await eventually(leads, HANDED_OVER_SECONDS, every=0.5)

    def _node(self, node_id: str) -> Node:
        return next(node for node in self.all if node.id == node_id)

    def _covered(self, members: Sequence[Member]) -> int:
        return sum(one.slots for one in members if self._node(one.id).running)

    async def _members(self) -> list[Member]:
        views = [await _members_of(node) for node in self.all if node.running]
        return max(views, key=self._covered)

    async def _all_have_met(self) -> bool:
        """Who did not answer in time is met again; a greeting that is under way is not begun anew."""
        views = [{one.id for one in await _members_of(node)} for node in self.all]
        everybody = {node.id for node in self.all}
        for node, view in zip(self.all, views, strict=True):
            if node.id not in views[0] or self.all[0].id not in view:
                await self.all[0].ask("CLUSTER", "MEET", LOCAL, node.port, node.bus_port)
        return all(view >= everybody for view in views)


@asynccontextmanager
async def cluster_of(
    program: Path, folder: Path, *, primaries: int = 3, replicas: int = 0, timeout_ms: int
) -> AsyncIterator[Nodes]:
    """So many nodes that form a cluster, until the block ends. `replicas` is how many there are in all."""
    nodes = [Node(program, folder / f"node-{number}", timeout_ms) for number in range(primaries + replicas)]
    async with AsyncExitStack() as stack:
        for node in nodes:
            stack.push_async_callback(node.stop)
            await node.start()
        formed = Nodes(nodes, primaries)
        await formed.form()
        yield formed
        crossed = [node.address for node in nodes if node.running and await node.has_refused("CROSSSLOT")]
        assert not crossed, "a script or a command had keys of several slots; whose it was the node does not tell"


@asynccontextmanager
async def lonely_node(program: Path, folder: Path) -> AsyncIterator[Node]:
    """One that can be of a cluster, and is of none: it serves nothing."""
    node = Node(program, folder / "lonely", 1500)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(node.stop)
        await node.start()
        yield node


async def _is_unheard(node: Node) -> bool:
    return bool(await node.ask("CLIENT", "LIST", "TYPE", "pubsub") in ("", []))


async def _members_of(node: Node) -> list[Member]:
    """What it says of all it knows. A node that is being killed says nothing."""
    try:
        lines = str(await node.ask("CLUSTER", "NODES")).splitlines()
    except (RedisError, OSError):
        await asyncio.sleep(0)
        return []
    return [_member(line.split()) for line in lines]


def _member(words: Sequence[str]) -> Member:
    flags = words[2].split(",")
    owned = [word for word in words[8:] if not word.startswith("[")]
    bounds = [(word.split("-")[0], word.split("-")[-1]) for word in owned]
    ranges = tuple(range(int(first), int(last) + 1) for first, last in bounds)
    return Member(words[0], "master" in flags, words[3], int(words[6]), ranges)
