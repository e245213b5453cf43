"""Leaderboards with a real Redis and a real Postgres: filled when missing, final in time, and over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from persistence.boards import Boards
from persistence.pool import Pool, connection, open_pool
from raidline.boards import (
    DAY_MS,
    HOUR_MS,
    Board,
    BoardName,
    Period,
    Total,
    daily,
    of_raid,
    parse_board,
    parse_day,
    parse_week,
    weekly,
)  # fmt: skip
from raidline.ids import RaidId, UserId
from realtime.boards import BoardPage, BoardStore
from realtime.connection import Scripted
from server.leaderboards import CATCH_UP_DAYS, GRACE_MS, Leaderboards
from server.outcomes import Unavailable
from tests.helpers import eventually
from tests.server.conftest import OpenServer
from tests.server.people import People, Person, code_of

FRIDAY = date(2099, 11, 20)
"""Of a year whose boards have not run out by Redis's own clock."""

DAY, WEEK = daily(FRIDAY), weekly(FRIDAY)
NOON = DAY.ends_ms - 12 * HOUR_MS


def time(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


async def fold(pool: Pool, user: int, xp: int, *, day: date = FRIDAY, at: int = NOON) -> Total:
    """What recording leaves in a day of somebody's, and the total it tells the board of."""
    async with connection(pool) as held:
        row = await held.fetchrow(
            """INSERT INTO user_daily_stats AS d (user_id, day, xp, tasks, reached_at, changes)
               VALUES ($1, $2, $3, 1, $4, 1)
               ON CONFLICT (user_id, day) DO UPDATE SET
                   xp = d.xp + excluded.xp, changes = d.changes + 1,
                   reached_at = greatest(d.reached_at, excluded.reached_at)
               RETURNING xp, changes, (extract(epoch FROM reached_at) * 1000)::bigint AS reached_ms""",
            *(user, day, xp, time(at)),
        )
    assert row is not None
    return Total(UserId(user), f"person {user}", row["xp"], row["changes"], row["reached_ms"])


@dataclass
class World:
    """Several servers with one clock, one Postgres and one Redis."""

    pool: Pool
    scripted: Scripted
    now: int = NOON

    @property
    def store(self) -> BoardStore:
        return BoardStore(self.scripted)

    def server(self, page: int = 2) -> Leaderboards:
        return Leaderboards(self.store, Boards(self.pool, page=page), lambda: self.now)

    async def fold(self, user: int, xp: int, *, day: date = FRIDAY, at: int | None = None) -> Total:
        return await fold(self.pool, user, xp, day=day, at=self.now if at is None else at)

    async def read(self, board: Board = DAY, *, page: int = 2) -> BoardPage:
        return await self.server(page).page(board, None, None, 100)

    async def value(self, query: str, *arguments: Any) -> Any:
        async with connection(self.pool) as held:
            return await held.fetchval(query, *arguments)


@pytest_asyncio.fixture
async def world(database_url: str, redis_url: str) -> AsyncIterator[World]:
    pool = await open_pool(database_url, size=6, statement_timeout_ms=30_000)
    scripted = Scripted(redis_url, timeout=10, connections=8)
    yield World(pool, scripted)
    await scripted.close()
    pool.terminate()


def shown(page: BoardPage) -> list[tuple[int, int]]:
    return [(row.user_id, row.xp) for row in page.rows]


class Interrupted(Exception):
    """A server that is no more."""


class Between(Boards):
    """Does something each time a page was read and is not on the board yet."""

    def __init__(self, pool: Pool, then: Callable[[], Any]) -> None:
        super().__init__(pool, page=2)
        self._then = then

    async def totals(self, board: Board) -> AsyncIterator[list[Total]]:
        async for page in super().totals(board):
            await self._then()
            yield page


async def test_a_missing_board_is_filled_from_the_aggregates(world: World) -> None:
    for user in range(1, 8):
        await world.fold(user, 10 * user)

    assert shown(await world.read()) == [(user, 10 * user) for user in range(7, 0, -1)]
    assert shown(await world.read(WEEK)) == shown(await world.read())
    assert await world.store.read_all(DAY.name) == await Boards(world.pool).standing(DAY)


async def test_a_board_that_is_there_asks_nothing_of_postgres(world: World) -> None:
    await world.fold(1, 10)
    await world.read()
    await world.pool.close()

    assert shown(await world.read()) == [(1, 10)]


async def test_what_is_recorded_while_a_board_is_filled_is_on_it(world: World) -> None:
    for user in range(1, 7):
        await world.fold(user, 10)

    async def record() -> None:
        """Behind the page, in it, and before it; and one that gives all back."""
        for user, xp in ((1, 5), (6, 7), (3, -10), (9, 1)):
            await world.store.feed({DAY.name: [await world.fold(user, xp)]})

    boards = Between(world.pool, record)
    page = await Leaderboards(world.store, boards, lambda: world.now).page(DAY, None, None, 100)

    assert page.rows != ()
    assert [total._replace(name="") for total in await world.store.read_all(DAY.name) or []] == (
        await Boards(world.pool).standing(DAY)
    )


async def test_a_server_that_dies_while_filling_leaves_it_to_another(world: World) -> None:
    for user in range(1, 7):
        await world.fold(user, user)

    async def die() -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        await Leaderboards(world.store, Between(world.pool, die), lambda: world.now).page(DAY, None, None, 100)
    # Told while nobody fills it any more: it is still taken.
    await world.store.feed({DAY.name: [await world.fold(1, 100)]})

    assert shown(await world.read())[0] == (1, 101)
    assert len(shown(await world.read())) == 6


async def test_several_servers_that_fill_a_board_at_once_are_in_nobodys_way(world: World) -> None:
    for user in range(1, 20):
        await world.fold(user, user % 5)

    async def record(user: int) -> None:
        await world.store.feed({DAY.name: [await world.fold(user, 3)]})

    readers = [world.read() for _ in range(4)]
    await asyncio.gather(*readers, *(record(user) for user in range(1, 25)))

    on_board = [total._replace(name="") for total in await world.store.read_all(DAY.name) or []]
    assert on_board == await Boards(world.pool).standing(DAY)


async def test_readers_of_one_server_wait_for_the_same_filling(world: World) -> None:
    await world.fold(1, 10)
    filled: list[int] = []

    async def note() -> None:
        filled.append(1)

    server = Leaderboards(world.store, Between(world.pool, note), lambda: world.now)
    pages = await asyncio.gather(*(server.page(DAY, None, None, 9) for _ in range(10)))

    assert ([shown(page) for page in pages], len(filled)) == ([[(1, 10)]] * 10, 1)


async def test_a_board_that_takes_long_to_fill_is_filled_although_nobody_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.leaderboards.PATIENCE_SECONDS", 0.01)
    await world.fold(1, 10)
    go_on = asyncio.Event()
    server = Leaderboards(world.store, Between(world.pool, go_on.wait), lambda: world.now)
    with pytest.raises(Unavailable, match="board_building"):
        await server.page(DAY, None, None, 9)
    go_on.set()
    await eventually(lambda: world.store.page(DAY.name, None, None, 9, final=False))

    assert shown(await server.page(DAY, None, None, 9)) == [(1, 10)]
    await server.close()


async def test_a_day_that_has_not_begun_anywhere_is_empty_and_costs_nothing(world: World) -> None:
    for board in (daily(date(2999, 1, 1)), weekly(date(2999, 1, 1))):
        assert (await world.read(board)).rows == ()
    assert await world.scripted.redis.dbsize() == 0
    world.now = DAY.begins_ms - 1
    assert await world.read() == await world.read(daily(date(2999, 1, 1)))
    assert await world.scripted.redis.dbsize() == 0


async def test_a_board_is_final_after_its_instant_and_does_not_change_any_more(world: World) -> None:
    await world.fold(1, 10)
    await world.fold(2, 20)
    world.now = DAY.final_ms - 1
    assert not (await world.read()).final
    world.now = DAY.final_ms + GRACE_MS

    before = await world.read()
    late = [await world.fold(1, 500), await world.fold(3, 7)]
    await world.store.feed({DAY.name: late})
    after = await world.read()
    await world.store.drop(DAY.name)

    assert (before.final, shown(before)) == (True, [(2, 20), (1, 10)])
    assert after == before
    assert shown(await world.read()) == shown(before)
    assert not (await world.read(WEEK)).final


async def test_a_server_whose_clock_is_behind_shows_what_is_final_too(world: World) -> None:
    await world.fold(1, 10)
    world.now = DAY.final_ms + GRACE_MS
    await world.read()
    world.now = DAY.final_ms - 1000

    assert (await world.read()).final


async def test_of_two_workers_one_stores_what_is_due_and_days_without_a_worker_are_caught_up(world: World) -> None:
    for age in range(5):
        await world.fold(1, 10 + age, day=FRIDAY - timedelta(days=age), at=NOON - age * DAY_MS)
    world.now = DAY.final_ms + GRACE_MS

    stored = await asyncio.gather(world.server().finalise_due(), world.server().finalise_due())

    # The days before Friday and Friday itself; of the weeks those whose Sunday is over.
    due = (
        CATCH_UP_DAYS
        - 1
        + len({weekly(FRIDAY - timedelta(days=age)).name for age in range(CATCH_UP_DAYS)} - {WEEK.name})
    )
    assert sum(stored) == due == await world.value("SELECT count(*) FROM leaderboard_finals")
    assert await world.server().finalise_due() == 0
    assert await world.value("SELECT count(*) FROM leaderboard_final_entries") == 5
    world.now += DAY_MS
    assert await world.server().finalise_due() == 1


async def test_a_board_no_worker_has_stored_is_stored_when_it_is_asked_for_if_anybody_is_on_it(world: World) -> None:
    await world.fold(1, 10)
    world.now = NOON + 400 * DAY_MS

    assert shown(await world.read()) == [(1, 10)]
    empty = await world.read(daily(FRIDAY + timedelta(days=1)))

    assert (empty.final, empty.rows) == (True, ())
    assert await world.value("SELECT array_agg(board) FROM leaderboard_finals") == [DAY.name]


async def test_names_change_on_boards_that_are_there_and_on_those_filled_later(world: World) -> None:
    async with connection(world.pool) as held:
        user = await held.fetchval("INSERT INTO users (name, tz) VALUES ('Ann', 'UTC') RETURNING id")
        await world.fold(user, 10)
        assert (await world.read()).rows[0].name == "Ann"
        await held.execute("UPDATE users SET name = 'Anna' WHERE id = $1", user)
    await world.store.rename(user, "Anna")

    assert (await world.read()).rows[0].name == (await world.read(WEEK)).rows[0].name == "Anna"


@pytest.mark.parametrize(
    ("zone_hours", "first_moment"),
    [(14, DAY.begins_ms), (-12, DAY.begins_ms + 26 * HOUR_MS), (0, DAY.begins_ms + 14 * HOUR_MS)],
)
def test_a_day_is_everywhere_within_its_board(zone_hours: int, first_moment: int) -> None:
    """From its first moment where it comes first to its last where it comes last, and two hours more."""
    last_moment = first_moment + DAY_MS - 1
    assert time(first_moment + zone_hours * HOUR_MS).date() == FRIDAY == time(last_moment + zone_hours * HOUR_MS).date()
    assert DAY.begins_ms <= first_moment
    assert last_moment < DAY.final_ms - 2 * HOUR_MS + 1
    assert WEEK.begins_ms <= first_moment
    assert last_moment < WEEK.final_ms


@pytest.mark.parametrize(
    ("day", "week", "monday"),
    [
        ("2026-11-20", "2026-W47", "2026-11-16"),
        ("2026-12-31", "2026-W53", "2026-12-28"),
        ("2027-01-03", "2026-W53", "2026-12-28"),
        ("2027-01-04", "2027-W01", "2027-01-04"),
        ("2024-12-30", "2025-W01", "2024-12-30"),
        ("2023-01-01", "2022-W52", "2022-12-26"),
    ],
)
def test_weeks_are_those_of_iso_also_around_new_year(day: str, week: str, monday: str) -> None:
    board = weekly(date.fromisoformat(day))

    assert (board.name, board.first.isoformat()) == (f"weekly:{week}", monday)
    assert board.last - board.first == timedelta(days=6)
    assert parse_week(week) == board


def test_names_lead_back_to_their_boards() -> None:
    for board in (DAY, WEEK, of_raid(RaidId(42))):
        assert parse_board(board.name) == board
    for name in ("daily:2026-02-30", "weekly:2025-W53", "raid:042", "raid:x", "raid:", "hourly:1", ""):
        assert parse_board(name) is None


NO_DAYS = [
    "2026-02-30",
    "2026-13-01",
    "2026-1-1",
    "20261120",
    "0000-01-01",
    "1969-12-31",
    "9999-12-31",
    "today",
    "２026-11-20",
]
NO_WEEKS = ["2026-W54", "2025-W53", "2026-W00", "2026-w47", "2026W47", "2026-47", "9999-W52", "0000-W01"]


async def test_what_is_no_day_or_week_is_not_there(people: People) -> None:
    anna = await people.person()
    for path in (*(f"daily/{day}" for day in NO_DAYS), *(f"weekly/{week}" for week in NO_WEEKS)):
        assert code_of(await anna.get(f"/leaderboards/{path}")) == (404, "not_found")


def test_no_board_reaches_beyond_the_calendar() -> None:
    for first, last in (
        (parse_day("1970-01-02"), parse_day("2999-12-31")),
        (parse_week("1970-W02"), parse_week("2999-W50")),
    ):
        assert isinstance(first, Period)
        assert isinstance(last, Period)
        assert first.final_ms < last.begins_ms


async def with_xp(open_server: OpenServer, *xps: int) -> tuple[People, Any, list[Any]]:
    """People with as much XP today, each a second after the one before."""
    app, people = await open_server()
    pool, today = app.state.services.pool, datetime.now(UTC).date()
    crowd = [await people.person() for _ in xps]
    for place, (person, xp) in enumerate(zip(crowd, xps, strict=True)):
        await fold(pool, person.id, xp, day=today, at=daily(today).begins_ms + place * 1000)
    return people, today, crowd


@pytest.mark.usefixtures("one_day")
async def test_a_board_over_http(open_server: OpenServer) -> None:
    _, today, (anna, ben, cleo) = await with_xp(open_server, 10, 30, 10)
    answer = await cleo.get(f"/leaderboards/daily/{today}")

    def row(rank: int, person: Any, xp: int, tied: bool) -> dict[str, Any]:
        return {"rank": rank, "userId": person.id, "username": person.name, "xp": xp, "tied": tied}

    assert answer.status_code == 200
    assert answer.json() == {
        "board": f"daily:{today}",
        "entries": [row(1, ben, 30, False), row(2, anna, 10, True), row(2, cleo, 10, True)],
        "me": row(2, cleo, 10, True),
        "rankMethod": "competition",
        "final": False,
        "nextCursor": None,
    }
    year, week, _ = today.isocalendar()
    weekly_answer = (await anna.get(f"/leaderboards/weekly/{year}-W{week:02}")).json()
    assert weekly_answer["board"] == f"weekly:{year}-W{week:02}"
    assert weekly_answer["entries"] == answer.json()["entries"]


@pytest.mark.usefixtures("one_day")
async def test_pages_and_the_page_around_me(open_server: OpenServer) -> None:
    people, today, crowd = await with_xp(open_server, *range(100, 30, -10))
    path, me = f"/leaderboards/daily/{today}", crowd[3]
    stranger = await people.person()

    first = (await me.get(f"{path}?limit=3")).json()
    second = (await me.get(f"{path}?limit=3&cursor={first['nextCursor']}")).json()
    third = (await me.get(f"{path}?limit=3&cursor={second['nextCursor']}")).json()
    around = (await me.get(f"{path}?limit=3&around=me")).json()

    assert [entry["rank"] for page in (first, second, third) for entry in page["entries"]] == list(range(1, 8))
    assert third["nextCursor"] is None
    assert [entry["rank"] for entry in around["entries"]] == [3, 4, 5]
    assert around["entries"][1] == around["me"] == first["me"]
    nowhere = (await stranger.get(f"{path}?limit=3&around=me")).json()
    assert (nowhere["me"], [entry["rank"] for entry in nowhere["entries"]]) == (None, [1, 2, 3])


async def test_what_cannot_be_asked_of_a_board_is_refused(open_server: OpenServer) -> None:
    people, today, (anna,) = await with_xp(open_server, 10)
    path = f"/leaderboards/daily/{today}"
    for query in (
        "limit=0",
        "limit=101",
        "limit=x",
        "around=you",
        "cursor=x",
        "cursor=1-2-3&around=me",
        "limit=1&limit=2",
    ):
        assert code_of(await anna.get(f"{path}?{query}")) == (422, "validation_failed")
    assert code_of(await people.admin.get(f"{path}?around=me")) == (403, "user_required")
    assert (await people.admin.get(path)).json()["me"] is None
    assert (await Person(people.client, 0, "nobody", "").get(path)).status_code == 401


@pytest.mark.usefixtures("one_day")
async def test_an_unchanged_board_is_answered_with_304(open_server: OpenServer) -> None:
    app, people = await open_server()
    anna, ben = await people.person(), await people.person()
    today = datetime.now(UTC).date()
    path, store = f"/leaderboards/daily/{today}", app.state.services.board_store
    first = await anna.get(path)
    etag = first.headers["etag"]

    assert (await anna.get(path, If_None_Match=etag)).status_code == 304
    assert (await ben.get(path, If_None_Match=etag)).status_code == 200
    await store.feed({BoardName(f"daily:{today}"): [[ben.id, ben.name, 5, 1, 0]]})
    again = await anna.get(path, If_None_Match=etag)

    assert (again.status_code, len(again.json()["entries"])) == (200, 1)
    assert first.headers["cache-control"] == "private, no-cache"


async def test_a_raids_board_is_there_for_whoever_may_see_the_raid(people: People) -> None:
    anna, ben, stranger = await people.person(), await people.person(), await people.person()
    hidden, public = await anna.starts_raid(ben), await anna.starts_raid(public=True)
    for path in (f"/leaderboards/raids/{hidden['id']}", "/leaderboards/raids/999999", "/leaderboards/raids/x"):
        assert code_of(await stranger.get(path)) == (404, "not_found")
    assert (await stranger.get(f"/leaderboards/raids/{public['id']}")).json()["entries"] == []
    assert (await ben.get(f"/leaderboards/raids/{hidden['id']}")).status_code == 200


@pytest.mark.usefixtures("one_day")
async def test_who_got_there_first_stands_first_and_the_end_of_a_raid_is_that_of_its_board(people: People) -> None:
    anna, ben, cleo = await people.person(), await people.person(), await people.person()
    raid = await anna.starts_raid(ben, cleo, targetXp=60, targetTasks=0)
    path = f"/leaderboards/raids/{raid['id']}"
    today = datetime.now(UTC).date()
    assert (await anna.get(path)).json()["entries"] == []
    for person, xp in ((cleo, 10), (ben, 20), (anna, 10), (cleo, 10)):
        posted = await person.post(f"/raids/{raid['id']}/contributions", {"xp": xp})
        assert posted.status_code == 201

    async def all_told() -> bool:  # boards hear of what is recorded a moment later
        entries: list[dict[str, int]] = (await anna.get(path)).json()["entries"]
        return sum(entry["xp"] for entry in entries) == 50

    await eventually(all_told)
    board = (await anna.get(path)).json()
    assert [(entry["rank"], entry["userId"]) for entry in board["entries"]] == [(1, ben.id), (1, cleo.id), (3, anna.id)]
    assert not board["final"]
    assert (await anna.get(f"/leaderboards/daily/{today}")).json()["entries"] == board["entries"]

    assert (await anna.post(f"/raids/{raid['id']}/contributions", {"xp": 10})).status_code == 201

    ended = (await ben.get(path)).json()
    assert (ended["final"], ended["me"]["rank"], ended["me"]["tied"]) == (True, 1, True)
