"""`raidline recompute`: a job made, worked off here, and what it came to."""

import asyncio

import click
from rich.console import Console

from persistence.analytics import people_count
from persistence.jobs import Job
from persistence.recomputing import make_recompute
from raidline.ids import AchievementId
from server.jobs import HELD_SECONDS
from server.replay.progress import phase
from server.services import Services, open_services
from server.settings import Settings, SettingsError


async def recompute(settings: Settings, achievement_id: int, dry_run: bool, console: Console | None = None) -> int:
    """Work the job off; a worker that is running may take pages of it too. 1 where it failed."""
    async with open_services(settings) as services:
        job = await make_recompute(services.pool, AchievementId(achievement_id), dry_run=dry_run)
        if job is None:
            raise SettingsError(f"ID: there is no achievement {achievement_id} that a metric leads to")
        job = await _work_off(services, job, console or Console(stderr=True))
    if job.state == "failed":
        click.echo(f"raidline recompute: {job.error}", err=True)
        return 1
    click.echo(_told(job))
    return 0


async def _work_off(services: Services, job: Job, console: Console) -> Job:
    async with phase(console, "people", await people_count(services.pool)) as counted:
        while job.is_open:
            if not await services.job_runner.work(job.id):
                await asyncio.sleep(HELD_SECONDS)  # a worker has it just now
            job = await services.jobs.find(job.id) or job
            counted.done = job.result.get("users", 0)
    return job


def _told(job: Job) -> str:
    found = "wouldUnlock" if job.params["dryRun"] else "unlocked"
    word = "would unlock" if job.params["dryRun"] else "unlocked"
    counts = (job.result.get(name, 0) for name in (found, "alreadyHad", "users"))
    return "{} {:,}, already had {:,}, of {:,} people".format(word, *counts)
