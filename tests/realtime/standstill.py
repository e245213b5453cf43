"""How long this process, or its Redis, answered to nothing: then whoever was said to be gone was rightly given up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from realtime.cancelling import end_tasks

TICK = 0.02
USUAL = 0.01
"""Seconds by which a tick is late on a machine that has nothing else to do."""


class Standstill:
    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        """When each tick began, and what it lost."""
        self._begun = asyncio.get_running_loop().time()

    @classmethod
    @contextlib.asynccontextmanager
    async def watched(cls, redis: Redis) -> AsyncIterator["Standstill"]:
        still = cls()
        watching = asyncio.create_task(still._watch(redis))
        try:
            yield still
        finally:
            await end_tasks([watching])

    def worst(self, within: float) -> float:
        """The most that was lost in any so many seconds, in one piece or in several."""
        late = [(at, lost) for at, lost in (*self._late, self._this_tick()) if lost > 0]
        return max((sum(lost for at, lost in late if begin <= at <= begin + within) for begin, _ in late), default=0.0)

    async def _watch(self, redis: Redis) -> None:
        while True:
            self._begun = asyncio.get_running_loop().time()
            await asyncio.sleep(TICK)
            with contextlib.suppress(RedisError, OSError):
                await redis.ping()
            self._late.append(self._this_tick())

    def _this_tick(self) -> tuple[float, float]:
        return self._begun, asyncio.get_running_loop().time() - self._begun - TICK - USUAL
