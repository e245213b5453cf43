"""What is to be done once at the end of this turn of the loop, for however many: one call of the loop for all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from weakref import WeakKeyDictionary

logger = logging.getLogger(__name__)


class Turn:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call_soon = loop.call_soon
        self._due: list[Callable[[], object]] = []

    def do(self, what: Callable[[], object]) -> None:
        """In the order of the calls, after everything that is under way now."""
        if not self._due:
            self._call_soon(self._do_all)
        self._due.append(what)

    def _do_all(self) -> None:
        due, self._due = self._due, []
        for what in due:
            try:
                what()
            except Exception:  # one's trouble is not the others'
                logger.exception("what was due could not be done")


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turn] = WeakKeyDictionary()


def turn_of_the_loop() -> Turn:
    """Of the loop that runs."""
    loop = asyncio.get_running_loop()
    turn = _turns.get(loop)
    if turn is None:
        turn = _turns[loop] = Turn(loop)
    return turn
