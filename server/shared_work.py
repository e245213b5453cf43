"""Work that all who ask for the same at the same time share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from realtime.cancelling import end_tasks

Key = TypeVar("Key")
Value = TypeVar("Value")


class StillUnderWay(Exception):
    """The work takes longer than its caller wants to wait. It goes on."""


class Shared(Generic[Key, Value]):
    """One work per key at a time, forgotten when it is done: whoever comes after that begins another."""

    def __init__(self) -> None:
        self._running: dict[Key, asyncio.Task[Value]] = {}

    async def of(
        self, key: Key, begin: Callable[[], Coroutine[Any, Any, Value]], patience: float | None = None
    ) -> Value:
        """What the work under way for `key` comes to, which `begin` is if there is none.

        A caller who is cancelled does not end it. Raises what the work raises, to all who wait for it; StillUnderWay
        after `patience` seconds.
        """
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = asyncio.create_task(begin())
            running.add_done_callback(lambda done: self._forget(key, done))
        done, _ = await asyncio.wait({running}, timeout=patience)
        if not done:
            raise StillUnderWay
        return running.result()

    async def close(self) -> None:
        """End all that is under way."""
        await end_tasks(self._running.values())

    def _forget(self, key: Key, done: asyncio.Task[Value]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # where all have gone away, nobody else looks at it
