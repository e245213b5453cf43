"""What a contribution did for somebody is told with it, once, and everybody else is told what follows."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from persistence.ledger import Ledger
from persistence.pool import connection
from persistence.rows import OutboxRow, Recorded
from tests.persistence.conftest import World
from tests.persistence.log import START_MS, Log, changed, fields_of, id_of

TODAY = datetime.fromtimestamp(START_MS / 1000, UTC).date()


def effects(recorded: Recorded, log: Log, entry: bytes) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(recorded.keys[log.raid_id, id_of(entry)].effects)
    return told


def news(rows: list[OutboxRow]) -> dict[str, Any]:
    (payload,) = [orjson.loads(row.payload) for row in rows if row.topic == "progress"]
    assert isinstance(payload, dict)
    return payload


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


async def test_the_answer_says_how_the_streak_stands_after_the_whole_batch(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    late = log.contribute(ada, day=days_ago(1))
    today = log.contribute(ada, day=days_ago(0), live=True)
    recorded = await world.ledger.record([late, today])
    for entry, day in ((late, days_ago(1)), (today, days_ago(0))):
        assert effects(recorded, log, entry)["streak"] == {"current": 2, "longest": 2, "day": day, "state": "active"}


async def test_a_later_item_of_the_same_day_says_the_same(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    first, second = log.contribute(ada, day=days_ago(0)), log.contribute(ada, day=days_ago(0))
    one, two = await world.ledger.record([first]), await world.ledger.record([second])
    assert effects(two, log, second) == effects(one, log, first)
    assert [event["event"] for event in news(one.outbox)["events"]] == ["streak"]
    assert news(two.outbox)["events"] == []


@pytest.mark.parametrize(
    ("day", "state", "current"), [(1, "open", 1), (2, "none", 0), (0, "active", 1), (-1, "active", 1)]
)
async def test_the_streak_is_seen_from_the_persons_today(world: World, day: int, state: str, current: int) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    for _ in range(2):  # once as the day turns active, once as it is so already
        entry = log.contribute(ada, day=days_ago(day))
        told = effects(await world.ledger.record([entry]), log, entry)["streak"]
        assert (told["current"], told["longest"], told["state"]) == (current, 1, state)


async def test_unlocks_of_a_batch_are_told_by_the_persons_last_contribution(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.active_raid(ada)
    mine = [log.contribute(ada, xp=150) for _ in range(10)]
    his = log.contribute(bob)
    recorded = await world.ledger.record([*mine, his])
    for entry in (*mine[:-1], his):
        told = effects(recorded, log, entry)
        assert (told["unlocked"], told["rewards"], told["level"]) == ([], [], None)
    told = effects(recorded, log, mine[-1])
    assert [one["name"] for one in told["unlocked"]] == ["Warmed up", "Spark"]
    assert [(one["group"], one["tier"], one["xp"], one["credits"]) for one in told["rewards"]] == [
        ("tasks", "bronze", 50, 10),
        ("xp", "bronze", 50, 10),
    ]
    assert told["level"] == await world.value("SELECT level FROM user_stats WHERE user_id = $1", ada) == 6
    assert await world.rows("SELECT reward_xp, credits FROM user_stats WHERE user_id = $1", ada) == [(100, 20)]


async def test_a_repeat_gets_the_first_effects_and_does_nothing_again(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada, xp=5000, day=days_ago(0))
    first = await world.ledger.record([entry])
    assert effects(first, log, entry)["level"] == 10
    await world.ledger.record([log.contribute(ada, day=days_ago(1))])
    again = await world.ledger.record([entry])
    assert effects(again, log, entry) == effects(first, log, entry)
    assert again.outbox == []
    assert await world.value("SELECT count(*) FROM user_achievement_rewards") == 1


async def test_a_level_is_told_without_an_unlock_too(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada, xp=100)
    told = effects(await world.ledger.record([entry]), log, entry)
    assert (told["level"], told["unlocked"]) == (2, [])
    another = log.contribute(ada, xp=1)
    assert effects(await world.ledger.record([another]), log, another)["level"] is None


async def test_xp_that_is_taken_back_takes_no_level_and_no_unlock(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada, xp=1000)
    await world.ledger.record([entry])
    recorded = await world.ledger.record([log.void(entry)])
    assert await world.rows("SELECT xp, tasks, level, reward_xp FROM user_stats") == [(0, 0, 5, 50)]
    assert await world.value("SELECT count(*) FROM user_achievements") == 1
    assert news(recorded.outbox)["boards"][f"raid:{log.raid_id}"] == [[ada, "Ada", 0, 2, log.at]]
    again = log.contribute(ada, xp=1000)
    told = effects(await world.ledger.record([again]), log, again)
    assert (told["unlocked"], told["rewards"], told["level"]) == ([], [], None)


async def test_events_tell_the_own_log_all_of_it_and_the_raid_the_unlock(world: World) -> None:
    (ada,) = await world.users(1)
    await world.execute("UPDATE achievements SET secret = true WHERE name = 'Spark'")
    log = await world.active_raid(ada)
    recorded = await world.ledger.record([log.contribute(ada, xp=1000, day=days_ago(0))])
    payload = news(recorded.outbox)
    assert payload["people"] == [ada]
    streak, unlocked, granted = payload["events"]
    at = datetime.fromtimestamp(log.at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (streak["event"], streak["userId"], streak["raidId"]) == ("streak", ada, None)
    assert streak["data"] == {"at": at, "current": 1, "longest": 1, "day": days_ago(0), "state": "active"}
    assert (unlocked["event"], unlocked["raidId"]) == ("achievement_unlocked", log.raid_id)
    assert (unlocked["data"]["userId"], unlocked["data"]["unlockedAt"]) == (ada, at)
    assert unlocked["data"]["achievement"]["name"] == "Spark"
    assert not unlocked["shown"]["achievement"].get("name")
    assert not unlocked["shown"]["achievement"].get("description")
    assert (granted["event"], granted["data"]["level"]) == ("reward_granted", 5)
    assert "shown" not in granted


async def test_a_day_that_is_voided_away_ends_the_streak_and_is_told(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    first, second = log.contribute(ada, day=days_ago(1)), log.contribute(ada, day=days_ago(0))
    await world.ledger.record([first, second])
    recorded = await world.ledger.record([log.void(first)])
    (event,) = news(recorded.outbox)["events"]
    assert (event["data"]["current"], event["data"]["longest"]) == (1, 2)
    assert await world.rows("SELECT day::text FROM streak_days") == [(days_ago(0),)]


async def test_boards_are_told_absolute_totals_and_how_new_they_are(world: World) -> None:
    ada, bob = await world.users(2)
    await world.execute("UPDATE users SET name = 'A \"quoted\" Ä' WHERE id = (SELECT min(id) FROM users)")
    one, two = await world.active_raid(ada), await world.active_raid(bob)
    monday = TODAY - timedelta(days=TODAY.weekday())
    week = f"weekly:{TODAY.isocalendar().year}-W{TODAY.isocalendar().week:02}"
    await world.ledger.record([one.contribute(ada, 5, day=monday.isoformat()), one.contribute(bob, 1, day=days_ago(0))])
    reached = one.at
    later = two.contribute(ada, 7, day=TODAY.isoformat(), at=reached + 5)
    nothing = two.contribute(ada, 0, day=TODAY.isoformat(), at=reached + 9)
    boards = news((await world.ledger.record([later, nothing])).outbox)["boards"]
    assert boards[f"raid:{two.raid_id}"] == [[ada, 'A "quoted" Ä', 7, 1, reached + 5]]
    same = monday == TODAY
    day_xp, changes = (12, 2) if same else (7, 1)
    assert boards[f"daily:{TODAY}"] == [[ada, 'A "quoted" Ä', day_xp, changes, reached + 5]]
    assert boards[week] == [[ada, 'A "quoted" Ä', 12, 2, reached + 5]]
    assert set(boards) == {f"raid:{two.raid_id}", f"daily:{TODAY}", week}


@pytest.mark.parametrize(("hours", "told"), [(38 - 0.001, True), (38, False)])
async def test_a_board_that_is_final_is_left_alone(world: World, hours: float, told: bool) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    day = date(2026, 11, 22)  # a Sunday: its week ends with it
    at = round((datetime(2026, 11, 22, tzinfo=UTC) + timedelta(hours=hours)).timestamp() * 1000)
    recorded = await world.ledger.record([log.contribute(ada, day=day.isoformat(), at=at)])
    boards = set(news(recorded.outbox)["boards"]) - {f"raid:{log.raid_id}"}
    assert boards == ({"daily:2026-11-22", "weekly:2026-W47"} if told else set())


async def test_who_got_there_first_is_when_the_xp_last_changed(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada, 5), log.contribute(ada, 0)]
    await world.ledger.record(entries[:1])
    await world.ledger.record(entries[1:])
    reached = datetime.fromtimestamp(fields_of(entries[0])["at"] / 1000, UTC)
    for table in ("user_daily_stats", "raid_members"):
        assert await world.rows(f"SELECT reached_at, changes FROM {table}") == [(reached, 2)]


async def test_the_first_and_the_last_item_of_a_day_outlive_their_void(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    times = [START_MS - 5000, START_MS - 9000, START_MS - 1000]
    entries = [log.contribute(ada, occurred_at=time) for time in times]
    await world.ledger.record(entries)
    await world.ledger.record([log.void(entry) for entry in entries])
    expected = [datetime.fromtimestamp(time / 1000, UTC) for time in (times[1], times[2])]
    assert await world.rows("SELECT first_at, last_at, tasks FROM user_daily_stats") == [(*expected, 0)]


async def test_a_batch_leaves_one_row_of_word_and_none_without_people(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    recorded = await world.ledger.record([log.contribute(ada), log.contribute(ada)])
    assert [row.topic for row in recorded.outbox] == ["progress"]
    assert await world.ledger.send_outbox(0, 10) == recorded.outbox
    assert (await world.ledger.record([log.update(title="Another")])).outbox == []


async def test_a_completion_is_put_on_the_list_for_the_worker(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=10, target_tasks=0)
    last = log.contribute(ada)
    await world.ledger.record([last, log.end(caused_by=last)])
    await world.ledger.record(log.entries)
    assert await world.rows("SELECT kind, params ->> 'raidId', state FROM jobs") == [
        ("raid_completed", str(log.raid_id), "waiting")
    ]


async def test_a_key_that_is_there_although_it_is_new_fails_the_batch(world: World) -> None:
    """Freshness is decided under the locks; whatever gets round them must not be counted twice."""
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada)
    await world.ledger.record([entry])
    await world.execute(
        "CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO contribution_keys SELECT raid_id, NEW.contribution_id, 1, 1, '', 1, 0, '2026-11-20', now(), '{}'"
        " FROM contribution_keys LIMIT 1; RETURN NEW; END $$;"
        " CREATE TRIGGER twice BEFORE INSERT ON contributions FOR EACH ROW EXECUTE FUNCTION twice()"
    )
    recorded = await world.ledger.record([log.contribute(ada)])
    assert len(recorded.quarantined) == 1
    assert await world.sums(log) == (10, 1)


async def test_ten_posts_of_one_person_over_two_servers_lose_nothing(world: World) -> None:
    (ada,) = await world.users(1)
    logs = [await world.active_raid(ada) for _ in range(10)]
    servers = [world.ledger, Ledger(world.pool)]
    entries = [log.contribute(ada, xp=100, day=days_ago(number)) for number, log in enumerate(logs)]
    recorded = await asyncio.gather(
        *(servers[number % 2].record([entry]) for number, entry in enumerate(entries)),
        *(servers[1 - number % 2].record([entry]) for number, entry in enumerate(entries)),
    )
    assert await world.rows("SELECT xp, tasks, reward_xp, level FROM user_stats") == [(1000, 10, 200, 5)]
    assert await world.rows("SELECT current, longest, active_days, freezes FROM user_streaks") == [(10, 10, 10, 0)]
    names = [one["name"] for each in recorded for key in each.keys.values() if key.fresh
             for one in orjson.loads(key.effects)["unlocked"]]  # fmt: skip
    assert sorted(names) == ["Spark", "Ten good days", "Warmed up", "Week of fire"]
    assert sum(key.fresh for each in recorded for key in each.keys.values()) == 10


async def test_heal_does_for_people_what_recording_does(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada, xp=200, day=days_ago(6 - number)) for number in range(7)]
    bad = changed(log.contribute(ada), day="someday")
    await world.ledger.record(entries[:2])
    await world.ledger.heal(log.raid_id, None, [*entries, bad])
    assert await world.rows("SELECT current, longest FROM user_streaks") == [(7, 7)]
    names = "SELECT name FROM user_achievements JOIN achievements ON id = achievement_id ORDER BY name"
    assert await world.rows(names) == [("Spark",), ("Week of fire",)]
    assert await world.value("SELECT count(*) FROM ledger_quarantine") == 1
    assert await world.value("SELECT level FROM user_stats") == 6
    assert len([row for row in await world.ledger.send_outbox(0, 10) if row.topic == "progress"]) > 1


async def test_the_bad_one_of_a_batch_leaves_the_others_their_effects(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada, day=days_ago(0)) for _ in range(11)]
    entries[5] = changed(entries[5], fingerprint="no hex")
    recorded = await world.ledger.record(entries)
    assert len(recorded.quarantined) == 1
    told = [effects(recorded, log, entry)["unlocked"] for entry in entries if entry is not entries[5]]
    assert [one["name"] for unlocked in told for one in unlocked] == ["Warmed up"]
    assert await world.rows("SELECT tasks FROM user_stats") == [(10,)]


async def test_what_a_refused_contributions_void_took_is_given_back_to_the_day(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute("ALTER TABLE contributions ADD CONSTRAINT not_thirteen CHECK (xp <> 13)")
    good, bad = log.contribute(ada, 4, day=days_ago(0)), log.contribute(ada, 13, day=days_ago(0))
    void = log.void(bad)
    await world.ledger.record([good])
    await world.ledger.record([void])
    assert await world.value("SELECT count(*) FROM streak_days") == 0
    recorded = await world.ledger.record([bad])
    assert await world.rows("SELECT day::text FROM streak_days WHERE active") == [(days_ago(0),)]
    assert await world.rows("SELECT current, active_days FROM user_streaks") == [(1, 1)]
    assert await world.rows("SELECT xp, tasks, changes FROM user_daily_stats") == [(4, 1, 3)]
    assert news(recorded.outbox)["boards"][f"raid:{log.raid_id}"][0][2:4] == [4, 3]


async def test_whoever_is_gone_is_counted_for_their_raid_and_keeps_a_place_without_a_name(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.active_raid(ada)
    async with connection(world.pool) as held:
        await held.execute("DELETE FROM users WHERE id = $1", bob)
    entry = log.contribute(bob, xp=5000)
    recorded = await world.ledger.record([entry])
    assert effects(recorded, log, entry)["streak"]["state"] == "none"
    told = news(recorded.outbox)
    assert (told["people"], told["events"]) == ([], [])
    assert [row[:4] for row in told["boards"][f"raid:{log.raid_id}"]] == [[bob, "", 5000, 1]]
    assert await world.sums(log) == (5000, 1)
    assert await world.value("SELECT count(*) FROM streak_days") == 0
    assert await world.value("SELECT count(*) FROM user_achievements") == 0


async def test_an_entry_of_before_there_was_live_is_history(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    live = [log.contribute(ada, day=days_ago(13 - n), at=START_MS - (13 - n) * 86_400_000, live=True) for n in range(7)]
    await world.ledger.record(live)
    assert await world.value("SELECT freezes FROM user_streaks") == 1
    await world.ledger.record([log.contribute(ada, day=days_ago(6 - n)) for n in range(7)])
    assert await world.rows("SELECT live_days, freezes FROM user_streaks") == [(7, 1)]
