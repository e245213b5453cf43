"""What has to happen though nobody asks for it: deadlines, the auditor, what the outbox still holds, partitions.

Any number of workers may run; each of these is harmless when done twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass

import structlog

from persistence.analytics import add_up_tallies
from persistence.errors import LedgerAway
from persistence.midnights import Midnights
from persistence.partitions import ensure_partitions
from raidline.ids import RaidId
from realtime.cancelling import end_tasks
from realtime.commands import Settle
from realtime.errors import RedisAway
from server.forgetter import forget_the_rest
from server.outcomes import REDIS_AWAY, Unavailable
from server.services import Services
from server.times import now_ms

DEADLINES_SECONDS = 0.5
HINTS_SECONDS = 1.0
SWEEP_SECONDS = 60.0
REFILL_SECONDS = 30.0
OUTBOX_SECONDS = 1.0
PARTITIONS_SECONDS = 3600.0
SESSIONS_SECONDS = 3600.0
FORGETTING_SECONDS = 5.0
JOBS_SECONDS = 0.5
JOBS_DELETED_SECONDS = 3600.0
TALLIES_SECONDS = 60.0
LEADERBOARDS_SECONDS = 60.0
MIDNIGHTS_SECONDS = 10.0

OVERDUE_SECONDS = 2.0
"""Outbox rows this old were not sent by the server that wrote them."""

SETTLED_AGE_MS = 1000
"""A raid is audited when its hint is this old: its servers record most entries themselves within that."""

AWAY_AGAIN_MS = 2000
"""A deadline that cannot be met because a shard of Redis is away makes room for the others, so long."""

AT_ONCE = 100
"""Raids, deadlines or outbox rows taken in one go."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    name: str
    every_seconds: float
    work: Callable[[], Awaitable[object]]


async def run_worker(services: Services) -> None:
    """Do all duties until cancelled. A part that is away is met with patience: the next round finds it back."""
    duties = [asyncio.create_task(_repeat(duty)) for duty in Worker(services).duties()]
    try:
        await asyncio.gather(*duties)
    finally:
        await end_tasks(duties)


async def _repeat(duty: Duty) -> None:
    while True:
        try:
            await duty.work()
        except (LedgerAway, RedisAway, Unavailable) as error:
            log.info("duty_waits", duty=duty.name, kind=type(error).__name__)
        except Exception:
            # A fault in one raid or row must not end the care for all others.
            log.exception("duty_failed", duty=duty.name)
        await asyncio.sleep(duty.every_seconds)


class Worker:
    def __init__(self, services: Services) -> None:
        self._services = services

    def duties(self) -> Sequence[Duty]:
        return [
            Duty("deadlines", DEADLINES_SECONDS, self.meet_deadlines),
            Duty("audit", HINTS_SECONDS, self.audit_hinted),
            Duty("sweep", SWEEP_SECONDS, self.sweep),
            Duty("refill", REFILL_SECONDS, self.refill_deadlines),
            Duty("outbox", OUTBOX_SECONDS, self.send_outbox),
            Duty("partitions", PARTITIONS_SECONDS, self.make_partitions),
            Duty("sessions", SESSIONS_SECONDS, self._services.people.delete_expired_sessions),
            Duty("forgetting", FORGETTING_SECONDS, self.forget_the_rest),
            Duty("jobs", JOBS_SECONDS, self._services.job_runner.work_some),
            Duty("jobs_deleted", JOBS_DELETED_SECONDS, self._services.jobs.delete_finished),
            Duty("tallies", TALLIES_SECONDS, self.add_up_tallies),
            Duty("leaderboards", LEADERBOARDS_SECONDS, self._services.leaderboards.finalise_due),
            Duty("midnights", MIDNIGHTS_SECONDS, self.pass_midnights),
        ]

    async def meet_deadlines(self) -> None:
        """Fail what is past its deadline, whether or not anybody writes.

        One that cannot be met now comes back with the next refill, so that it never stands before the others.
        """
        away: set[Hashable] = set()
        for raid_id in await self._services.agenda.deadlines_due(AT_ONCE):
            shard = self._services.store.shard(raid_id)
            if shard in away or not await self._meet_deadline(raid_id):
                away.add(shard)
                await self._services.agenda.note_deadlines([(raid_id, now_ms() + AWAY_AGAIN_MS)])
            else:
                await self._services.agenda.drop_deadline(raid_id)

    async def _meet_deadline(self, raid_id: RaidId) -> bool:
        """False when Redis is away for it."""
        try:
            await self._services.write_path.submit(Settle(raid_id=raid_id))
        except Unavailable as error:
            log.info("deadline_waits", raid_id=raid_id, reason=error.reason)
            return error.reason != REDIS_AWAY
        except Exception:
            log.exception("deadline_failed", raid_id=raid_id)
        return True

    async def audit_hinted(self) -> None:
        """The raids somebody wrote to lately. Those that could not be brought up to date are hinted again."""
        hinted = await self._services.agenda.take_unaudited(SETTLED_AGE_MS, AT_ONCE)
        if not hinted:
            return
        unfinished: set[RaidId] = set(hinted)
        try:
            unfinished = await self._services.auditor.audit(hinted)
        finally:
            await self._services.agenda.note_unaudited(unfinished)

    async def sweep(self) -> None:
        """Every raid that Redis ought to hold, hint or none."""
        after = RaidId(0)
        while page := await self._services.raids.live_raids(after, AT_ONCE):
            await self._services.auditor.audit([raid.raid_id for raid in page])
            after = page[-1].raid_id

    async def refill_deadlines(self) -> None:
        deadlines = await self._services.raids.deadlines()
        for start in range(0, len(deadlines), AT_ONCE):
            await self._services.agenda.note_deadlines(deadlines[start : start + AT_ONCE])

    async def send_outbox(self) -> None:
        rows = await self._services.ledger.send_outbox(OVERDUE_SECONDS, AT_ONCE)
        await self._services.notifier.send(rows)

    async def forget_the_rest(self) -> None:
        await forget_the_rest(self._services)

    async def add_up_tallies(self) -> None:
        await add_up_tallies(self._services.pool)

    async def pass_midnights(self) -> None:
        """Spend the freezes of those whose midnight has passed, then warn those whose streak ends at the next."""
        midnights = Midnights(self._services.pool)
        for duty in (midnights.spend_freezes, midnights.warn_at_risk):
            while (told := await duty(now_ms(), AT_ONCE)) is not None:
                await self._services.notifier.send(told)

    async def make_partitions(self) -> None:
        await ensure_partitions(self._services.pool)
