"""A recompute gives everybody what they are due, once, whoever was killed; completed raids count for their members."""

import asyncio

import pytest

from persistence import completions, erasing, recomputing
from persistence.achievements import Achievements
from persistence.definitions import Definitions
from persistence.jobs import Job, Jobs, Step
from persistence.pool import Connection
from persistence.recomputing import RECOMPUTE, make_recompute, recompute_page
from raidline.ids import AchievementId
from tests.persistence.achieving import (
    PAGES,
    brought,
    defined,
    found,
    has_done,
    many_users,
    recomputed,
    tallied,
    unlocked_by,
    without_defaults,
    worked,
)
from tests.persistence.conftest import World


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recomputing, "PEOPLE_PER_PAGE", 10)
    monkeypatch.setattr(completions, "MEMBERS_PER_PAGE", 10)
    monkeypatch.setattr(erasing, "PEOPLE_PER_PAGE", 10)


async def test_everybody_past_the_threshold_has_it_afterwards(world: World) -> None:
    await without_defaults(world)
    users = await many_users(world, 25)
    await has_done(world, users[:12], 10)
    await has_done(world, users[12:20], 9)
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    await Achievements(world.pool).unlock(users[0], ten, 1)
    dry = await recomputed(world, ten, dry_run=True)
    assert dry.shown()["result"] == {"wouldUnlock": 11, "alreadyHad": 1, "users": 25}
    assert await unlocked_by(world, ten) == {users[0]}
    job = await recomputed(world, ten)
    assert job.shown()["result"] == {"unlocked": 11, "alreadyHad": 1, "users": 25}
    assert await unlocked_by(world, ten) == set(users[:12])
    assert [await brought(world, user) for user in (users[0], users[11], users[12])] == [
        (100, 0, 2),
        (100, 0, 2),
        (0, 0, 1),
    ]
    assert (await recomputed(world, ten)).shown()["result"] == {"unlocked": 0, "alreadyHad": 12, "users": 25}
    assert await tallied(world, ten) == 12


@pytest.mark.parametrize(
    ("metric", "table", "column"),
    [
        ("streak_days", "user_streaks", "longest"),
        ("active_days", "user_streaks", "active_days"),
        ("xp_total", "user_stats", "xp"),
        ("raids_completed", "user_stats", "raids_completed"),
        ("raids_led", "user_stats", "raids_led"),
        ("checkins_total", "user_stats", "checkins"),
    ],
)
async def test_every_metric_is_known(world: World, metric: str, table: str, column: str) -> None:
    await without_defaults(world)
    ada, ben = await world.users(2)
    await world.execute(f"INSERT INTO {table} (user_id, {column}) VALUES ({ada}, 7), ({ben}, 6)")
    seven = await defined(world, metric=metric, threshold=7)
    await recomputed(world, seven)
    assert await unlocked_by(world, seven) == {ada}


async def test_a_killed_recompute_goes_on_where_it_was(world: World) -> None:
    await without_defaults(world)
    users = await many_users(world, 35)
    await has_done(world, users, 10)
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    made = await make_recompute(world.pool, ten, dry_run=False)
    assert made is not None

    async def killed_late(held: Connection, job: Job) -> Step:
        await recompute_page(held, job)
        raise asyncio.CancelledError

    assert await Jobs(world.pool, PAGES).work_page()
    with pytest.raises(asyncio.CancelledError):
        await Jobs(world.pool, {RECOMPUTE: killed_late}).work_page()
    assert await unlocked_by(world, ten) == set(users[:10])
    jobs = Jobs(world.pool, PAGES)
    await worked(jobs)
    assert (await found(jobs, made.id)).shown()["result"] == {"unlocked": 35, "alreadyHad": 0, "users": 35}
    assert {await brought(world, user) for user in users} == {(100, 0, 2)}
    assert await tallied(world, ten) == 35


async def test_two_recomputes_at_once_reward_once(world: World) -> None:
    await without_defaults(world)
    users = await many_users(world, 40)
    await has_done(world, users, 10)
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    made = [await make_recompute(world.pool, ten, dry_run=False) for _ in range(2)]
    jobs = Jobs(world.pool, PAGES)
    await asyncio.gather(*(worked(jobs) for _ in range(3)))
    await worked(jobs)
    done = [await found(jobs, job.id) for job in made if job]
    assert [job.state for job in done] == ["done", "done"]
    assert sum(job.result["unlocked"] for job in done) == 40
    assert {await brought(world, user) for user in users} == {(100, 0, 2)}


async def test_a_recompute_is_silent_but_drops_what_was_kept_of_people(world: World) -> None:
    await without_defaults(world)
    users = await many_users(world, 3)
    await has_done(world, users[:2], 10)
    ten = await defined(world, metric="tasks_total", threshold=10)
    await world.execute("DELETE FROM outbox")
    await recomputed(world, ten)
    people = [str(user) for user in users[:2]]
    assert await world.rows("SELECT topic, payload::jsonb ->> 'people', payload::jsonb ->> 'events' FROM outbox") == [
        ("progress", f"[{', '.join(people)}]", "[]")
    ]
    await world.execute("DELETE FROM outbox; DELETE FROM user_achievements")
    made = await make_recompute(world.pool, ten, dry_run=False, announce=True)
    await worked(Jobs(world.pool, PAGES))
    assert made is not None
    assert await world.value("SELECT jsonb_array_length(payload::jsonb -> 'events') FROM outbox") == 2


async def test_it_notes_that_everybody_has_it_unless_the_definition_changed(world: World) -> None:
    await without_defaults(world)
    await many_users(world, 15)
    ten, definitions = await defined(world, metric="tasks_total", threshold=10), Definitions(world.pool)
    complete = "SELECT complete_since IS NOT NULL FROM achievements WHERE id = $1"
    assert not await world.value(complete, ten)
    await recomputed(world, ten, dry_run=True)
    assert not await world.value(complete, ten)
    await recomputed(world, ten)
    assert await world.value(complete, ten)
    await definitions.change(ten, {"name": "Twelve"})
    assert await world.value(complete, ten)
    await definitions.change(ten, {"threshold": 12})
    assert not await world.value(complete, ten)
    await make_recompute(world.pool, ten, dry_run=False)
    jobs = Jobs(world.pool, PAGES)
    await jobs.work_page()
    await definitions.change(ten, {"threshold": 11})
    await worked(jobs)
    assert not await world.value(complete, ten)


async def test_there_is_nothing_to_recompute_without_a_metric(world: World) -> None:
    free = await defined(world)
    assert await make_recompute(world.pool, free, dry_run=False) is None
    assert await make_recompute(world.pool, AchievementId(10**6), dry_run=False) is None


async def test_a_definition_that_goes_meanwhile_fails_the_job(world: World) -> None:
    ten = await defined(world, metric="tasks_total", threshold=10)
    made = await make_recompute(world.pool, ten, dry_run=False)
    assert made is not None
    await Definitions(world.pool).delete(ten)
    jobs = Jobs(world.pool, PAGES)
    await worked(jobs)
    job = await found(jobs, made.id)
    assert (job.state, job.error) == ("failed", "there is no such achievement any more, or no metric that leads to it")


async def test_what_many_people_have_of_a_deleted_achievement_goes_by_a_job(world: World) -> None:
    await without_defaults(world)
    users = await many_users(world, 45)
    await has_done(world, users, 10)
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    await recomputed(world, ten)
    await Definitions(world.pool, erased_at_once=20).delete(ten)
    assert len(await unlocked_by(world, ten)) == 25
    assert (await Achievements(world.pool).page(users[-1], None, 10)).progress == []
    await worked(Jobs(world.pool, PAGES))
    assert await unlocked_by(world, ten) == set()
    assert {await brought(world, user) for user in users} == {(100, 0, 2)}


async def test_a_completed_raid_counts_once_for_everybody_in_it(world: World) -> None:
    await without_defaults(world)
    leader, *members = await many_users(world, 31)
    leaver = members.pop()
    first = await defined(world, metric="raids_completed", threshold=1, reward_xp=100, secret=True)
    captain = await defined(world, metric="raids_led", threshold=1, reward_credits=5)
    log = await world.active_raid(leader)
    for user in [*members, leaver]:
        log.join(user)
    log.leave(leaver)
    for _ in range(9):
        log.contribute(leader)
    log.end(caused_by=log.contribute(leader, xp=1000))
    await world.ledger.record(log.entries)
    await world.execute(f"INSERT INTO jobs (kind, params) VALUES ('raid_completed', '{{\"raidId\": {log.raid_id}}}')")
    await world.execute("DELETE FROM outbox")
    await worked(Jobs(world.pool, PAGES))
    counts = dict(await world.rows("SELECT user_id, ARRAY[raids_completed, raids_led]::int[] FROM user_stats"))
    assert counts == {leader: [1, 1]} | {user: [1, 0] for user in members}
    assert await unlocked_by(world, first) == {leader, *members}
    assert await unlocked_by(world, captain) == {leader}
    assert await world.value("SELECT count(*) FROM raid_completions") == 30
    event = await world.value("SELECT payload::jsonb -> 'events' -> 0 FROM outbox ORDER BY id LIMIT 1")
    assert f'"raidId": {log.raid_id}' in event
