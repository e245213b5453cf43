"""The ends of the sessions that streams are read with: one timer for all of them."""

from __future__ import annotations

import asyncio
import heapq
import itertools

from realtime.ending import Ending
from realtime.stream import Stream

_TOLERATED = 64
"""So many streams that are gone may stand in the heap beside as many as there are."""


class Deadlines:
    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Stream]] = []
        self._at: dict[Stream, float] = {}
        """Of those that are still open."""
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, stream: Stream, seconds: float) -> None:
        """Have the stream end with its session."""
        at = self._at[stream] = asyncio.get_running_loop().time() + max(0.0, seconds)
        heapq.heappush(self._heap, (at, next(self._numbers), stream))
        if self._heap[0][2] is stream:
            self._wind()

    def remove(self, stream: Stream) -> None:
        """Harmless when repeated."""
        if self._at.pop(stream, None) is not None and len(self._heap) > 2 * len(self._at) + _TOLERATED:
            self._heap = [one for one in self._heap if one[2] in self._at]
            heapq.heapify(self._heap)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wind(self) -> None:
        self.close()
        self._timer = asyncio.get_running_loop().call_at(self._heap[0][0], self._end_those_due)

    def _end_those_due(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._heap and (self._heap[0][0] <= now or self._heap[0][2] not in self._at):
            _, _, stream = heapq.heappop(self._heap)
            if self._at.pop(stream, None) is not None:
                stream.end(Ending.SESSION_OVER)
        if self._heap:
            self._wind()
