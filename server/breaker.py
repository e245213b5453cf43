"""Whether the ledger is worth asking. Opens at the first sign that Postgres is away; a probe closes it again."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from persistence.errors import LedgerAway
from realtime.cancelling import end_tasks

PROBE_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Breaker:
    """While it is open nobody waits for the ledger: contributions answer 202 at once, and the log in Redis keeps
    the entries for the auditor."""

    def __init__(self, probe: Callable[[], Awaitable[object]]) -> None:
        self._probe = probe
        self._prober: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._prober is not None

    def open(self, reason: str) -> None:
        """Idempotent. From now on a probe runs until it succeeds."""
        if self._prober is None:
            log.warning("ledger_away", reason=reason)
            self._prober = asyncio.create_task(self._probe_until_back())

    async def close(self) -> None:
        """Stop probing; for the end of the program."""
        if self._prober is not None:
            await end_tasks([self._prober])

    async def _probe_until_back(self) -> None:
        try:
            while True:
                await asyncio.sleep(PROBE_SECONDS)
                with contextlib.suppress(LedgerAway):
                    await self._probe()
                    log.info("ledger_back")
                    return
        finally:
            self._prober = None
