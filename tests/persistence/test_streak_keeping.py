"""Freezes, repairs, pauses and warnings: when they are granted, what is told of them, and what is explained later."""

import asyncio
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from persistence.midnights import Midnights
from persistence.pool import connection
from persistence.statements import statement
from persistence.streak_keeping import Kept, Refusal, StreakKeeping
from tests.persistence.conftest import World
from tests.persistence.streak_play import ms, play_midnights
from tests.persistence.test_streak_table import WEEK, Item, Played, Step, days, instant, person


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


async def after(world: World, *steps: Step) -> tuple[Played, StreakKeeping]:
    played = await person(world)
    for step in steps:
        await played.step(step)
    return played, StreakKeeping(world.pool)


async def test_a_freeze_keeps_today_and_is_given_back_when_today_turns_active(world: World) -> None:
    played, keeping = await after(world, *WEEK)
    kept = await keeping.freeze(played.user_id, ms(instant("03-08")))
    assert isinstance(kept, Kept)
    assert (kept.days, kept.streak.state, kept.streak.freezes) == ([day("03-08")], "frozen", 0)
    await played.step(Item("03-08T18:00"))
    streak = await played.seen(instant("03-08T19:00"))
    assert (streak.current, streak.state, streak.freezes) == (8, "active", 1)


async def test_a_freeze_is_refused_where_it_would_do_nothing(world: World) -> None:
    played, keeping = await after(world, *WEEK)
    assert await keeping.freeze(played.user_id, ms(instant("03-07T18:00"))) == Refusal("already_active")
    assert isinstance(await keeping.freeze(played.user_id, ms(instant("03-08"))), Kept)
    assert await keeping.freeze(played.user_id, ms(instant("03-08"))) == Refusal("already_kept")
    assert await keeping.freeze(played.user_id, ms(instant("03-09"))) == Refusal("no_freeze")
    assert await keeping.freeze(played.user_id, ms(instant("03-10"))) == Refusal("no_streak")


async def test_ten_freezes_at_once_spend_one(world: World) -> None:
    played, keeping = await after(world, *WEEK)
    asked = [keeping.freeze(played.user_id, ms(instant("03-08"))) for _ in range(10)]
    granted = [kept for kept in await asyncio.gather(*asked) if isinstance(kept, Kept)]
    assert len(granted) == 1


async def test_a_missed_day_can_be_repaired_for_48_hours(world: World) -> None:
    played, keeping = await after(world, *days("03-01", "03-02", "03-04", "03-05"))
    too_late = instant("03-06T00:01")
    assert await keeping.repair(played.user_id, ms(too_late)) == Refusal("nothing_to_repair")
    kept = await keeping.repair(played.user_id, ms(too_late - timedelta(minutes=2)))
    assert isinstance(kept, Kept)
    assert (kept.days, kept.streak.current, kept.streak.longest) == ([day("03-03")], 4, 4)


async def test_a_repair_that_would_not_mend_is_refused(world: World) -> None:
    played, keeping = await after(world, *days("03-01", "03-02"))
    assert await keeping.repair(played.user_id, ms(instant("03-05"))) == Refusal("nothing_to_repair")
    assert await keeping.repair(played.user_id, ms(instant("03-04")), day("03-02")) == Refusal("nothing_to_repair")
    assert isinstance(await keeping.repair(played.user_id, ms(instant("03-04")), day("03-03")), Kept)


async def test_one_repair_in_seven_days(world: World) -> None:
    played, keeping = await after(world, *days("03-01", "03-03"))
    assert isinstance(await keeping.repair(played.user_id, ms(instant("03-03T13:00"))), Kept)
    await played.step(Item("03-05"))
    refused = await keeping.repair(played.user_id, ms(instant("03-05T13:00")))
    assert refused == Refusal("repaired_lately", 5 * 24 * 3_600_000)


async def test_a_repair_unlocks_what_the_joined_run_reaches(world: World) -> None:
    played, keeping = await after(world, *WEEK[:5], *days("03-07", "03-08"))
    kept = await keeping.repair(played.user_id, ms(instant("03-08T13:00")))
    assert isinstance(kept, Kept)
    assert (kept.streak.longest, await played.bronze()) == (7, 1)
    (row,) = kept.outbox
    assert row.topic == "progress"
    assert b"achievement_unlocked" in row.payload


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("03-07", "03-09", "pause_in_past"),
        ("03-10", "03-09", "pause_backwards"),
        ("03-09", "06-07", "pause_too_long"),
    ],
)
async def test_a_pause_is_refused(world: World, first: str, last: str, code: str) -> None:
    played, keeping = await after(world, *WEEK)
    refused = await keeping.pause(played.user_id, ms(instant("03-08")), day(first), day(last))
    assert isinstance(refused, Refusal)
    assert refused.code == code


async def test_a_pause_replaces_what_is_left_of_another(world: World) -> None:
    played, keeping = await after(world, *WEEK)
    await keeping.pause(played.user_id, ms(instant("03-07T20:00")), day("03-08"), day("03-20"))
    await keeping.pause(played.user_id, ms(instant("03-10")), day("03-12"), day("03-12"))
    told = await keeping.days(played.user_id, day("03-07"), day("03-31"), ms(instant("03-10")))
    assert [(one.day.day, one.state) for one in told] == [
        (7, "active"),
        (8, "paused"),
        (9, "paused"),
        (10, "open"),
        (12, "paused"),
    ]
    ended = await keeping.resume(played.user_id, ms(instant("03-11")))
    assert isinstance(ended, Kept)
    assert (ended.streak.state, ended.streak.current, ended.streak.freezes) == ("open", 7, 0)


async def test_an_active_day_that_is_voided_within_a_pause_is_paused_again(world: World) -> None:
    played, keeping = await after(world, *WEEK)
    await keeping.pause(played.user_id, ms(instant("03-07T20:00")), day("03-08"), day("03-10"))
    await played.step(Item("03-09"))
    assert (await played.seen(instant("03-09T13:00"))).current == 8
    await played.void("03-09", "03-09T14:00")
    streak = await played.seen(instant("03-09T15:00"))
    assert (streak.current, streak.state) == (7, "paused")


async def test_every_day_is_explained(world: World) -> None:
    steps = [*WEEK, Item("03-09"), Item("03-12"), Item("03-10", came="03-12T20:00")]
    played, keeping = await after(world, *steps)
    told = await keeping.days(played.user_id, day("01-01"), day("03-31"), ms(instant("03-13")))
    assert [(one.day.day, one.state, one.cause) for one in told[6:]] == [
        (7, "active", "contribution"),
        (8, "frozen", "freeze"),
        (9, "active", "contribution"),
        (10, "active", "contribution"),
        (11, "missed", None),
        (12, "active", "contribution"),
        (13, "open", None),
    ]
    assert told[0].day == day("03-01")
    assert told[7].at_ms == ms(instant("03-09T00:00"))


async def test_a_spent_freeze_is_told_once(world: World) -> None:
    played, _keeping = await after(world, *WEEK)
    assert await play_midnights(world, instant("03-08T23:59:59")) == []
    (event,) = await play_midnights(world, instant("03-09T00:00"))
    assert (event["userId"], event["event"]) == (played.user_id, "streak")
    assert event["data"] == {
        "at": "2026-03-08T23:00:00.000Z",
        "current": 7,
        "longest": 7,
        "day": "2026-03-08",
        "state": "frozen",
    }
    assert await play_midnights(world, instant("03-09T00:01")) == []


async def test_two_workers_at_once_spend_one_freeze_for_one_midnight(world: World) -> None:
    played, _keeping = await after(world, *WEEK, Item("03-08"))
    midnight = ms(instant("03-10T00:00"))
    await asyncio.gather(*(Midnights(world.pool).spend_freezes(midnight, 10) for _ in range(5)))
    assert await world.value("SELECT count(*) FROM streak_days WHERE kept = 'frozen'") == 1
    assert (await played.seen(instant("03-10T00:01"))).freezes == 0


async def test_whoever_is_usually_active_by_now_is_warned_once_that_day(world: World) -> None:
    played, _keeping = await after(world, *days("03-01", "03-02"))
    assert await play_midnights(world, instant("03-03T11:59")) == []
    (event,) = await play_midnights(world, instant("03-03T12:30"))
    assert event["data"] == {
        "at": "2026-03-03T11:30:00.000Z",
        "current": 2,
        "longest": 2,
        "day": "2026-03-03",
        "state": "atRisk",
        "endsAt": "2026-03-03T23:00:00.000Z",
    }
    await played.step(Item("03-03T13:00"))
    await played.void("03-03", "03-03T14:00")
    assert await play_midnights(world, instant("03-03T15:00")) == []


async def test_nobody_is_warned_who_is_active_holds_a_freeze_or_has_history_only(world: World) -> None:
    await after(world, *days("03-01", "03-02", "03-03"))
    await after(world, *WEEK[:7])
    await after(
        world, *(replace(item, came="03-03T10:00") for item in days("03-01", "03-02") if isinstance(item, Item))
    )
    assert await play_midnights(world, instant("03-03T13:00")) == []
    assert await play_midnights(world, instant("03-04T00:00")) == []


async def test_a_day_ahead_of_the_zone_spends_the_freeze_of_the_day_before(world: World) -> None:
    """The phone is in Auckland, the profile still in Berlin: there the missed day is not over yet."""
    played, _keeping = await after(world, *WEEK, Item("03-09T07:00+13:00"))
    streak = await played.seen(instant("03-08T23:00"))
    assert (streak.current, streak.freezes, streak.state) == (8, 0, "active")


async def test_a_freeze_spent_on_a_swallowed_day_is_given_back(world: World) -> None:
    """Over the date line, the zone changed on landing, the first item an hour later."""
    played, _keeping = await after(world, *WEEK, Item("03-08T20:00-10:00"))
    await played.move("Pacific/Auckland", instant("03-10T07:00+13:00"))
    await played.step(Item("03-10T08:00+13:00"))
    streak = await played.seen(instant("03-10T09:00+13:00"))
    assert (streak.current, streak.freezes) == (9, 1)


STATEMENTS = [
    *("streak_appends", "midnights", "days", "skips", "streaks", "streaks_seen", "midnights_due", "risks_due"),
    *("risks_told", "streak_rezone", "streak_standing", "streak_repairable", "streak_paused", "streak_calendar"),
]


async def test_no_statement_reads_a_whole_table(world: World) -> None:
    """As planned once for all batches, whatever is in them."""
    await world.execute("""
        INSERT INTO users (name, tz) SELECT 'Ada', 'UTC' FROM generate_series(1, 20000);
        INSERT INTO user_streaks (user_id, due_at, risk_at)
        SELECT id, now() + id * interval '1 second', now() + id * interval '1 second' FROM users;
        INSERT INTO streak_days (user_id, day, active, cause, at)
        SELECT id, date '2026-01-01' + day, true, 'contribution', now() FROM users, generate_series(0, 4) AS day;
        INSERT INTO user_daily_stats (user_id, day) SELECT user_id, day FROM streak_days;
        ANALYZE users, user_streaks, streak_days, user_daily_stats;
    """)
    async with connection(world.pool) as held:
        for name in STATEMENTS:
            text = statement(name)
            nulls = ", ".join(["NULL"] * max(int(number) for number in re.findall(r"\$(\d+)", text)))
            await held.execute(f"PREPARE {name} AS {text}")
            plan = await held.fetch(f"EXPLAIN EXECUTE {name} ({nulls})")
            assert "Seq Scan" not in "\n".join(row[0] for row in plan), name
