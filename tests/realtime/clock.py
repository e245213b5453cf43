"""The time of a loop, in a test's hand."""

import asyncio

TURNS = 40
"""Enough for all that follows from a timer."""


class Clock:
    """Stands still unless a test has time pass. Whoever sleeps meanwhile, `eventually` too, sleeps until then."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._now = loop.time()
        loop.time = self._time  # type: ignore[method-assign]

    def _time(self) -> float:
        return self._now

    async def passes(self, seconds: float) -> None:
        """So much time at once, and whatever was due in it."""
        self._now += seconds
        for _ in range(TURNS):
            await asyncio.sleep(0)
