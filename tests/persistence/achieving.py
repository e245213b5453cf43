"""What the tests of achievements ask of a database: people with totals, definitions, what came of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from persistence.completions import RAID_COMPLETED, complete_page
from persistence.definitions import Definition, DefinitionFields, Definitions
from persistence.erasing import ERASE, erase_page
from persistence.jobs import Job, Jobs, Page
from persistence.pool import transaction
from persistence.recomputing import RECOMPUTE, make_recompute, recompute_page
from persistence.unlocking import Move, Unlocks, lock_people, unlock
from raidline.ids import AchievementId, JobId, UserId
from tests.persistence.conftest import World

AT_MS = 1_900_000_000_123

PAGES: Mapping[str, Page] = {RAID_COMPLETED: complete_page, RECOMPUTE: recompute_page, ERASE: erase_page}


async def defined(world: World, **fields: Any) -> AchievementId:
    return (await definition(world, **fields)).id


async def definition(world: World, **fields: Any) -> Definition:
    return (await Definitions(world.pool).create(DefinitionFields(**{"name": "Ten", **fields}))).definition


async def without_defaults(world: World) -> None:
    await world.execute("DELETE FROM achievements")


async def many_users(world: World, count: int) -> list[UserId]:
    rows = await world.rows(
        "INSERT INTO users (name, tz) SELECT 'Ada', 'UTC' FROM generate_series(1, $1) RETURNING id", count
    )
    return sorted(row[0] for row in rows)


async def has_done(world: World, users: Sequence[UserId], tasks: int) -> None:
    """As if it were folded long ago, when nothing was to be unlocked."""
    await world.rows(
        """INSERT INTO user_stats (user_id, tasks) SELECT id, $2 FROM unnest($1::bigint[]) AS one (id)
           ON CONFLICT (user_id) DO UPDATE SET tasks = excluded.tasks RETURNING 1""",
        users,
        tasks,
    )


async def moved(world: World, *moves: Move) -> Unlocks:
    async with transaction(world.pool) as held:
        await lock_people(held, [move.user_id for move in moves])
        return await unlock(held, moves)


def tasks(user_id: UserId, before: int, after: int) -> Move:
    return Move(user_id, "tasks_total", before, after, AT_MS)


async def worked(jobs: Jobs) -> int:
    """Work until nothing is left to do; how many pages that were."""
    pages = 0
    while await jobs.work_page():
        pages += 1
    return pages


async def recomputed(world: World, achievement_id: AchievementId, *, dry_run: bool = False) -> Job:
    made = await make_recompute(world.pool, achievement_id, dry_run=dry_run)
    assert made is not None
    jobs = Jobs(world.pool, PAGES)
    await worked(jobs)
    return await found(jobs, made.id)


async def found(jobs: Jobs, job_id: JobId) -> Job:
    job = await jobs.find(job_id)
    assert job is not None
    return job


async def unlocked_by(world: World, achievement_id: AchievementId) -> set[UserId]:
    rows = await world.rows(
        "SELECT user_id FROM user_achievements WHERE achievement_id = $1 AND unlocked_at IS NOT NULL", achievement_id
    )
    return {row[0] for row in rows}


async def brought(world: World, user_id: UserId) -> tuple[int, int, int]:
    """Reward XP, credits and level."""
    rows = await world.rows("SELECT reward_xp, credits, level FROM user_stats WHERE user_id = $1", user_id)
    return rows[0] if rows else (0, 0, 1)


async def tallied(world: World, achievement_id: AchievementId) -> int:
    return int(
        await world.value(
            "SELECT coalesce(sum(unlocks), 0) FROM achievement_tallies WHERE achievement_id = $1", achievement_id
        )
    )
