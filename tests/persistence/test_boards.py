"""What stands on leaderboards: totals from the aggregates, and boards that are final."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persistence.boards import Boards
from persistence.statements import statement
from raidline.boards import HOUR_MS, Board, Period, Total, daily, of_raid, weekly
from raidline.ids import RaidId, UserId
from tests.persistence.conftest import World

FRIDAY = date(2026, 11, 20)
DAY, WEEK = daily(FRIDAY), weekly(FRIDAY)
INSTANT, WEEK_INSTANT = DAY.final_ms, WEEK.final_ms
NOON = DAY.ends_ms - 12 * HOUR_MS


def time(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


async def day_row(
    world: World, user: int, xp: int, *, day: date = FRIDAY, at: int | None = NOON, changes: int = 1
) -> None:
    await world.rows(
        """INSERT INTO user_daily_stats AS d (user_id, day, xp, tasks, reached_at, changes)
           VALUES ($1, $2, $3, 1, $4, $5)
           ON CONFLICT (user_id, day) DO UPDATE SET
               xp = d.xp + excluded.xp, changes = d.changes + 1,
               reached_at = greatest(d.reached_at, excluded.reached_at)""",
        *(user, day, xp, None if at is None else time(at), changes),
    )


async def item(world: World, user: int, xp: int, at: int, *, day: date = FRIDAY) -> str:
    """A contribution as recording leaves it."""
    known = str(uuid4())
    await world.rows(
        """INSERT INTO contributions
               (raid_id, epoch, seq, contribution_id, user_id, xp, type, occurred_at, day, created_at)
           VALUES (1, 1, 1, $1, $2, $3, 'task_complete', $4, $5, $6)""",
        *(known, user, xp, time(NOON), day, time(at)),
    )
    await day_row(world, user, xp, day=day, at=at if xp else None)
    return known


async def void(world: World, contribution: str, user: int, xp: int, at: int, *, day: date = FRIDAY) -> None:
    await world.rows(
        """INSERT INTO contribution_voids
               (raid_id, contribution_id, epoch, seq, user_id, xp, day, voided_at, folded)
           VALUES (1, $1, 1, 2, $2, $3, $4, $5, true)""",
        *(contribution, user, xp, day, time(at)),
    )
    await day_row(world, user, -xp, day=day, at=at if xp else None)


async def all_of(boards: Boards, board: Board) -> list[Total]:
    return [total async for page in boards.totals(board) for total in page]


async def final_of(boards: Boards, board: Period) -> list[tuple[int, int, int]]:
    return [
        (one.user_id, one.xp, one.reached_ms) async for page in boards.final_totals(board.name) for one in page
    ]  # fmt: skip


async def test_a_day_is_read_in_pages_with_names_and_with_those_who_lost_all_of_it(world: World) -> None:
    people = await world.users(5)
    for place, user in enumerate(people):
        await day_row(world, user, place, changes=place + 1, at=NOON + place)
    await day_row(world, people[0], 50, day=FRIDAY + timedelta(days=1))

    totals = await all_of(Boards(world.pool, page=2), DAY)

    assert totals == [Total(user, "Ada", place, place + 1, NOON + place) for place, user in enumerate(people)]


async def test_a_week_is_the_sum_of_its_days_from_monday_to_sunday(world: World) -> None:
    monday = WEEK.first
    for offset in range(-1, 8):
        await day_row(world, 7, 10**offset if offset >= 0 else 10**9, day=monday + timedelta(days=offset), changes=3)
    await day_row(world, 8, 5, day=monday)
    await day_row(world, 9, 6, day=WEEK.last, at=NOON + 5)

    totals = await all_of(Boards(world.pool, page=1), WEEK)

    assert [(one.user_id, one.xp, one.version) for one in totals] == [(7, 1_111_111, 21), (8, 5, 1), (9, 6, 1)]
    assert totals[2].reached_ms == NOON + 5


async def test_a_raids_board_has_everybody_who_contributed_also_those_who_left(world: World) -> None:
    leader, other = await world.users(2)
    log = await world.active_raid(leader)
    log.join(other)
    log.contribute(leader, xp=10)
    log.contribute(other, xp=30)
    log.leave(other)
    await world.ledger.record(log.entries)

    totals = await all_of(Boards(world.pool, page=1), of_raid(log.raid_id))

    assert [(one.user_id, one.name, one.xp) for one in totals] == [(leader, "Ada", 10), (other, "Ada", 30)]
    assert await all_of(Boards(world.pool), of_raid(RaidId(10**9))) == []


async def test_rows_from_before_there_were_boards_stand_on_them(world: World) -> None:
    await day_row(world, 7, 10, at=None, changes=0)

    assert await all_of(Boards(world.pool), DAY) == [Total(UserId(7), "", 10, 0, 0)]
    assert await Boards(world.pool).finalise(DAY)
    assert [(user, xp) for user, xp, _ in await final_of(Boards(world.pool), DAY)] == [(7, 10)]


async def test_a_board_is_stored_in_its_order_and_once(world: World) -> None:
    for user, xp, at in ((1, 50, 3), (2, 90, 9), (3, 50, 1), (9, 50, 3), (10, 50, 3), (5, 0, 1)):
        await day_row(world, user, xp, at=NOON + at)
    boards = Boards(world.pool, page=2)
    assert await boards.stored([DAY.name]) == set()

    assert await boards.finalise(DAY)
    await day_row(world, 5, 1000)
    assert not await boards.finalise(DAY)

    expected = [(2, 90, 9), (3, 50, 1), (1, 50, 3), (9, 50, 3), (10, 50, 3)]
    assert await final_of(boards, DAY) == [(user, xp, NOON + at) for user, xp, at in expected]
    assert await boards.stored([DAY.name, WEEK.name]) == {DAY.name}
    assert await world.rows("SELECT board, people FROM leaderboard_finals") == [(DAY.name, 5)]
    assert [one.user_id for one in await boards.standing(DAY)] == [2, 3, 1, 9, 10]
    assert [one.user_id for one in await boards.standing(WEEK)] == [5, 2, 3, 1, 9, 10]


async def test_a_board_nobody_is_on_is_stored_as_empty(world: World) -> None:
    boards = Boards(world.pool)
    assert not await boards.taken_part(WEEK)

    assert await boards.finalise(DAY)

    assert await final_of(boards, DAY) == []
    assert await boards.standing(DAY) == []
    await day_row(world, 1, 5)
    assert await boards.taken_part(WEEK)


async def test_of_many_workers_at_once_one_stores_it(world: World) -> None:
    for user in range(1, 50):
        await day_row(world, user, user % 7, at=NOON + user)
    boards = Boards(world.pool)

    stored = await asyncio.gather(*(boards.finalise(DAY) for _ in range(5)))

    assert sorted(stored) == [False, False, False, False, True]
    assert await world.value("SELECT count(*) FROM leaderboard_final_entries") == sum(
        user % 7 > 0 for user in range(50)
    )


async def test_nothing_slips_in_between_the_final_instant_and_storing(world: World) -> None:
    await item(world, 1, 10, INSTANT - 1)
    await item(world, 1, 500, INSTANT)  # late: nobody counts it any more
    await item(world, 2, 20, NOON)
    await item(world, 3, 30, INSTANT + HOUR_MS)  # nothing in time
    taken_back_in_time = await item(world, 4, 40, NOON)
    await item(world, 4, 4, NOON + 1)
    await void(world, taken_back_in_time, 4, 40, INSTANT - 5)
    taken_back_late = await item(world, 5, 50, NOON + 2)
    await void(world, taken_back_late, 5, 50, INSTANT + 5)
    await item(world, 4, 1, INSTANT + 5)
    await item(world, 6, 6, NOON - 2 * 24 * HOUR_MS, day=FRIDAY - timedelta(days=1))
    await item(world, 6, 0, INSTANT + 5)
    boards = Boards(world.pool)

    await boards.finalise(DAY)

    assert await final_of(boards, DAY) == [
        (5, 50, NOON + 2), (2, 20, NOON), (1, 10, INSTANT - 1), (4, 4, INSTANT - 5),
    ]  # fmt: skip


async def test_a_day_that_is_final_still_moves_its_week(world: World) -> None:
    await item(world, 1, 10, NOON)
    await item(world, 1, 500, INSTANT)
    await item(world, 1, 7000, WEEK_INSTANT)
    boards = Boards(world.pool)

    await boards.finalise(WEEK)
    await boards.finalise(DAY)

    assert await final_of(boards, DAY) == [(1, 10, NOON)]
    assert await final_of(boards, WEEK) == [(1, 510, INSTANT)]


steps = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from([0, 1, 1, 2, 3]),
        st.sampled_from([-1, 0, 2]),  # the day, from Friday
        st.integers(-3, 3),  # when, from the instant
        st.none() | st.integers(-3, 4),  # when it is taken back
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_whenever_it_is_stored_it_is_what_had_been_decided_by_the_instant(
    world: World, steps: list[tuple[int, int, int, int, int | None]]
) -> None:
    await world.execute(
        """TRUNCATE contributions, contribution_voids, user_daily_stats,
           leaderboard_finals, leaderboard_final_entries"""
    )
    boards = Boards(world.pool)
    for board in (DAY, WEEK):
        expected: dict[int, tuple[int, int]] = {}
        await world.execute("TRUNCATE contributions, contribution_voids, user_daily_stats")
        for user, xp, offset, when, back in steps:
            day, at = FRIDAY + timedelta(days=offset), board.final_ms + when
            known = await item(world, user, xp, at, day=day)
            if back is not None:
                await void(world, known, user, xp, max(at, board.final_ms + back), day=day)
            if board.first <= day <= board.last:
                count(
                    expected, user, xp, board.final_ms, [at] if back is None else [at, max(at, board.final_ms + back)]
                )
        await boards.finalise(board)
        in_order = sorted((-xp, at, user) for user, (xp, at) in expected.items() if xp > 0)
        assert await final_of(boards, board) == [(user, -xp, at) for xp, at, user in in_order]


def count(expected: dict[int, tuple[int, int]], user: int, xp: int, instant: int, times: list[int]) -> None:
    """Take in an item and perhaps its void, each only where it was decided before the instant."""
    in_time = [at for at in times if at < instant]
    if not in_time or not xp:
        return
    had, reached = expected.get(user, (0, 0))
    expected[user] = (had + (xp if len(in_time) == 1 else 0), max(reached, *in_time))


async def test_a_page_of_a_board_and_storing_one_read_by_index(world: World) -> None:
    await world.execute(
        """INSERT INTO user_daily_stats (user_id, day, xp, reached_at, changes)
           SELECT u, date '2026-10-01' + d, 1, now(), 1 FROM generate_series(1, 2000) AS u, generate_series(0, 60) AS d;
           ANALYZE user_daily_stats"""
    )
    for name, arguments in (
        ("board_totals", (DAY.first, DAY.last, 500, 100)),
        ("board_totals", (WEEK.first, WEEK.last, 500, 100)),
        ("board_raid_totals", (1, 500, 100)),
        ("board_taken_part", (DAY.first, DAY.last)),
        ("board_final_totals", ("daily", 5, 100)),
    ):
        assert "Seq Scan on user_daily_stats" not in await plan(world, name, arguments)
        assert "Seq Scan on raid_members" not in await plan(world, name, arguments)


async def plan(world: World, name: str, arguments: tuple[Any, ...]) -> str:
    return "\n".join(row[0] for row in await world.rows("EXPLAIN " + statement(name), *arguments))
