"""Redis as the rest of Raidline sees it: one server (`realtime/connection.py`) or a cluster (`realtime/cluster.py`).

A script's keys are on one node by their hash tag; so are those of a plain command, or its caller splits it by
`together`. What a method says of Redis being away holds of the node of that key: the others work on.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol

from redis.exceptions import ResponseError

from realtime.answers import Reply
from realtime.calls import Call
from realtime.connection import Scripted, Take


class Scripting(Protocol):
    async def run(self, calls: Sequence[Call], hints: Sequence[Sequence[str]] = ()) -> list[Reply]:
        """Call all scripts, those of one node in one pipeline; replies in the order of the calls. Raises RedisAway,
        and then nothing is known of any of them."""

    async def run_each(
        self, calls: Sequence[Call], hints: Sequence[Sequence[str]] = (), take: Take | None = None
    ) -> list[Reply | ResponseError]:
        """As `run`, with the error of a script that failed in the place of its reply; `take` gets each reply with
        the position of its call as soon as it is there, also where RedisAway is raised for others.

        `hints` are plain commands that may be lost.
        """

    async def call(self, one: Call) -> Reply: ...

    async def plain(self, commands: Sequence[Sequence[str | bytes | int]]) -> list[Any]:
        """Plain commands with a key each, and their answers in order; what is published is published after the
        others are carried out. Raises RedisAway."""

    async def run_id(self, key: str, /) -> str:
        """The run id of the server that has this key now. Raises RedisAway."""

    def shard(self, key: str, /) -> Hashable:
        """The same for keys that are in one place: what is away there need not be away elsewhere."""

    def together(self, names: Iterable[str]) -> list[list[str]]:
        """The keys, in parts that one command may take."""

    async def everywhere(self, command: Sequence[str | bytes | int], patience: float) -> dict[Hashable, Any]:
        """What each server answers to a command without a key within so many seconds, by its shard; or the RedisAway
        in its place."""

    async def servers(self) -> Sequence[Scripted]:
        """Each server that has keys, by itself. Raises RedisAway."""

    async def close(self) -> None: ...
