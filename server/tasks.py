"""Work that goes on beside the one who asked for it, never lost to the garbage collector."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from realtime.cancelling import end_tasks

log = structlog.get_logger(__name__)


class Background:
    """Holds running tasks; a failure is logged by its kind. `close` cancels what still runs."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background_work_failed", kind=type(error).__name__)

    async def close(self) -> None:
        await end_tasks(self._tasks)
