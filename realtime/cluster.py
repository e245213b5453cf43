"""Scripts and plain commands on a Redis Cluster: one `Scripted` for each node, and each call at the node of its key.

MOVED               another node has the slot: known from now on, and what was not carried out is sent there
ASK, TRYAGAIN       the slot is on its way: tried again until it has arrived. ASK is never followed: a raid half
                    of whose keys have arrived would look as if it were missing, and be healed
anything else       RedisAway for what that node was asked, and the cluster is asked who serves its slots now
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from redis.exceptions import AskError, MovedError, ResponseError, TryAgainError

from realtime.answers import Reply, refusal
from realtime.calls import Call
from realtime.cancelling import begin, end_tasks
from realtime.cluster_url import NodeName
from realtime.connection import Pause, Runner, Scripted, Take, no_pause
from realtime.errors import RedisAway
from realtime.scripts import sharded
from realtime.topology import Topology, slot_of

HINTS_WAITING = 1000
"""Hints that may wait while others are given; beyond it they are lost, as hints may be."""

AGAIN_SECONDS = (0.0, 0.01, 0.02, 0.05, 0.1)
"""Pauses before what met a slot on the move is sent again; the last one from then on, until the timeout."""

Item = TypeVar("Item")
Command = Sequence[str | bytes | int]
Carry = Callable[[Scripted, Sequence[Item], Callable[[int, Any], None]], Awaitable[None]]
"""Sends items to one server and hands on each answer, with the item's position among them."""


class ScriptedCluster(Runner):
    """As `Scripted`, over the nodes of a cluster: `connections` and `timeout` are those of each node.

    The topology is shared with others, and not closed from here.
    """

    def __init__(self, topology: Topology, *, timeout: float, connections: int, pause: Pause = no_pause) -> None:
        self.topology = topology
        self.timeout = timeout
        self._connections = connections
        self._pause = pause
        self._servers: dict[NodeName, Scripted] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._hints: list[Command] = []
        self._hinting: asyncio.Task[None] | None = None
        topology.on_change(self._retire)

    async def close(self) -> None:
        hinting = [self._hinting] if self._hinting is not None else []
        await end_tasks([*hinting, *self._retiring])
        for server in self._servers.values():
            await server.close()

    async def run_each(
        self, calls: Sequence[Call], hints: Sequence[Sequence[str]] = (), take: Take | None = None
    ) -> list[Reply | ResponseError]:
        """`take` has had what came by the time RedisAway is raised for the rest."""
        replies: dict[int, Reply | ResponseError] = {}

        def taken(position: int, reply: Reply | ResponseError) -> None:
            replies[position] = reply
            if take is not None:
                take(position, reply)

        self._hint(hints)
        own = [Call(sharded(call.script), call.keys, call.arguments) for call in calls]
        await _Errand(self, own, _key_of_call, _carry_calls, taken).run()
        return [replies[position] for position in range(len(calls))]

    async def plain(self, commands: Sequence[Command]) -> list[Any]:
        """Whoever hears of something finds it done: what is published goes when the rest has been carried out."""
        answers: dict[int, Any] = {}
        told = [at for at, command in enumerate(commands) if command[0] == "PUBLISH"]
        done = [at for at, command in enumerate(commands) if command[0] != "PUBLISH"]
        for positions in (done, told):
            await self._plain([commands[at] for at in positions], positions, answers)
        return [answers[at] for at in range(len(commands))]

    async def _plain(self, commands: Sequence[Command], positions: Sequence[int], answers: dict[int, Any]) -> None:
        def taken(at: int, answer: Any) -> None:
            answers[positions[at]] = answer

        own = [["SPUBLISH", *command[1:]] if command[0] == "PUBLISH" else command for command in commands]
        await _Errand(self, own, _key_of_command, _carry_commands, taken).run()
        for at in positions:
            if isinstance(answers[at], ResponseError):
                raise refusal(answers[at])

    async def run_id(self, key: str) -> str:
        await self.topology.known()
        node = self.topology.node_of(key)
        with self.watched(node):
            return await self.server(node).run_id()

    def shard(self, key: str) -> Hashable:
        try:
            return self.topology.node_of(key)
        except RedisAway:
            return None

    def together(self, names: Iterable[str]) -> list[list[str]]:
        by_slot: dict[int, list[str]] = {}
        for name in names:
            by_slot.setdefault(slot_of(name), []).append(name)
        return list(by_slot.values())

    async def everywhere(self, command: Command, patience: float) -> dict[Hashable, Any]:
        try:
            async with asyncio.timeout(patience):
                await self.topology.known()
        except (RedisAway, TimeoutError) as away:
            return {None: RedisAway(str(away) or "no node of the cluster answered in time")}
        nodes = self.topology.nodes()
        answers = await asyncio.gather(*(self._ask(node, command, patience) for node in nodes))
        return dict(zip(nodes, answers, strict=True))

    async def _ask(self, node: NodeName, command: Command, patience: float) -> Any:
        """As the node by itself; one that is away has the cluster asked who serves its slots now."""
        answer = (await self.server(node).everywhere(command, patience))[None]
        if not isinstance(answer, RedisAway):
            return answer
        self.topology.doubt(node)
        return RedisAway(f"{node}: {answer}")

    async def servers(self) -> Sequence[Scripted]:
        await self.topology.known()
        return [self.server(node) for node in self.topology.nodes()]

    def server(self, node: NodeName) -> Scripted:
        """One node by itself."""
        server = self._servers.get(node)
        if server is None:
            server = self._servers[node] = Scripted(
                self.topology.url_of(node),
                timeout=self.timeout,
                connections=self._connections,
                pause=self._pause,
                of_cluster=True,
            )
        return server

    @contextlib.contextmanager
    def watched(self, node: NodeName) -> Iterator[None]:
        """A node that is away within the block is said to be it, by name; and who serves its slots is asked."""
        try:
            yield
        except RedisAway as away:
            self.topology.doubt(node)
            raise RedisAway(f"{node}: {away}") from away

    def _retire(self) -> None:
        """What goes over the connections of nodes that serve nothing any more may end; then they are closed."""
        for node in self._servers.keys() - set(self.topology.nodes()):
            begin(self._close_later(self._servers.pop(node)), self._retiring)

    async def _close_later(self, server: Scripted) -> None:
        try:
            await asyncio.sleep(self.timeout)
        finally:
            await server.close()

    def _hint(self, hints: Sequence[Command]) -> None:
        """On one node of all: nobody waits for it who has nothing else to do there."""
        self._hints.extend(hints[: HINTS_WAITING - len(self._hints)])
        if self._hints and self._hinting is None:
            self._hinting = asyncio.get_running_loop().create_task(self._give_hints())

    async def _give_hints(self) -> None:
        try:
            while self._hints:
                hints, self._hints = self._hints, []
                with contextlib.suppress(RedisAway, ResponseError):
                    await self.plain(hints)
        finally:
            self._hinting = None


class _Errand(Generic[Item]):
    """Items on their way, each to the node of its key, until it is answered or that node is away."""

    def __init__(
        self,
        cluster: ScriptedCluster,
        items: Sequence[Item],
        key_of: Callable[[Item], str | bytes],
        carry: Carry[Item],
        take: Callable[[int, Any], None],
    ) -> None:
        self._cluster = cluster
        self._topology = cluster.topology
        self._items = items
        self._key_of = key_of
        self._carry = carry
        self._take = take
        self._away: RedisAway | None = None
        """Raised when all others have their answers."""

    async def run(self) -> None:
        """Raises RedisAway."""
        if not self._items:
            return
        await self._topology.known()
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._cluster.timeout
        due, again = list(range(len(self._items))), 0
        while due := sorted(await self._sent(due)):
            pause = AGAIN_SECONDS[min(again, len(AGAIN_SECONDS) - 1)]
            if loop.time() + pause > ends:
                raise self._away or RedisAway("a slot of the cluster is on its way")
            await asyncio.sleep(pause)
            again += 1
        if self._away is not None:
            raise self._away

    async def _sent(self, due: Iterable[int]) -> list[int]:
        """Those of them that have to be sent again: they were not carried out."""
        parts = list(self._by_node(due).items())
        if len(parts) == 1:
            return await self._sent_to(*parts[0])
        left = await asyncio.gather(*(self._sent_to(node, some) for node, some in parts))
        return [position for some in left for position in some]

    def _by_node(self, due: Iterable[int]) -> dict[NodeName, list[int]]:
        found: dict[NodeName, list[int]] = {}
        for position in due:
            try:
                node = self._topology.node_of(self._key_of(self._items[position]))
            except RedisAway as away:
                self._away = away
                self._topology.doubt()
            else:
                found.setdefault(node, []).append(position)
        return found

    async def _sent_to(self, node: NodeName, positions: Sequence[int]) -> list[int]:
        left: list[int] = []

        def taken(at: int, answer: Any) -> None:
            if isinstance(answer, MovedError):
                self._topology.moved(answer, node)
            if isinstance(answer, AskError | TryAgainError):  # MOVED is one of these too
                left.append(positions[at])
            else:
                self._take(positions[at], answer)

        try:
            with self._cluster.watched(node):
                await self._carry(self._cluster.server(node), [self._items[at] for at in positions], taken)
        except RedisAway as away:
            self._away = away
        return left


async def _carry_calls(server: Scripted, calls: Sequence[Call], take: Callable[[int, Any], None]) -> None:
    await server.run_each(calls, take=take)


async def _carry_commands(server: Scripted, commands: Sequence[Command], take: Callable[[int, Any], None]) -> None:
    for at, answer in enumerate(await server.plain_each(commands)):
        take(at, answer)


def _key_of_call(call: Call) -> str:
    return call.keys[0]


def _key_of_command(command: Command) -> str | bytes:
    """EVAL script 1 key, everything else of ours: NAME key."""
    key = command[3] if command[0] == "EVAL" else command[1]
    assert not isinstance(key, int), "a key is a word"
    return key
