"""How long one step is tried again, and with which pauses."""

import asyncio
import random
import time

from server.replay.rows import ReplayError

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0


class ServerAway(ReplayError):
    """For longer than our patience the server gave no answer that says what happened."""


class Patience:
    """For one step: `wait` after each try that had no answer, until `seconds` are over since the first."""

    def __init__(self, whom: str, seconds: float) -> None:
        self._whom = whom
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._pause = FIRST_PAUSE_S

    async def wait(self, why: str, asked: float = 0.0) -> None:
        """Pause for longer than before, and not less than `asked`. Raises ServerAway with the reason `why`."""
        # Full jitter, so that the callers of a server that was away do not all come back at once.
        pause = asked + random.uniform(self._pause / 4, self._pause)
        if time.monotonic() + pause > self._until:
            raise ServerAway(f"{self._whom}: no answer within {self._seconds:g} s, at last: {why}")
        await asyncio.sleep(pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_S)
