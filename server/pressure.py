"""Whether Redis has room. It holds the only copy of what the ledger does not have yet, so new commands are turned
away while there still is some."""

import asyncio
from collections.abc import Collection, Hashable, Mapping

import structlog

from realtime.answers import parse_info
from realtime.errors import RedisAway
from realtime.scripting import Scripting

MEMORY_SHARE_MAX = 0.8
LOOK_SECONDS = 1.0
NO_EVICTION = "noeviction"

log = structlog.get_logger(__name__)


class RedisFull(RedisAway):
    """Redis is above 80 % of its maxmemory: nothing new is decided."""


class Pressure:
    """`watch` looks every second; `check` raises RedisFull by what it last saw of that shard."""

    def __init__(self, scripted: Scripting) -> None:
        self._scripted = scripted
        self._full: frozenset[Hashable] = frozenset()
        self._told = False

    def check(self, shard: Hashable) -> None:
        if shard in self._full:
            raise RedisFull("Redis is above 80 % of its maxmemory")

    async def watch(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        """Of a server that is away, what was last seen still holds."""
        answers = await self._scripted.everywhere(["INFO", "memory"], LOOK_SECONDS)
        seen = {shard: parse_info(answer) for shard, answer in answers.items() if isinstance(answer, bytes)}
        full = {shard for shard, memory in seen.items() if _is_full(memory)}
        self._full = (self._full - seen.keys()) | full
        if seen:
            self._check_policies({policy for memory in seen.values() if (policy := _evicting_policy(memory))})

    def _check_policies(self, evicting: Collection[str]) -> None:
        """A Redis that may throw keys away may throw away the only copy of what the ledger lacks."""
        if evicting and not self._told:
            log.error("redis_may_evict", maxmemory_policy=", ".join(sorted(evicting)), needed=NO_EVICTION)
        self._told = bool(evicting)


def _is_full(memory: Mapping[str, str]) -> bool:
    bound = int(memory.get("maxmemory", 0))
    return bound > 0 and int(memory["used_memory"]) > MEMORY_SHARE_MAX * bound


def _evicting_policy(memory: Mapping[str, str]) -> str:
    policy = memory.get("maxmemory_policy", "")
    return policy if int(memory.get("maxmemory", 0)) > 0 and policy != NO_EVICTION else ""
