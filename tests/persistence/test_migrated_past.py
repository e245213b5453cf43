"""What was recorded before there was progress has it after the migrations."""

from datetime import UTC, date, datetime
from importlib import resources
from typing import Any

import asyncpg

from persistence import migrations

PAST = """
INSERT INTO users (id, name, tz) VALUES (1, 'Ada', 'UTC'), (2, 'Bob', 'UTC'), (3, 'Cem', 'UTC');
INSERT INTO raids (id, epoch, title, invite_code, target_xp, target_tasks, time_limit_hours, max_members,
                   max_xp_per_contribution, status)
VALUES (1, 1, 'A title', 'ABCDEFGH', 10, 0, 24, 10, 10000, 'completed'),
       (2, 1, 'A title', 'BCDEFGHI', 10, 0, 24, 10, 10000, 'active');
INSERT INTO raid_events (raid_id, epoch, seq, event, command_id, at, entry)
VALUES (1, 1, 99, 'raid_complete', gen_random_uuid(), '2026-03-09', '{}');
INSERT INTO contributions (raid_id, epoch, seq, contribution_id, user_id, xp, type, occurred_at, day, created_at)
SELECT 1, 1, row_number() OVER (), gen_random_uuid(), user_id, xp, 'task_complete', at, day, at + interval '1 second'
FROM (VALUES
    (1, 100, '2026-03-01'::date, '2026-03-01 10:00+00'::timestamptz), (1, 0, '2026-03-01', '2026-03-01 23:00+00'),
    (1, 5, '2026-03-02', '2026-03-02 10:00+00'), (1, 5, '2026-03-03', '2026-03-03 10:00+00'),
    (1, 5, '2026-03-06', '2026-03-06 10:00+00'), (1, 5, '2026-03-07', '2026-03-07 10:00+00'),
    (2, 5, '2026-03-01', '2026-03-02 06:00+00'), (2, 5, '2026-03-03', '2026-03-02 19:00+00'),
    (3, 5, '2026-03-01', '2026-03-01 10:00+00')
) AS given (user_id, xp, day, at);
INSERT INTO contribution_voids (raid_id, contribution_id, epoch, seq, user_id, xp, day, voided_at, folded)
SELECT 1, contribution_id, 1, 50, user_id, xp, day, '2026-03-01 11:00+00', true FROM contributions WHERE user_id = 3;
INSERT INTO user_daily_stats (user_id, day, xp, tasks)
SELECT user_id, day, sum(xp), count(*) FROM contributions GROUP BY 1, 2;
UPDATE user_daily_stats SET xp = 0, tasks = 0 WHERE user_id = 3;
INSERT INTO user_stats (user_id, xp, tasks) SELECT user_id, sum(xp), sum(tasks) FROM user_daily_stats GROUP BY 1;
INSERT INTO raid_members (raid_id, user_id, xp, tasks) SELECT 1, user_id, xp, tasks FROM user_stats;
"""


async def test_days_runs_levels_and_boards_stand_as_if_they_always_had(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url, server_settings={"timezone": "UTC"})
    try:
        await _as_it_was(connection)
        assert await migrations.migrate(empty_database_url) == [name for name in migrations.names() if name > "0006"]
        await _assert_days(connection)
        await _assert_runs(connection)
        await _assert_work_is_left(connection)
    finally:
        await connection.close()


async def _as_it_was(connection: Any) -> None:
    """The first five migrations, and people who have done something."""
    await connection.execute("CREATE TABLE schema_migrations (name text PRIMARY KEY, applied_at timestamptz)")
    folder = resources.files("persistence").joinpath("migrations")
    for name in [name for name in migrations.names() if name < "0006"]:
        await connection.execute(folder.joinpath(name).read_text(encoding="utf-8"))
        await connection.execute("INSERT INTO schema_migrations (name) VALUES ($1)", name)
    await connection.execute(PAST)


async def _assert_days(connection: Any) -> None:
    query = "SELECT first_at, last_at, reached_at, changes FROM user_daily_stats WHERE user_id = $1 AND day = $2"
    assert tuple(await connection.fetchrow(query, 1, date(2026, 3, 1))) == (
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 1, 23, tzinfo=UTC),
        datetime(2026, 3, 1, 10, 0, 1, tzinfo=UTC),
        2,
    )
    voided = await connection.fetchrow(query, 3, date(2026, 3, 1))
    assert voided["reached_at"] == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert voided["changes"] == 2
    kept = await connection.fetch("SELECT user_id, day, cause FROM streak_days WHERE NOT active")
    assert [tuple(row) for row in kept] == [(2, date(2026, 3, 2), "zone")]
    members = "SELECT user_id, changes, reached_at FROM raid_members ORDER BY user_id"
    assert [tuple(row) for row in await connection.fetch(members)] == [
        (1, 6, datetime(2026, 3, 7, 10, 0, 1, tzinfo=UTC)),
        (2, 2, datetime(2026, 3, 2, 19, 0, 1, tzinfo=UTC)),
        (3, 2, datetime(2026, 3, 1, 11, tzinfo=UTC)),
    ]


async def _assert_runs(connection: Any) -> None:
    rows = await connection.fetch(
        "SELECT user_id, run_first, run_last, last_day, current, longest, active_days, live_days, freezes, due_at"
        " FROM user_streaks ORDER BY user_id"
    )
    assert [tuple(row) for row in rows] == [
        (1, date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 7), 2, 3, 5, 0, 0, None),
        (2, date(2026, 3, 1), date(2026, 3, 3), date(2026, 3, 3), 2, 2, 2, 0, 0, None),
    ]
    levels = await connection.fetch("SELECT user_id, level FROM user_stats ORDER BY user_id")
    assert [tuple(row) for row in levels] == [(1, 2), (2, 1), (3, 1)]


async def _assert_work_is_left(connection: Any) -> None:
    """What takes pages is for the worker."""
    completed = await connection.fetch("SELECT params ->> 'raidId' AS raid FROM jobs WHERE kind = 'raid_completed'")
    assert [row["raid"] for row in completed] == ["1"]
    recomputes = await connection.fetchval(
        "SELECT count(*) FROM jobs WHERE kind = 'recompute' AND params ->> 'upTo' = '3'"
    )
    assert recomputes == await connection.fetchval("SELECT count(*) FROM achievements")
    assert await connection.fetchval("SELECT count(*) FROM achievements WHERE complete_since IS NOT NULL") == 0


async def test_an_empty_database_has_nothing_to_make_up_for(empty_database_url: str) -> None:
    await migrations.migrate(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM jobs") == 0
        assert await connection.fetchval("SELECT count(*) FROM achievements WHERE complete_since IS NULL") == 0
    finally:
        await connection.close()
