"""Work in pages (persistence/jobs.py), done where a worker runs: what kinds there are, and who tells of it."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from persistence.completions import RAID_COMPLETED, complete_page
from persistence.erasing import ERASE, erase_page
from persistence.jobs import Jobs, Page
from persistence.recomputing import RECOMPUTE, recompute_page
from raidline.ids import JobId
from server.notifier import Notifier

PAGES: Final[Mapping[str, Page]] = {
    RAID_COMPLETED: complete_page,
    RECOMPUTE: recompute_page,
    ERASE: erase_page,
}

PAGES_AT_ONCE = 1000
"""Then whoever asked has a turn; jobs take theirs page by page anyway."""

HELD_SECONDS = 0.05
"""Between two looks at a job that somebody else works at."""

log = structlog.get_logger(__name__)


class JobRunner:
    def __init__(self, jobs: Jobs, notifier: Notifier) -> None:
        self._jobs = jobs
        self._notifier = notifier

    async def work(self, only: JobId | None = None) -> bool:
        """Do one page of a job, and tell of it; False where there was none to be had."""
        worked = await self._jobs.work_page(only)
        if worked is None:
            return False
        if worked.error is not None:
            log.error("job_failed", job_id=worked.job_id, job=worked.kind, why=worked.error)
        await self._notifier.send(worked.outbox)
        return True

    async def work_some(self) -> None:
        """Pages, one after the other, until none is left that others do not hold."""
        for _ in range(PAGES_AT_ONCE):
            if not await self.work():
                return

    async def work_all(self) -> None:
        """Until no job is open, whoever works at it."""
        while await self._jobs.any_open():
            if not await self.work():
                await asyncio.sleep(HELD_SECONDS)
