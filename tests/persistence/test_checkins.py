"""A check-in makes a day count, once, whoever asks how often."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import orjson

from persistence.checkins import CheckIn, check_in
from raidline.ids import UserId
from tests.persistence.conftest import World
from tests.persistence.log import START_MS

TODAY = datetime.fromtimestamp(START_MS / 1000, UTC).date()
DAY_MS = 86_400_000


async def checked_in(world: World, user: UserId, days_ago: int = 0, *, live: bool = True) -> CheckIn:
    at = START_MS - days_ago * DAY_MS
    told = await check_in(world.pool, user, TODAY - timedelta(days=days_ago), at, at if live else START_MS, live)
    assert told is not None
    return told


async def test_the_first_of_a_day_counts_and_says_what_it_did(world: World) -> None:
    (ada,) = await world.users(1)
    told = await checked_in(world, ada)
    assert told.first
    streak = {"current": 1, "longest": 1, "day": TODAY.isoformat(), "state": "active"}
    assert orjson.loads(told.answer) == {"streak": streak, "unlocked": [], "rewards": [], "level": None}
    assert await world.rows("SELECT day, active, cause FROM streak_days") == [(TODAY, True, "checkin")]
    assert await world.rows("SELECT xp, tasks, checkins FROM user_daily_stats") == [(0, 0, 1)]
    assert await world.rows("SELECT xp, checkins FROM user_stats") == [(0, 1)]
    (row,) = told.outbox
    payload = orjson.loads(row.payload)
    assert (payload["people"], [event["event"] for event in payload["events"]]) == ([ada], ["streak"])


async def test_again_on_the_same_day_gets_the_same_answer(world: World) -> None:
    (ada,) = await world.users(1)
    first = await checked_in(world, ada)
    await checked_in(world, ada, days_ago=1, live=False)
    again = await checked_in(world, ada)
    assert (again.answer, again.first, again.outbox) == (first.answer, False, [])


async def test_twenty_at_once_count_once(world: World) -> None:
    (ada,) = await world.users(1)
    told = await asyncio.gather(*(checked_in(world, ada) for _ in range(20)))
    assert len({one.answer for one in told}) == 1
    assert sum(one.first for one in told) == 1
    assert await world.rows("SELECT checkins FROM user_stats") == [(1,)]
    assert await world.rows("SELECT checkins FROM user_daily_stats") == [(1,)]


async def test_a_week_of_them_unlocks_and_rewards(world: World) -> None:
    (ada,) = await world.users(1)
    told = [await checked_in(world, ada, days_ago=6 - number) for number in range(7)]
    answer = orjson.loads(told[-1].answer)
    assert [one["name"] for one in answer["unlocked"]] == ["Week of fire", "Present"]
    assert [one["tier"] for one in answer["rewards"]] == ["bronze", "bronze"]
    assert answer["level"] == 2
    assert await world.rows("SELECT longest, live_days, freezes FROM user_streaks") == [(7, 7, 1)]
    assert await world.rows("SELECT reward_xp, credits FROM user_stats") == [(100, 20)]


async def test_a_day_with_contributions_stays_one_day(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada, day=TODAY.isoformat()) for _ in range(3)]
    await world.ledger.record(entries[:1])
    answer = orjson.loads((await checked_in(world, ada)).answer)
    assert (answer["streak"]["current"], answer["streak"]["state"]) == (1, "active")
    await world.ledger.record(entries[1:])
    assert await world.rows("SELECT tasks, checkins FROM user_daily_stats") == [(3, 1)]
    assert await world.rows("SELECT current, longest, active_days FROM user_streaks") == [(1, 1, 1)]


async def test_it_keeps_a_day_whose_contributions_are_voided(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada, day=TODAY.isoformat())
    await world.ledger.record([entry])
    await checked_in(world, ada)
    await world.ledger.record([log.void(entry)])
    assert await world.rows("SELECT current, active_days FROM user_streaks") == [(1, 1)]


async def test_whoever_is_not_there_is_not_checked_in(world: World) -> None:
    assert await check_in(world.pool, UserId(1 << 40), date(2026, 3, 1), START_MS, START_MS, True) is None
    assert await world.value("SELECT count(*) FROM checkins") == 0


async def test_beside_a_batch_of_the_same_person_nothing_is_lost(world: World) -> None:
    (ada,) = await world.users(1)
    logs = [await world.active_raid(ada) for _ in range(5)]
    entries = [log.contribute(ada, day=(TODAY - timedelta(days=number)).isoformat()) for number, log in enumerate(logs)]
    await asyncio.gather(
        *(world.ledger.record([entry]) for entry in entries),
        *(checked_in(world, ada, days_ago=number, live=False) for number in range(3, 8)),
    )
    assert await world.rows("SELECT current, longest, active_days FROM user_streaks") == [(8, 8, 8)]
    assert await world.rows("SELECT tasks, checkins FROM user_stats") == [(5, 5)]
