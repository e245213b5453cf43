"""Batches that meet: nobody is told of a deadlock, and every sum is exact."""

import asyncio
import random

import pytest

from persistence.errors import LedgerAway
from persistence.ledger import Ledger
from persistence.rows import EntryName, Recorded
from raidline.ids import Seq
from tests.persistence.conftest import World
from tests.persistence.log import Log, fields_of, id_of

PEOPLE = 500
ROUNDS = 200

DEADLOCK = """
CREATE SEQUENCE tries;
CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'collided' USING ERRCODE = '{sqlstate}'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER collide BEFORE INSERT ON contribution_keys FOR EACH ROW EXECUTE FUNCTION collide();
"""


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
async def test_a_collision_is_tried_again_as_a_whole(world: World, sqlstate: str) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(DEADLOCK.format(sqlstate=sqlstate, times=3))
    recorded = await world.ledger.record([log.contribute(ada), log.contribute(ada)])
    assert len(recorded.keys) == 2
    assert await world.sums(log) == (20, 2)


async def test_people_are_locked_over_all_raids_and_strangers_are_not(world: World) -> None:
    ada, bob = await world.users(2)
    logs = [await world.active_raid(ada) for _ in range(3)]
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def wait(point: str) -> None:
        if point == "between_lock_and_fold":
            locked.set()
            await go_on.wait()

    first = asyncio.create_task(Ledger(world.pool, wait).record([logs[0].contribute(ada)]))
    await locked.wait()
    same_person = asyncio.create_task(world.ledger.record([logs[1].contribute(ada)]))
    await world.until_somebody_waits()
    await asyncio.wait_for(world.ledger.record([logs[2].contribute(bob)]), 30)
    assert not same_person.done()
    go_on.set()
    await asyncio.gather(first, same_person)


async def test_collisions_without_end_are_no_reason_to_try_for_ever(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(DEADLOCK.format(sqlstate="40P01", times=10**9))
    with pytest.raises(LedgerAway, match="collided"):
        await world.ledger.record([log.contribute(ada)])


async def test_the_fold_sees_what_was_committed_while_it_waited_for_the_lock(world: World) -> None:
    """The lock is a statement of its own: a snapshot taken before the wait would miss the other's rows."""
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada)
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def wait(point: str) -> None:
        if point == "between_lock_and_fold":
            locked.set()
            await go_on.wait()

    first = asyncio.create_task(Ledger(world.pool, wait).record([entry]))
    await locked.wait()
    second = asyncio.create_task(world.ledger.record([entry, log.contribute(ada)]))
    await world.until_somebody_waits()
    assert not second.done()
    go_on.set()
    name = (log.raid_id, id_of(entry))
    assert [(await each).keys[name].fresh for each in (first, second)] == [True, False]
    assert await world.sums(log) == (20, 2)


@pytest.mark.slow
async def test_batches_over_the_same_people_in_opposite_orders_with_an_auditor_between(world: World) -> None:
    people = await world.users(PEOPLE)
    logs = [await world.active_raid(people[0]) for _ in range(5)]
    shuffled = random.Random(11)
    finished = False

    async def audit() -> int:
        rounds = 0
        while not finished:
            log = logs[rounds % len(logs)]
            told = [fields_of(entry) for entry in log.entries[-50:]]
            names = [EntryName(Seq(one["seq"]), one.get("contribution_id")) for one in told]
            missing = set(await world.ledger.missing(log.raid_id, log.epoch, names))
            behind = [entry for entry, one in zip(log.entries[-50:], told, strict=True) if one["seq"] in missing]
            await world.ledger.record(behind)
            await world.ledger.set_audited(log.raid_id, log.epoch, Seq(max(0, log.seq - 50)))
            await world.raids.live_raids(0, 100)
            await asyncio.sleep(0.02)
            rounds += 1
        return rounds

    auditor = asyncio.create_task(audit())
    for _ in range(ROUNDS):
        # One raid in common, the others their own: it is mostly the people they meet over.
        batch = [shuffled.choice(logs[:3]).contribute(user, xp=shuffled.randrange(10)) for user in people]
        opposite = [shuffled.choice(logs[2:]).contribute(user, xp=1) for user in reversed(people)]
        recorded = await asyncio.gather(world.ledger.record(batch), world.ledger.record(opposite))
        assert [len(one.keys) for one in recorded] == [PEOPLE, PEOPLE]
    finished = True
    assert await auditor > 10
    await _assert_exact(world, logs)
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await world.value(deadlocks) == 0


async def _assert_exact(world: World, logs: list[Log]) -> None:
    for log in logs:
        assert await world.sums(log) == (log.xp, log.tasks)
    whole = (sum(log.xp for log in logs), sum(log.tasks for log in logs))
    for table in ("user_stats", "user_daily_stats", "raid_members"):
        assert await world.rows(f"SELECT sum(xp)::bigint, sum(tasks)::bigint FROM {table}") == [whole]


async def test_one_entry_by_many_at_once_is_fresh_for_one(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada)
    recorded: list[Recorded] = await asyncio.gather(*(world.ledger.record([entry]) for _ in range(20)))
    fresh = [one.keys[log.raid_id, id_of(entry)].fresh for one in recorded]
    assert sorted(fresh) == [False] * 19 + [True]
    assert await world.sums(log) == (10, 1)
