"""An achievement unlocks once, where its metric crosses the threshold, and each tier of a group is rewarded once."""

import asyncio

import orjson
import pytest

from persistence.achievements import Achievements
from persistence.definitions import Definitions
from persistence.pool import connection, transaction
from persistence.statements import statement
from persistence.unlocking import Move, Reward, Unlocks, lock_people, unlock, unlock_pairs
from raidline.ids import AchievementId, UserId
from tests.persistence.achieving import (
    AT_MS,
    brought,
    defined,
    many_users,
    moved,
    tallied,
    tasks,
    unlocked_by,
    without_defaults,
)
from tests.persistence.conftest import World


@pytest.mark.parametrize(
    ("before", "after", "unlocks"),
    [(8, 9, False), (9, 10, True), (10, 11, False), (0, 100, True), (10, 9, False), (9, 9, False)],
)
async def test_it_unlocks_where_the_threshold_is_crossed(world: World, before: int, after: int, unlocks: bool) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    ten = await defined(world, metric="tasks_total", threshold=10)
    found = await moved(world, tasks(ada, before, after))
    assert [one.achievement_id for one in found.unlocked.get(ada, [])] == ([ten] if unlocks else [])
    assert await unlocked_by(world, ten) == ({ada} if unlocks else set())


async def test_an_unlock_says_what_it_is_and_what_it_brought(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    fields = {"description": "10 tasks", "category": "tasks", "group": "tasks", "tier": "gold", "icon": "✅"}
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=150, reward_credits=7, **fields)
    found = await moved(world, tasks(ada, 9, 10))
    [one] = found.unlocked[ada]
    assert orjson.loads(one.achievement) == {
        "id": ten,
        "name": "Ten",
        "secret": False,
        "rewardXp": 150,
        "rewardCredits": 7,
        **fields,
        "unlockedAt": "2030-03-17T17:46:40.123Z",
    }
    assert one.unlocked_at_ms == AT_MS
    assert one.reward == Reward("tasks", "gold", 150, 7)
    assert found.levels == {ada: 2}
    assert await brought(world, ada) == (150, 7, 2)


async def test_one_batch_unlocks_several_tiers_for_several_people(world: World) -> None:
    await without_defaults(world)
    ada, ben, cleo = await world.users(3)
    tiers = [
        await defined(world, metric="tasks_total", threshold=size, group="tasks", tier=str(size), reward_xp=100)
        for size in (1, 10, 100)
    ]
    days = await defined(world, metric="active_days", threshold=1, reward_credits=3)
    found = await moved(
        world, tasks(ada, 0, 50), tasks(ben, 5, 9), tasks(cleo, 99, 100), Move(ada, "active_days", 0, 1, AT_MS)
    )
    assert {user: [one.achievement_id for one in all_of] for user, all_of in found.unlocked.items()} == {
        ada: [tiers[0], tiers[1], days],
        cleo: [tiers[2]],
    }
    assert await brought(world, ada) == (200, 3, 2)
    assert found.levels == {ada: 2, cleo: 2}


async def test_what_is_unlocked_stays_as_it_is(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    await moved(world, tasks(ada, 9, 10))
    again = await moved(world, Move(ada, "tasks_total", 9, 10, AT_MS + 1000))
    assert again == Unlocks()
    progress = await Achievements(world.pool).find(ada, ten)
    assert progress is not None
    assert progress.unlocked_at_ms == AT_MS
    assert await brought(world, ada) == (100, 0, 2)
    assert await tallied(world, ten) == 1


async def test_progress_that_was_noted_before_keeps_its_metadata(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    ten = await defined(world, metric="tasks_total", threshold=10)
    await Achievements(world.pool).note(ada, ten, {"step": 3})
    await moved(world, tasks(ada, 9, 10))
    progress = await Achievements(world.pool).find(ada, ten)
    assert progress is not None
    assert (progress.unlocked_at_ms, progress.metadata) == (AT_MS, {"step": 3})


async def test_a_tier_of_a_group_brings_something_once(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    for threshold in (1, 2, 3):
        await defined(world, metric="tasks_total", threshold=threshold, group="g", tier="t", reward_xp=100)
    first = await moved(world, tasks(ada, 0, 2))
    second = await moved(world, tasks(ada, 2, 3))
    assert [one.reward is not None for one in first.unlocked[ada]] == [True, False]
    assert [one.reward for one in second.unlocked[ada]] == [None]
    assert await brought(world, ada) == (100, 0, 2)


async def test_an_unlock_that_was_deleted_and_comes_again_brings_nothing(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    await moved(world, tasks(ada, 9, 10))
    assert await Achievements(world.pool).delete(ada, ten, unlocked=True)
    assert await tallied(world, ten) == 0
    again = await moved(world, tasks(ada, 9, 10))
    assert [one.reward for one in again.unlocked[ada]] == [None]
    assert await brought(world, ada) == (100, 0, 2)


async def test_two_servers_that_unlock_at_once_reward_once(world: World) -> None:
    """Each holds the lock of the person while it reads, so the second finds what the first did."""
    await without_defaults(world)
    [ada] = await world.users(1)
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    caller = Achievements(world.pool)
    found = await asyncio.gather(
        *(moved(world, tasks(ada, 9, 10)) for _ in range(4)), *(caller.unlock(ada, ten, AT_MS) for _ in range(4))
    )
    fresh = [one for one in found[:4] if isinstance(one, Unlocks) and one.unlocked]
    told = [one for one in found[4:] if isinstance(one, tuple) and one[1]]
    assert len(fresh) + len(told) == 1
    assert await brought(world, ada) == (100, 0, 2)
    assert await tallied(world, ten) == 1


async def test_a_level_does_not_fall(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    await world.execute(f"INSERT INTO user_stats (user_id, level) VALUES ({ada}, 9)")
    await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    assert (await moved(world, tasks(ada, 9, 10))).levels == {ada: 9}


async def test_pairs_pass_over_what_is_no_achievement(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    free = await defined(world)
    async with transaction(world.pool) as held:
        await lock_people(held, [ada])
        found = await unlock_pairs(held, [(ada, free, AT_MS), (ada, AchievementId(10**6), AT_MS)], "caller")
    assert [one.achievement_id for one in found.unlocked[ada]] == [free]


async def test_nothing_costs_nothing(world: World) -> None:
    async with connection(world.pool) as held:
        assert await unlock(held, []) == Unlocks()
        assert await unlock_pairs(held, [], "caller") == Unlocks()
        nulls = [None] * 9
        assert await held.fetch(statement("unlock"), *nulls) == []


async def test_a_deletion_waits_for_who_unlocks_and_takes_it_along(world: World) -> None:
    """What was unlocked by a transaction that began before goes with the definition."""
    await without_defaults(world)
    [ada] = await world.users(1)
    ten = await defined(world, metric="tasks_total", threshold=10, reward_xp=100)
    async with transaction(world.pool) as held:
        await lock_people(held, [ada])
        assert (await unlock(held, [tasks(ada, 9, 10)])).unlocked
        deleting = asyncio.create_task(Definitions(world.pool).delete(ten))
        await world.until_somebody_waits()
        assert not deleting.done()
    await deleting
    assert await unlocked_by(world, ten) == set()
    assert await tallied(world, ten) == 0
    assert await brought(world, ada) == (100, 0, 2)


async def test_the_metrics_of_a_thousand_people_are_looked_at_by_the_index(world: World) -> None:
    """With few definitions or many: none of them is compared with every move."""
    await many_users(world, 3)
    await world.execute(
        """INSERT INTO achievements (name, group_name, metric, threshold)
           SELECT 'n', 'g' || i, 'tasks_total', 100000 + i FROM generate_series(1, 500) AS i; ANALYZE achievements"""
    )
    plan = "\n".join(
        row[0]
        for row in await world.rows(
            "EXPLAIN " + statement("unlock").replace("$9", "'metric'"),
            *([UserId(1)], ["tasks_total"], [1], [2], [AT_MS], None, None, None),
        )
    )
    assert "achievements_metric_threshold" in plan
