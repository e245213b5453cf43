"""The audit of progress: every planted difference is found, named and mended, and a life as it comes shows none."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from persistence.audit import Difference, LedgerAudit
from persistence.boards import Boards
from persistence.checkins import check_in
from persistence.completions import RAID_COMPLETED, complete_page
from persistence.definitions import DefinitionFields, Definitions
from persistence.jobs import Jobs
from persistence.midnights import Midnights
from persistence.recomputing import RECOMPUTE, make_recompute, recompute_page
from persistence.streak_keeping import StreakKeeping
from raidline.boards import daily
from raidline.ids import UserId
from tests.persistence.conftest import World
from tests.persistence.log import Log

FIRST = date(2026, 3, 1)
DAY_MS = 86_400_000
NOON_MS = 43_200_000


def noon(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000) + NOON_MS


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def contribute(log: Log, user: UserId, day: date, xp: int = 10, *, hours: int = 0, live: bool = False) -> bytes:
    at = noon(day) + hours * 3_600_000
    return log.contribute(user, xp=xp, day=day.isoformat(), occurred_at=at, at=at, live=live)


async def worked(world: World) -> None:
    """Do all jobs there are."""
    jobs = Jobs(world.pool, {RAID_COMPLETED: complete_page, RECOMPUTE: recompute_page})
    while await jobs.work_page() is not None:
        pass


async def lived(world: World) -> Log:
    """Three people in a completed raid: eight days live with a freeze, a day swallowed by a journey, a void."""
    ada, bob, eve, _ = await world.users(4)
    log = await world.raid(ada, target_xp=1, target_tasks=1)
    for user in (bob, eve):
        log.join(user)
    log.start()
    for number in [*range(7), 8]:
        contribute(log, ada, day_of(number), live=True)
    contribute(log, bob, day_of(0), hours=11)
    contribute(log, bob, day_of(2), xp=2_000, hours=-20)
    log.void(contribute(log, eve, day_of(0)))
    last = contribute(log, eve, day_of(1), xp=1_500)
    await world.ledger.record([*log.entries, log.end(caused_by=last)])
    await worked(world)
    await check_in(world.pool, bob, day_of(2), noon(day_of(2)), noon(day_of(2)), True)
    await world.execute("DELETE FROM outbox")
    await Boards(world.pool).finalise(daily(day_of(0)))
    return log


async def differences(world: World, page: int = 2) -> list[Difference]:
    audit = LedgerAudit(world.pool, raids_per_page=page, users_per_page=page)
    return [difference async for difference in audit.differences()]


async def held(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a repair has to bring back."""
    queries = {
        "days": "SELECT user_id, day, xp, tasks, checkins, first_at, last_at FROM user_daily_stats",
        "streak days": "SELECT user_id, day, active, kept FROM streak_days",
        "streaks": "SELECT user_id, run_first, run_last, last_day, current, longest, active_days, freezes"
        " FROM user_streaks",
        "stats": "SELECT * FROM user_stats",
        "completions": "SELECT raid_id, user_id, led FROM raid_completions",
        "unlocks": "SELECT user_id, achievement_id FROM user_achievements WHERE unlocked_at IS NOT NULL",
        "rewards": "SELECT user_id, group_name, tier, achievement_id, xp, credits FROM user_achievement_rewards",
        "tallies": "SELECT achievement_id, sum(unlocks) FROM achievement_tallies GROUP BY 1 HAVING sum(unlocks) <> 0",
        "finals": "SELECT board, people, final_at FROM leaderboard_finals",
        "places": "SELECT board, place, user_id, xp FROM leaderboard_final_entries",
    }
    return {name: sorted(await world.rows(query), key=str) for name, query in queries.items()}


async def test_what_was_lived_is_what_the_plants_below_take_it_for(world: World) -> None:
    await lived(world)
    streaks = await world.rows("SELECT current, longest, freezes FROM user_streaks ORDER BY user_id")
    assert streaks == [(8, 8, 0), (2, 2, 0), (1, 1, 0)]
    kept = await world.rows("SELECT user_id - min(user_id) OVER (), kept FROM streak_days WHERE NOT active ORDER BY 1")
    assert [row[1] for row in kept] == ["frozen", "skipped"]
    assert await world.value("SELECT count(*) FROM user_achievement_rewards") == 7
    assert await differences(world) == []


@pytest.mark.parametrize("page", [1, 2, 100])
async def test_a_life_in_order_shows_no_difference(world: World, page: int) -> None:
    await lived(world)
    assert await differences(world, page) == []


PLANTED = {
    "checked in": ("UPDATE user_daily_stats SET checkins = 1 WHERE user_id = {ada}", "user_day_checkins"),
    "not checked in": ("UPDATE user_daily_stats SET checkins = 0 WHERE user_id = {bob}", "user_day_checkins"),
    "began earlier": (
        "UPDATE user_daily_stats SET first_at = first_at - interval '1 hour' WHERE user_id = {ada}",
        "user_day_times",
    ),
    "no time": ("UPDATE user_daily_stats SET last_at = NULL WHERE user_id = {eve}", "user_day_times"),
    "active day gone": ("DELETE FROM streak_days WHERE user_id = {ada} AND day = '2026-03-04'", "streak_day"),
    "active day too many": (
        "INSERT INTO streak_days VALUES ({ada}, '2026-02-28', true, NULL, 'contribution', now())",
        "streak_day",
    ),
    "kept instead of active": (
        "UPDATE streak_days SET active = false, kept = 'skipped' WHERE user_id = {ada} AND day = '2026-03-04'",
        "streak_day",
    ),
    "skipped day gone": ("DELETE FROM streak_days WHERE kept = 'skipped'", "streak_day_skipped"),
    "skipped day too many": (
        "INSERT INTO streak_days VALUES ({eve}, '2026-03-03', false, 'skipped', 'zone', now())",
        "streak_day_skipped",
    ),
    "streak gone": ("DELETE FROM user_streaks WHERE user_id = {bob}", "user_streak_missing"),
    "run begins elsewhere": ("UPDATE user_streaks SET run_first = '2026-03-03' WHERE user_id = {ada}", "user_streak"),
    "run ends elsewhere": ("UPDATE user_streaks SET run_last = '2026-03-12' WHERE user_id = {ada}", "user_streak"),
    "last day": ("UPDATE user_streaks SET last_day = '2026-03-02' WHERE user_id = {ada}", "user_streak"),
    "current": ("UPDATE user_streaks SET current = 9 WHERE user_id = {ada}", "user_streak"),
    "active days": ("UPDATE user_streaks SET active_days = 9 WHERE user_id = {ada}", "user_streak"),
    "longest too short": ("UPDATE user_streaks SET longest = 7 WHERE user_id = {ada}", "user_streak_longest"),
    "longest too long": ("UPDATE user_streaks SET longest = 9 WHERE user_id = {ada}", "user_streak_longest"),
    "a freeze too many": ("UPDATE user_streaks SET freezes = 1 WHERE user_id = {ada}", "user_streak_freezes"),
    "check-ins": ("UPDATE user_stats SET checkins = 7 WHERE user_id = {ada}", "user_counts"),
    "raids completed": ("UPDATE user_stats SET raids_completed = 0 WHERE user_id = {ada}", "user_counts"),
    "raids led": ("UPDATE user_stats SET raids_led = 5 WHERE user_id = {bob}", "user_counts"),
    "reward XP": ("UPDATE user_stats SET reward_xp = 0 WHERE user_id = {ada}", "user_rewards"),
    "credits": ("UPDATE user_stats SET credits = credits + 1 WHERE user_id = {ada}", "user_rewards"),
    "level too low": ("UPDATE user_stats SET level = 1 WHERE user_id = {bob}", "user_level"),
    "level too high": ("UPDATE user_stats SET level = level + 1 WHERE user_id = {bob}", "user_level"),
    "higher than voids explain": ("UPDATE user_stats SET level = level + 1 WHERE user_id = {eve}", "user_level"),
    "completion gone": ("DELETE FROM raid_completions WHERE user_id = {bob}", "raid_completion"),
    "completion too many": (
        "INSERT INTO raid_completions VALUES ({other}, {bob}, false, now())",
        "raid_completion",
    ),
    "completed by a stranger": ("INSERT INTO raid_completions VALUES ({raid}, {lee}, false, now())", "raid_completion"),
    "somebody else led": ("UPDATE raid_completions SET led = NOT led WHERE user_id = {bob}", "raid_completion"),
    "unlock gone": (
        "WITH gone AS (DELETE FROM user_achievements WHERE user_id = {ada} AND achievement_id = {streak7})"
        " DELETE FROM user_achievement_rewards WHERE user_id = {ada} AND achievement_id = {streak7}",
        "unlock_missing",
    ),
    "unlock under way": (
        "WITH gone AS (UPDATE user_achievements SET unlocked_at = NULL WHERE user_id = {ada})"
        " DELETE FROM user_achievement_rewards WHERE user_id = {ada}",
        "unlock_missing",
    ),
    "unlock too many": (
        "INSERT INTO user_achievements (user_id, achievement_id, unlocked_at, cause)"
        " VALUES ({bob}, {streak7}, now(), 'metric')",
        "unlock_unearned",
    ),
    "unlock too many, rewarded": (
        "WITH made AS (INSERT INTO user_achievements (user_id, achievement_id, unlocked_at, cause)"
        " VALUES ({eve}, {streak7}, now(), 'recompute'))"
        " INSERT INTO user_achievement_rewards VALUES ({eve}, 'streak', 'bronze', {streak7}, 50, 10, now())",
        "unlock_unearned",
    ),
    "unlock of nothing": (
        "INSERT INTO user_achievements (user_id, achievement_id, unlocked_at, cause)"
        " VALUES ({bob}, 99999, now(), 'caller')",
        "unlock_of_nothing",
    ),
    "reward gone": (
        "DELETE FROM user_achievement_rewards WHERE user_id = {ada} AND achievement_id = {streak7}",
        "reward_missing",
    ),
    "reward differs": (
        "UPDATE user_achievement_rewards SET xp = 5000 WHERE user_id = {ada} AND achievement_id = {streak7}",
        "reward_differs",
    ),
    "tally too high": (
        "INSERT INTO achievement_tallies VALUES ({streak7}, '2026-03-07', 0, 1)",
        "achievement_tally",
    ),
    "tally gone": ("DELETE FROM achievement_tallies WHERE achievement_id = {streak7}", "achievement_tally"),
    "final board of more": ("UPDATE leaderboard_finals SET people = people + 1", "final_people"),
    "final board without a row": ("DELETE FROM leaderboard_finals", "final_people"),
    "out of place": ("UPDATE leaderboard_final_entries SET place = 99 WHERE place = 2", "final_places"),
    "final entry gone": ("DELETE FROM leaderboard_final_entries WHERE place = 1", "final_people"),
}


@pytest.mark.parametrize("name", PLANTED)
async def test_a_planted_difference_is_found_and_mended(world: World, name: str) -> None:
    log = await lived(world)
    other = await world.active_raid(log.leader_id)
    ada, bob, eve, lee = (row[0] for row in await world.rows("SELECT id FROM users ORDER BY id"))
    streak7 = await world.value("SELECT id FROM achievements WHERE group_name = 'streak' AND tier = 'bronze'")
    before = await held(world)
    statement, kind = PLANTED[name]
    places = {
        "ada": ada,
        "bob": bob,
        "eve": eve,
        "lee": lee,
        "raid": log.raid_id,
        "other": other.raid_id,
        "streak7": streak7,
    }
    await world.execute(statement.format(**places))
    assert kind in {difference.kind for difference in await differences(world)}
    assert await LedgerAudit(world.pool, raids_per_page=2, users_per_page=2).repair_folds() > 0
    assert await differences(world) == []
    assert await held(world) == before


async def test_a_check_in_that_is_gone_takes_what_hung_on_it_with_it(world: World) -> None:
    """The rows are what is true: nothing else knows of the check-in."""
    await lived(world)
    ada = await world.value("SELECT min(id) FROM users")
    active_days = f"SELECT active_days FROM user_streaks WHERE user_id = {ada}"
    await check_in(world.pool, ada, day_of(20), noon(day_of(20)), noon(day_of(20)), False)
    assert await differences(world) == []
    assert await world.value(active_days) == 9
    await world.execute(f"DELETE FROM checkins WHERE user_id = {ada}")
    kinds = {difference.kind for difference in await differences(world)}
    assert kinds == {"user_day_checkins", "user_day_times", "user_counts"}
    await LedgerAudit(world.pool).repair_folds()
    assert await differences(world) == []
    assert await world.value(active_days) == 8


async def test_a_longest_streak_is_never_lowered_below_what_voids_explain(world: World) -> None:
    await lived(world)
    eve = await world.value("SELECT id FROM users ORDER BY id OFFSET 2 LIMIT 1")
    await world.execute(f"UPDATE user_streaks SET longest = 2 WHERE user_id = {eve}")
    assert await differences(world) == []
    await world.execute(f"UPDATE user_streaks SET longest = 3 WHERE user_id = {eve}")
    assert await differences(world) == [Difference("user_streak_longest", f"user {eve}", "1 to 2", "3")]
    await LedgerAudit(world.pool).repair_folds()
    assert await world.value(f"SELECT longest FROM user_streaks WHERE user_id = {eve}") == 2
    assert await differences(world) == []


async def test_an_unlock_that_was_taken_back_is_no_difference(world: World) -> None:
    await lived(world)
    await world.execute("UPDATE achievement_tallies SET unlocks = 0")
    await world.execute("DELETE FROM user_achievements")
    assert await differences(world) == []


async def test_a_definition_says_nothing_of_what_was_before_it_changed(world: World) -> None:
    await lived(world)
    await world.execute(
        "UPDATE achievements SET threshold = threshold + 1, tier = 'iron', reward_xp = 7,"
        " complete_since = NULL, updated_at = '2030-01-01'"
    )
    assert await differences(world) == []


async def test_a_raid_whose_job_is_open_is_not_compared_yet(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=1, target_tasks=1)
    last = log.contribute(ada)
    await world.ledger.record([last, log.end(caused_by=last)])
    assert await differences(world) == []
    await world.execute("UPDATE jobs SET state = 'failed'")
    assert [one.kind for one in await differences(world)] == ["raid_completion"]
    await LedgerAudit(world.pool).repair_folds()
    assert await differences(world) == []
    assert await world.value("SELECT raids_completed FROM user_stats") == 1


@pytest.mark.parametrize("seed", range(6))
async def test_a_life_at_random_shows_no_difference(world: World, seed: int) -> None:
    """Records, voids and check-ins in any order, freezes, pauses, repairs, a completed raid, a recompute."""
    chance = random.Random(seed)
    people = await world.users(4)
    log = await world.active_raid(people[0], target_xp=10**9, target_tasks=10**6)
    for user in people[1:]:
        log.join(user)
    keeping = StreakKeeping(world.pool)
    waiting = list(log.entries)
    given: list[bytes] = []
    for number in range(30):
        for user in people:
            if chance.random() < 0.75:
                day = day_of(number - chance.choice([0, 0, 0, 0, 1, 2, 5]))
                live = day == day_of(number)
                given.append(
                    contribute(log, user, day, chance.randint(0, 400), hours=chance.randint(-22, 20), live=live)
                )
                waiting.append(given[-1])
        if given and chance.random() < 0.5:
            waiting.append(log.void(given.pop(chance.randrange(len(given)))))
        if chance.random() < 0.6:
            await world.ledger.record(waiting)
            waiting = []
            user, at_ms = chance.choice(people), noon(day_of(number)) + NOON_MS - 1
            await check_in(world.pool, chance.choice(people), day_of(number), at_ms, at_ms, chance.random() < 0.5)
            await keeping.freeze(user, at_ms)
            await keeping.repair(user, at_ms)
            if chance.random() < 0.3:
                await keeping.pause(user, at_ms, day_of(number + 1), day_of(number + chance.randint(1, 4)))
            await Midnights(world.pool).spend_freezes(at_ms, 100)
    await world.ledger.record(waiting)
    made = await Definitions(world.pool).create(
        DefinitionFields("Often", "", "", "often", "bronze", "active_days", 5, 30, 3, False, "", 1)
    )
    await make_recompute(world.pool, made.definition.id, dry_run=False)
    await worked(world)
    assert await differences(world) == []
