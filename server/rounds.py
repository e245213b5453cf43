"""One timer for all who wait equally long, in place of one for each."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import Protocol

logger = logging.getLogger(__name__)

SLACK = 0.5
"""Seconds by which a turn may come early, so that those who joined at about the same time share a wake-up."""


class Walker(Protocol):
    def take_turn(self) -> None: ...


class Rounds:
    """Gives each walker its turn so many seconds after it joined, once. Whoever joins stands behind all others."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due: dict[Walker, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._due)

    def join(self, walker: Walker) -> None:
        """Again, if it had joined before."""
        self._due.pop(walker, None)
        self._due[walker] = asyncio.get_running_loop().time() + self._seconds
        self._wind()

    def leave(self, walker: Walker) -> None:
        """Harmless when it is not there."""
        self._due.pop(walker, None)

    def _wind(self) -> None:
        if self._timer is None and self._due:
            first = next(iter(self._due.values()))
            self._timer = asyncio.get_running_loop().call_at(first, self._walk)

    def _walk(self) -> None:
        self._timer = None
        until = asyncio.get_running_loop().time() + SLACK
        due = list(itertools.takewhile(lambda one: self._due[one] <= until, self._due))
        for walker in due:
            self._due.pop(walker, None)
            try:
                walker.take_turn()
            except Exception:  # one's trouble is not the others'
                logger.exception("a turn failed")
        self._wind()
