"""Work in pages: a page and the place it leads to commit together, so whoever comes after a kill goes on there.

Any number of workers may run. A job is held by whoever works at a page of it; the others take another.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson

from persistence.errors import BadData, Collision, LedgerAway
from persistence.pool import Connection, Pool, connection, transaction
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.unlocking import time_text
from raidline.ids import JobId

KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Job:
    id: JobId
    kind: str
    params: dict[str, Any]
    state: str
    """waiting, running, done or failed."""
    place: int
    """What is done lies at or below."""
    result: dict[str, Any]
    error: str | None
    created_at_ms: int
    updated_at_ms: int
    finished_at_ms: int | None

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Job":
        return cls(**{**dict(row), "params": orjson.loads(row["params"]), "result": orjson.loads(row["result"])})

    @property
    def is_open(self) -> bool:
        return self.state in ("waiting", "running")

    @property
    def progress(self) -> float:
        """From 0 to 1, as far as can be told."""
        if self.state == "done":
            return 1.0
        return min(1.0, self.place / self.params["upTo"]) if self.params.get("upTo") else 0.0

    def shown(self) -> dict[str, Any]:
        """As the wire has it, less what only the work itself needs."""
        return {
            "id": self.id,
            "kind": self.kind,
            "params": {name: value for name, value in self.params.items() if name != "upTo"},
            "state": self.state,
            "progress": round(self.progress, 4),
            "result": {name: value for name, value in self.result.items() if name != "version"},
            "error": self.error,
            "createdAt": time_text(self.created_at_ms),
            "updatedAt": time_text(self.updated_at_ms),
            "finishedAt": None if self.finished_at_ms is None else time_text(self.finished_at_ms),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """What a page came to."""

    place: int
    result: dict[str, Any]
    done: bool
    outbox: list[OutboxRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Worked:
    """A page that was tried, or a job that was given up (`error`)."""

    job_id: JobId
    kind: str
    outbox: list[OutboxRow] = field(default_factory=list)
    error: str | None = None


class JobFailed(Exception):
    """A job that cannot be done. The message is kept with it: it names no value and no person."""


Page = Callable[[Connection, Job], Awaitable[Step]]
"""One page of a job, within the transaction that holds it."""


class Jobs:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool, pages: Mapping[str, Page]) -> None:
        self._pool = pool
        self._pages = pages

    async def create(self, kind: str, params: Mapping[str, Any]) -> Job:
        async with connection(self._pool) as held:
            return await make_job(held, kind, params)

    async def find(self, job_id: JobId) -> Job | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("job_row"), job_id)
        return Job.of(row) if row else None

    async def any_open(self) -> bool:
        async with connection(self._pool) as held:
            return bool(await held.fetchval(statement("jobs_open"), list(self._pages)))

    async def work_page(self, only: JobId | None = None) -> Worked | None:
        """Do one page of the open job that waited longest; None where there is none, or others hold them all.

        What a page raises is the end of its job, but that Postgres is away, which is raised here too.
        """
        job: Job | None = None
        try:
            async with transaction(self._pool) as held:
                row = await held.fetchrow(statement("job_take"), list(self._pages), only)
                if row is None:
                    return None
                job = Job.of(row)
                step = await self._pages[job.kind](held, job)
                state = "done" if step.done else "running"
                result = orjson.dumps(step.result).decode()
                await held.execute(statement("job_step"), job.id, state, step.place, result)
            return Worked(job.id, job.kind, step.outbox)
        except LedgerAway as error:
            await self._put_back(job)
            if isinstance(error, Collision) and job is not None:
                return Worked(job.id, job.kind)  # nothing came of it; whoever asks again tries it again
            raise
        except Exception as error:
            if job is None:
                raise
            return await self._give_up(job, error)

    async def delete_finished(self) -> None:
        async with connection(self._pool) as held:
            await held.execute(statement("jobs_expired"), KEPT_DAYS)

    async def _put_back(self, job: Job | None) -> None:
        """A page that always takes too long must not stand before the others for ever."""
        if job is None:
            return
        async with connection(self._pool) as held:
            await held.execute(statement("job_put_back"), job.id)

    async def _give_up(self, job: Job, error: Exception) -> Worked:
        """Only what we said ourselves is kept: what others say may quote anybody's words."""
        why = str(error) if isinstance(error, BadData | JobFailed) else type(error).__name__
        async with connection(self._pool) as held:
            await held.execute(statement("job_fail"), job.id, job.place, why)
        return Worked(job.id, job.kind, error=why)


async def make_job(held: Connection, kind: str, params: Mapping[str, Any]) -> Job:
    """Have something done in pages once the caller's transaction is committed."""
    row = await held.fetchrow(statement("job_make"), kind, orjson.dumps(params).decode())
    assert row is not None
    return Job.of(row)
