"""Definitions can be made, changed and deleted; what people have of them is noted, read and taken back."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from persistence.achievements import Achievements, forget_achievements, nearest, overview
from persistence.analytics import add_up_tallies, analytics, people_count
from persistence.definitions import Definitions
from persistence.errors import BadData
from persistence.pool import transaction
from raidline.ids import AchievementId, UserId
from tests.persistence.achieving import (
    AT_MS,
    brought,
    defined,
    definition,
    has_done,
    many_users,
    moved,
    tallied,
    tasks,
    unlocked_by,
    without_defaults,
)
from tests.persistence.conftest import World

NOBODY = UserId(10**9)
NOTHING = AchievementId(10**9)


async def test_a_group_is_an_achievements_own_unless_it_is_given(world: World) -> None:
    alone, together = await definition(world), await definition(world, group="tasks")
    assert (alone.fields.group, together.fields.group) == (f"achievement-{alone.id}", "tasks")
    changed = await Definitions(world.pool).change(together.id, {"group": None})
    assert changed is not None
    assert changed.definition.fields.group == f"achievement-{together.id}"


async def test_definitions_are_listed_by_position_then_name(world: World) -> None:
    await without_defaults(world)
    wanted = [await defined(world, name=name, position=place) for name, place in (("b", 1), ("c", 1), ("a", 2))]
    definitions, found, cursor = Definitions(world.pool), [], None
    while True:
        page = await definitions.page(None, cursor, 2)
        found += [one.definition.id for one in page.definitions]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == wanted
    with pytest.raises(ValueError, match="cursor"):
        await definitions.page(None, "x", 2)


async def test_a_change_touches_what_it_names(world: World) -> None:
    ten = await definition(world, metric="tasks_total", threshold=10, icon="✅")
    changed = await Definitions(world.pool).change(ten.id, {"threshold": 12, "name": "Twelve"})
    assert changed is not None
    fields = changed.definition.fields
    assert (fields.name, fields.metric, fields.threshold, fields.icon) == ("Twelve", "tasks_total", 12, "✅")
    assert [row.topic for row in changed.outbox] == ["definitions_changed"]
    assert await Definitions(world.pool).change(NOTHING, {"name": "x"}) is None


async def test_metric_and_threshold_go_together(world: World) -> None:
    definitions = Definitions(world.pool)
    for fields in ({"metric": "tasks_total"}, {"threshold": 3}):
        with pytest.raises(BadData, match="achievements_threshold_goes_with_metric"):
            await definition(world, **fields)
    ten = await defined(world, metric="tasks_total", threshold=10)
    with pytest.raises(BadData, match="achievements_threshold_goes_with_metric"):
        await definitions.change(ten, {"metric": None})
    assert await definitions.change(ten, {"metric": None, "threshold": None})


async def test_a_deleted_definition_takes_along_what_people_have_of_it(world: World) -> None:
    await without_defaults(world)
    ada, ben = await world.users(2)
    ten, achievements = (
        await defined(world, metric="tasks_total", threshold=10, reward_xp=100),
        Achievements(world.pool),
    )
    await moved(world, tasks(ada, 9, 10))
    await achievements.note(ben, ten, {})
    assert await Definitions(world.pool).delete(ten)
    assert await Definitions(world.pool).delete(ten) is None
    assert await Definitions(world.pool).find(ten, ada) is None
    assert await world.value("SELECT count(*) FROM user_achievements") == 0
    assert await tallied(world, ten) == 0
    assert await brought(world, ada) == (100, 0, 2)
    assert await achievements.note(ben, ten, {}) is None


async def test_noting_progress_twice_keeps_when_it_was_unlocked(world: World) -> None:
    [ada] = await world.users(1)
    free, achievements = await defined(world), Achievements(world.pool)
    noted = await achievements.note(ada, free, {"step": 1})
    assert noted is not None
    assert (noted.unlocked_at_ms, noted.metadata) == (None, {"step": 1})
    await achievements.unlock(ada, free, AT_MS)
    again = await achievements.note(ada, free, {"step": 2, "of": [1, {"deep": None}]})
    assert again is not None
    assert (again.unlocked_at_ms, again.metadata) == (AT_MS, {"step": 2, "of": [1, {"deep": None}]})
    assert await achievements.note(NOBODY, free, {}) is None
    assert await achievements.note(ada, NOTHING, {}) is None


async def test_unlocking_twice_answers_with_the_first_time(world: World) -> None:
    [ada] = await world.users(1)
    free, achievements = await defined(world, reward_xp=100), Achievements(world.pool)
    first, told = await achievements.unlock(ada, free, AT_MS)
    again, told_again = await achievements.unlock(ada, free, AT_MS + 5000)
    assert first == again
    assert first is not None
    assert first.unlocked_at_ms == AT_MS
    assert told_again == []
    assert [event["event"] for event in orjson.loads(told[0].payload)["events"]] == [
        "achievement_unlocked",
        "reward_granted",
    ]
    assert await brought(world, ada) == (100, 0, 2)
    assert await achievements.unlock(NOBODY, free, AT_MS) == (None, [])
    assert await achievements.unlock(ada, NOTHING, AT_MS) == (None, [])


async def test_progress_is_listed_in_pages(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    made, achievements = [await defined(world) for _ in range(3)], Achievements(world.pool)
    for one in made:
        await achievements.note(ada, one, {})
    await achievements.unlock(ada, made[1], AT_MS)
    page = await achievements.page(ada, None, 2)
    rest = await achievements.page(ada, page.next_cursor, 2)
    assert [one.achievement_id for one in page.progress + rest.progress] == made
    assert rest.next_cursor is None
    unlocked = await achievements.page(ada, None, 2, unlocked_only=True)
    assert [one.achievement_id for one in unlocked.progress] == [made[1]]


async def test_what_is_unlocked_is_only_deleted_where_that_is_allowed(world: World) -> None:
    [ada] = await world.users(1)
    free, achievements = await defined(world), Achievements(world.pool)
    assert await achievements.delete(ada, free, unlocked=True) is None
    await achievements.note(ada, free, {})
    under_way = await achievements.delete(ada, free, unlocked=False)
    assert under_way is not None
    assert under_way.deleted
    await achievements.unlock(ada, free, AT_MS)
    refused = await achievements.delete(ada, free, unlocked=False)
    assert refused is not None
    assert not refused.deleted
    assert await tallied(world, free) == 1
    allowed = await achievements.delete(ada, free, unlocked=True)
    assert allowed is not None
    assert allowed.deleted
    assert await tallied(world, free) == 0
    assert await achievements.find(ada, free) is None


async def test_the_overview_shows_all_and_hides_what_is_secret(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    secret = await defined(world, name="Psst", description="what?", secret=True, position=2)
    free = await defined(world, name="Free", position=1)
    shown = orjson.loads(await overview(world.pool, ada))["achievements"]
    assert [(one["id"], one["name"], one["description"], one["unlockedAt"]) for one in shown] == [
        (free, "Free", "", None),
        (secret, None, None, None),
    ]
    await Achievements(world.pool).unlock(ada, secret, AT_MS)
    shown = orjson.loads(await overview(world.pool, ada))["achievements"]
    assert (shown[1]["name"], shown[1]["unlockedAt"]) == ("Psst", "2030-03-17T17:46:40.123Z")


async def test_the_nearest_come_first(world: World) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    await has_done(world, [ada], 9)
    far = await defined(world, metric="tasks_total", threshold=100)
    near = await defined(world, metric="tasks_total", threshold=10, secret=True)
    nowhere = await defined(world, metric="streak_days", threshold=3)
    done = await defined(world, metric="tasks_total", threshold=5)
    await defined(world)
    await Achievements(world.pool).unlock(ada, done, AT_MS)
    ahead = orjson.loads(await nearest(world.pool, ada, 10))["next"]
    assert [(one["id"], one["name"], one["value"], one["threshold"], one["ratio"]) for one in ahead] == [
        (near, None, 9, 10, 0.9),
        (far, "Ten", 9, 100, 0.09),
        (nowhere, "Ten", 0, 3, 0.0),
    ]
    assert len(orjson.loads(await nearest(world.pool, ada, 1))["next"]) == 1


@pytest.mark.parametrize(("days_ago", "value"), [(0, 5), (1, 5), (2, 0)])
async def test_a_streak_brings_nearer_as_long_as_it_is_seen(world: World, days_ago: int, value: int) -> None:
    await without_defaults(world)
    [ada] = await world.users(1)
    await defined(world, metric="streak_days", threshold=10)
    last = datetime.now(UTC).date() - timedelta(days=days_ago)
    await world.execute(
        f"""INSERT INTO user_streaks (user_id, run_first, run_last, last_day, current, longest)
            VALUES ({ada}, '{last}', '{last}', '{last}', 5, 9)"""
    )
    assert orjson.loads(await nearest(world.pool, ada, 1))["next"][0]["value"] == value


async def test_who_leaves_leaves_no_trace_in_the_tallies(world: World) -> None:
    await without_defaults(world)
    ada, ben = await world.users(2)
    free, achievements = await defined(world, reward_xp=5), Achievements(world.pool)
    for user in (ada, ben):
        await achievements.unlock(user, free, AT_MS)
    async with transaction(world.pool) as held:
        await forget_achievements(held, ada)
    assert await unlocked_by(world, free) == {ben}
    assert await tallied(world, free) == 1
    assert await world.value("SELECT count(*) FROM user_achievement_rewards") == 1


async def test_analytics_come_from_tallies(world: World) -> None:
    await without_defaults(world)
    users = await many_users(world, 10)
    await world.execute("UPDATE users SET created_at = to_timestamp(1900000000) - id % 10 * interval '1 hour'")
    free, rare = await defined(world, name="Free"), await defined(world, name="Rare")
    achievements = Achievements(world.pool)
    for user in users[:6]:
        await achievements.unlock(user, free, AT_MS)
    await achievements.unlock(users[6], free, AT_MS + 86_400_000)
    await achievements.delete(users[0], free, unlocked=True)
    day = datetime.fromtimestamp(AT_MS // 1000, UTC).date()
    hours = sorted([user % 10 for user in users[1:6]] + [users[6] % 10 + 24])

    async def told() -> list[object]:
        return list(orjson.loads(await analytics(world.pool, day, day))["achievements"])

    before = await told()
    assert before == [
        {
            "id": free,
            "name": "Free",
            "unlocked": 6,
            "unlockRate": 0.6,
            "rarity": "common",
            "medianHoursToUnlock": hours[2],
            "perDay": [{"day": day.isoformat(), "unlocks": 5}],
        },
        {
            "id": rare,
            "name": "Rare",
            "unlocked": 0,
            "unlockRate": 0.0,
            "rarity": "legendary",
            "medianHoursToUnlock": None,
            "perDay": [],
        },
    ]
    await asyncio.gather(*(add_up_tallies(world.pool) for _ in range(3)))
    assert await told() == before


async def test_people_are_counted_as_they_come_and_go(world: World) -> None:
    assert await people_count(world.pool) == 0
    await many_users(world, 7)
    [ada] = await world.users(1)
    assert await people_count(world.pool) == 8
    await asyncio.gather(*(add_up_tallies(world.pool) for _ in range(3)))
    await world.execute(f"DELETE FROM users WHERE id = {ada}")
    assert await people_count(world.pool) == 7
    await add_up_tallies(world.pool)
    assert await world.value("SELECT count(*) FROM people_tallies") == 1
