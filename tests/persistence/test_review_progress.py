"""What a review of progress found: one person's bad row or bad moment is nobody else's, and never a caller's."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from persistence.achievements import Achievements, Progress
from persistence.completions import RAID_COMPLETED, SHOWN_TO
from persistence.definitions import DefinitionFields, Definitions
from persistence.errors import Collision, ZoneUnknown
from persistence.forgetting import Forgetting
from persistence.jobs import Jobs, Worked
from persistence.pool import connection, transaction
from persistence.profiles import Profiles
from persistence.statements import statement
from raidline.ids import AchievementId, UserId
from server.times import place_of
from tests.persistence.achieving import PAGES, defined, without_defaults
from tests.persistence.conftest import World
from tests.persistence.log import changed, fields_of

NO_CALENDAR: dict[str, dict[str, Any]] = {
    "a day before Christ": {"day": "0044-03-15 BC"},
    "a day of the year 10000": {"day": "10000-01-01"},
    "no day but infinity": {"day": "infinity"},
    "decided before any calendar": {"at": -62_200_000_000_000},
    "decided in the year 10000": {"at": 253_402_300_800_000},
    "occurred in the year 10000": {"occurred_at": 253_402_300_800_000},
}


@pytest.mark.parametrize("wrong", NO_CALENDAR.values(), ids=NO_CALENDAR.keys())
async def test_a_time_that_no_calendar_shows_is_put_aside_alone(world: World, wrong: dict[str, Any]) -> None:
    ada, bob = await world.users(2)
    log, other = await world.active_raid(ada), await world.active_raid(bob)
    bad = changed(log.contribute(ada), live=True, **wrong)
    recorded = await world.ledger.record([bad, other.contribute(bob)])
    assert recorded.quarantined == {(log.raid_id, log.epoch, fields_of(bad)["seq"])}
    assert len(recorded.keys) == 1
    assert await world.sums(other) == (10, 1)


async def test_a_void_of_a_day_that_is_none_is_put_aside_alone(world: World) -> None:
    ada, bob = await world.users(2)
    log, other = await world.active_raid(ada), await world.active_raid(bob)
    given = log.contribute(ada)
    await world.ledger.record([given])
    bad = changed(log.void(given), day="0044-03-15 BC")
    recorded = await world.ledger.record([bad, other.contribute(bob)])
    assert recorded.quarantined == {(log.raid_id, log.epoch, fields_of(bad)["seq"])}
    assert await world.sums(other) == (10, 1)


async def test_a_note_about_somebody_who_is_leaving_just_then_is_of_nobody(world: World) -> None:
    """Both hold the person and wait for what the other wrote: Postgres ends one of them, who has to do it again."""
    (ada,) = await world.users(1)
    achievement = await defined(world)
    noting = await _noting_beside_a_leaving(world, ada, achievement)
    assert await noting is None
    assert await world.value("SELECT count(*) FROM user_achievements") == 0


async def test_notes_and_leaving_in_any_order_end_well(world: World) -> None:
    """A note that came in between is found by the look that follows (server/forgetter.py)."""
    (ada,) = await world.users(1)
    achievements, defs = Achievements(world.pool), Definitions(world.pool)
    ids = [(await defs.create(DefinitionFields(name=f"Number {number}"))).definition.id for number in range(3)]
    for achievement in ids:
        await achievements.note(ada, achievement, {})

    async def notes() -> None:
        for number in range(100):
            await achievements.note(ada, ids[number % 3], {"number": number})

    noting = [asyncio.create_task(notes()) for _ in range(3)]
    await achievements.note(ada, ids[0], {})
    assert await Forgetting(world.pool).begin(ada) == []
    await asyncio.gather(*noting)
    await Forgetting(world.pool).forget_rows(ada)
    assert await world.value("SELECT count(*) FROM user_achievements WHERE user_id = $1", ada) == 0


async def test_a_zone_that_postgres_does_not_know_is_refused_at_the_door(world: World) -> None:
    """Their first contribution would fail the batch, and their midnight the page of everybody's."""
    with pytest.raises(ZoneUnknown):
        await world.people.find_or_make_user("test", "martian", "Ada", "Mars/Olympus")
    assert await world.value("SELECT count(*) FROM users") == 0
    (ada,) = await world.users(1)
    profiles = Profiles(world.pool)
    with pytest.raises(ZoneUnknown):
        await profiles.change(ada, "Eva", "Mars/Olympus", 0)
    assert await world.rows("SELECT name, tz FROM users") == [("Ada", "UTC")]
    assert await profiles.change(ada, "Eva", None, 0)
    assert await profiles.change(ada, None, "Europe/Berlin", 0)
    assert await world.rows("SELECT name, tz FROM users") == [("Eva", "Europe/Berlin")]


@pytest.mark.parametrize("zone", ["CET", "EET", "MET", "WET", "EST", "UTC", "Europe/Berlin"])
@pytest.mark.parametrize("month", [1, 7])
async def test_in_summer_too_the_clocks_of_postgres_are_those_of_the_server(
    world: World, zone: str, month: int
) -> None:
    instant = datetime(2026, month, 15, 22, 30, tzinfo=UTC)
    here = instant.astimezone(ZoneInfo(place_of(zone))).replace(tzinfo=None)
    assert await world.value("SELECT $1::timestamptz AT TIME ZONE $2", instant, place_of(zone)) == here
    assert instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == here


async def test_the_next_of_many_jobs_is_found_without_looking_at_all(world: World) -> None:
    jobs = Jobs(world.pool, PAGES)
    await world.execute(
        "INSERT INTO jobs (kind, params) SELECT 'recompute', '{\"achievementId\": 1}' FROM generate_series(1, 20000);"
        "ANALYZE jobs"
    )
    async with connection(world.pool) as held:
        await held.execute(f"PREPARE taking AS {statement('job_take')}")
        plan = await held.fetch("EXPLAIN EXECUTE taking('{recompute}', NULL)")
        await held.execute("DEALLOCATE taking")
    told = "\n".join(row[0] for row in plan)
    assert "jobs_open" in told
    assert "Sort" not in told
    assert await jobs.work_page() is not None


async def test_a_list_that_goes_on_behind_what_is_deleted_says_so(world: World) -> None:
    await without_defaults(world)
    definitions = Definitions(world.pool)
    for number in range(3):
        await defined(world, name=f"Number {number}")
    page = await definitions.page(None, None, 1)
    assert page.next_cursor is not None
    await definitions.delete(page.definitions[0].definition.id)
    with pytest.raises(ValueError, match="deleted"):
        await definitions.page(None, page.next_cursor, 1)


@pytest.mark.parametrize("members", [SHOWN_TO, SHOWN_TO + 1])
async def test_a_large_raid_is_not_shown_what_all_of_its_members_unlocked(world: World, members: int) -> None:
    users = await world.users(members)
    log = await world.active_raid(users[0], target_xp=1, target_tasks=1, max_members=members)
    await world.ledger.record([*(log.join(user) for user in users[1:]), log.contribute(users[0]), log.end()])
    worked = await Jobs(world.pool, PAGES).work_page()
    assert isinstance(worked, Worked)
    assert worked.kind == RAID_COMPLETED
    ((events),) = [orjson.loads(row.payload)["events"] for row in worked.outbox]
    unlocked = [event for event in events if event["event"] == "achievement_unlocked"]
    assert {event["userId"] for event in unlocked} == set(users)
    assert {"shown" in event for event in unlocked} == {members == SHOWN_TO}


async def _noting_beside_a_leaving(
    world: World, user: UserId, achievement: AchievementId
) -> "asyncio.Task[Progress | None]":
    """A note that had to be begun anew because its person was leaving.

    Postgres ends whoever began to wait first, a second after that. Where we needed longer to come to wait as well, it
    ends us, and the note is made: then it is all to be done again.
    """
    achievements = Achievements(world.pool)
    while True:
        await achievements.note(user, achievement, {"step": 0})
        noting = None
        try:
            async with transaction(world.pool) as leaving:
                await leaving.fetch(statement("users_lock"), [user])
                await leaving.execute(statement("progress_forget"), user)
                noting = asyncio.create_task(achievements.note(user, achievement, {"step": 1}))
                await world.until_somebody_waits()
                await leaving.fetch(statement("forget_begin"), user)
        except Collision:
            assert noting is not None
            assert await noting is not None
        else:
            return noting
