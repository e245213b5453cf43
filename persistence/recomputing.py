"""Give an achievement to everybody who is past its threshold: for one that is new, or was changed.

In pages of people, each in a transaction under the locks that recording takes too. Whoever crosses the threshold
while the pages go on is unlocked by the write path, or found here, never both.
"""

from collections.abc import Mapping
from typing import Any

from persistence.jobs import Job, JobFailed, Step, make_job
from persistence.pool import Connection, Pool, connection
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.telling import tell_unlocks
from persistence.unlocking import unlock_pairs
from raidline.ids import AchievementId, UserId

RECOMPUTE = "recompute"
PEOPLE_PER_PAGE = 1000


async def make_recompute(
    pool: Pool, achievement_id: AchievementId, *, dry_run: bool, announce: bool = False
) -> Job | None:
    """A job for whoever works; None where there is no such achievement, or no metric that leads to it.

    Silent unless `announce`: people find what they were given, but no event tells them.
    """
    async with connection(pool) as held:
        if await held.fetchrow(statement("recompute_due"), achievement_id, []) is None:
            return None
        last = await held.fetchval(statement("users_last")) or 0
        params = {"achievementId": achievement_id, "dryRun": dry_run, "announce": announce, "upTo": last}
        return await make_job(held, RECOMPUTE, params)


async def recompute_page(held: Connection, job: Job) -> Step:
    """Look at the next people."""
    achievement_id, dry_run = AchievementId(job.params["achievementId"]), bool(job.params["dryRun"])
    people = await _people(held, job, dry_run)
    found = await held.fetchrow(statement("recompute_due"), achievement_id, people)
    if found is None:
        raise JobFailed("there is no such achievement any more, or no metric that leads to it")
    outbox = [] if dry_run else await _unlock(held, job, found["due"])
    # Kept from the first page on: only one definition all along makes the work complete.
    version = job.result.get("version", found["version"])
    done = len(people) < PEOPLE_PER_PAGE
    if done and not dry_run:
        await held.execute(statement("recompute_done"), achievement_id, version)
    result = {**_added(job.result, dry_run, len(found["due"]), found["had"], len(people)), "version": version}
    return Step(people[-1] if people else job.place, result, done, outbox)


async def _people(held: Connection, job: Job, dry_run: bool) -> list[UserId]:
    name = "recompute_peek" if dry_run else "recompute_page"
    rows = await held.fetch(statement(name), job.place, job.params["upTo"], PEOPLE_PER_PAGE)
    return [row["id"] for row in rows]


async def _unlock(held: Connection, job: Job, due: list[UserId]) -> list[OutboxRow]:
    """Unlocked when the job was made: one time for all, whenever their page comes."""
    achievement_id = AchievementId(job.params["achievementId"])
    unlocks = await unlock_pairs(held, [(user, achievement_id, job.created_at_ms) for user in due], "recompute")
    return await tell_unlocks(held, unlocks, silent=not job.params["announce"])


def _added(result: Mapping[str, Any], dry_run: bool, due: int, had: int, people: int) -> dict[str, Any]:
    found = "wouldUnlock" if dry_run else "unlocked"
    return {
        found: result.get(found, 0) + due,
        "alreadyHad": result.get("alreadyHad", 0) + had,
        "users": result.get("users", 0) + people,
    }
