"""Whether Redis has room. It holds the only copy of what the ledger does not have yet, so new commands are turned
away while there still is some."""

import asyncio
import contextlib

import structlog

from realtime.connection import Scripted, parse_info
from realtime.errors import RedisAway

MEMORY_SHARE_MAX = 0.8
LOOK_SECONDS = 1.0
NO_EVICTION = "noeviction"

log = structlog.get_logger(__name__)


class RedisFull(RedisAway):
    """Redis is above 80 % of its maxmemory: nothing new is decided."""


class Pressure:
    """`watch` looks every second; `check` raises RedisFull by what it last saw."""

    def __init__(self, scripted: Scripted) -> None:
        self._scripted = scripted
        self._full = False
        self._told = False

    def check(self) -> None:
        if self._full:
            raise RedisFull("Redis is above 80 % of its maxmemory")

    async def watch(self) -> None:
        while True:
            with contextlib.suppress(RedisAway):
                self._full = await self._is_full()
            await asyncio.sleep(LOOK_SECONDS)

    def _check_policy(self, bound: int, policy: str) -> None:
        """A Redis that may throw keys away may throw away the only copy of what the ledger lacks."""
        evicts = bound > 0 and policy != NO_EVICTION
        if evicts and not self._told:
            log.error("redis_may_evict", maxmemory_policy=policy, needed=NO_EVICTION)
        self._told = evicts

    async def _is_full(self) -> bool:
        memory = parse_info((await self._scripted.plain([["INFO", "memory"]]))[0])
        bound = int(memory.get("maxmemory", 0))
        self._check_policy(bound, memory.get("maxmemory_policy", ""))
        return bound > 0 and int(memory["used_memory"]) > MEMORY_SHARE_MAX * bound
