"""Jobs go on where they were, whoever was killed; a bad one ends alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from persistence.errors import BadData, Collision, LedgerAway
from persistence.jobs import Job, JobFailed, Jobs, Page, Step, Worked
from persistence.pool import Connection
from tests.persistence.achieving import found, worked
from tests.persistence.conftest import World

PAGES = 5


def counting(seen: list[int]) -> Page:
    """Five pages, each noted where it is done."""

    async def page(_held: Connection, job: Job) -> Step:
        seen.append(job.place + 1)
        return Step(job.place + 1, {"pages": job.result.get("pages", 0) + 1}, job.place + 1 == PAGES)

    return page


def raising(error: Exception) -> Page:
    async def page(_held: Connection, _job: Job) -> Step:
        raise error

    return page


async def test_a_job_is_done_page_by_page(world: World) -> None:
    jobs = Jobs(world.pool, {"count": counting([])})
    made = await jobs.create("count", {"upTo": PAGES})
    assert (made.state, made.progress, await jobs.any_open()) == ("waiting", 0, True)
    assert await jobs.work_page()
    running = await found(jobs, made.id)
    assert (running.state, running.progress, running.result) == ("running", 0.2, {"pages": 1})
    assert await worked(jobs) == PAGES - 1
    done = await found(jobs, made.id)
    assert (done.state, done.progress, done.result) == ("done", 1, {"pages": PAGES})
    assert done.finished_at_ms is not None
    assert not await jobs.any_open()


async def test_a_page_that_is_killed_is_done_again_and_what_it_wrote_is_gone(world: World) -> None:
    def killed(then: Page) -> Page:
        async def page(held: Connection, job: Job) -> Step:
            step = await then(held, job)
            await held.execute("INSERT INTO users (name, tz) VALUES ('half', 'UTC')")
            if job.place == 2:
                raise asyncio.CancelledError
            return step

        return page

    seen: list[int] = []
    made = await Jobs(world.pool, {"count": counting(seen)}).create("count", {})
    with pytest.raises(asyncio.CancelledError):
        await worked(Jobs(world.pool, {"count": killed(counting(seen))}))
    assert await world.value("SELECT count(*) FROM users") == 2
    jobs = Jobs(world.pool, {"count": counting(seen)})
    await worked(jobs)
    assert seen == [1, 2, 3, 3, 4, 5]
    assert (await found(jobs, made.id)).result == {"pages": PAGES}


async def test_several_at_once_do_every_page_once(world: World) -> None:
    seen: list[int] = []
    jobs = [Jobs(world.pool, {"count": counting(seen)}) for _ in range(3)]
    made = [await jobs[0].create("count", {}) for _ in range(4)]

    async def until_done(one: Jobs) -> None:
        while await one.any_open():
            await one.work_page()

    await asyncio.gather(*map(until_done, jobs))
    assert sorted(seen) == sorted(list(range(1, PAGES + 1)) * 4)
    assert {(await found(jobs[0], job.id)).state for job in made} == {"done"}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (JobFailed("nothing to be done"), "nothing to be done"),
        (BadData("23505", "UniqueViolationError table t"), "23505 UniqueViolationError table t"),
        (ValueError("what Ada wrote"), "ValueError"),
    ],
)
async def test_a_bad_job_fails_alone_and_says_why_without_a_word_of_anybodys(
    world: World, error: Exception, said: str
) -> None:
    jobs = Jobs(world.pool, {"bad": raising(error), "count": counting([])})
    bad, good = await jobs.create("bad", {}), await jobs.create("count", {})
    await worked(jobs)
    assert [(one.state, one.error) for one in (await found(jobs, bad.id), await found(jobs, good.id))] == [
        ("failed", said),
        ("done", None),
    ]


async def test_a_postgres_that_is_away_ends_no_job_and_the_others_go_first(world: World) -> None:
    jobs = Jobs(world.pool, {"slow": raising(LedgerAway("57014")), "count": counting([])})
    slow, good = await jobs.create("slow", {}), await jobs.create("count", {})
    with pytest.raises(LedgerAway):
        await jobs.work_page()
    worked_at = await jobs.work_page()
    assert worked_at is not None
    assert worked_at.job_id == good.id
    assert (await found(jobs, slow.id)).state == "waiting"


async def test_a_collision_is_tried_again_by_whoever_asks_next(world: World) -> None:
    jobs = Jobs(world.pool, {"both": raising(Collision("40P01"))})
    made = await jobs.create("both", {})
    assert await jobs.work_page()
    assert (await found(jobs, made.id)).state == "waiting"


async def test_jobs_take_turns(world: World) -> None:
    """A long one does not keep a short one waiting."""
    jobs = Jobs(world.pool, {"count": counting([])})
    long, short = await jobs.create("count", {}), await jobs.create("count", {})
    order = [one.job_id async for one in _pages(jobs)]
    assert order == [long.id, short.id] * PAGES


async def test_a_kind_of_a_newer_version_is_left_to_it(world: World) -> None:
    jobs = Jobs(world.pool, {"count": counting([])})
    made = await jobs.create("of tomorrow", {})
    assert await jobs.work_page() is None
    assert not await jobs.any_open()
    assert (await found(jobs, made.id)).state == "waiting"


async def test_jobs_that_ended_long_ago_are_deleted(world: World) -> None:
    jobs = Jobs(world.pool, {"count": counting([])})
    old, new, still_open = [await jobs.create("count", {}) for _ in range(3)]
    await world.execute(f"UPDATE jobs SET state = 'done', finished_at = now() WHERE id = {new.id}")
    await world.execute(
        f"UPDATE jobs SET state = 'failed', finished_at = now() - interval '31 days' WHERE id = {old.id}"
    )
    await jobs.delete_finished()
    assert await jobs.find(old.id) is None
    assert await jobs.find(new.id) is not None
    assert await jobs.find(still_open.id) is not None


async def _pages(jobs: Jobs) -> AsyncIterator[Worked]:
    while (one := await jobs.work_page()) is not None:
        yield one
