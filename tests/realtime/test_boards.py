"""Leaderboards in Redis: what is told in any order, ranks, pages, filling, names."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raidline.boards import BoardName, Total
from raidline.ids import UserId
from realtime import keys
from realtime.boards import BoardPage, BoardStore, Building, Place, Row
from realtime.connection import Scripted
from tests.realtime.board_model import Board

BOARD = BoardName("daily:2026-11-21")
OTHER = BoardName("raid:42")
NOW = 4_102_444_800_000
"""The year 2100: boards of tests do not run out."""

A_DAY = 24 * 3600 * 1000
A_MOMENT = 60_000
"""Milliseconds that asking for several expiries in turn never takes, and by which no two kinds of them agree."""


@pytest.fixture
def store(scripted: Scripted) -> BoardStore:
    return BoardStore(scripted)


def total(user_id: int, xp: int, *, version: int = 1, at: int = 0, name: str = "") -> Total:
    return Total(UserId(user_id), name or f"person {user_id}", xp, version, NOW + at)


async def begun(store: BoardStore, board: BoardName = BOARD, *, final: bool = False) -> Building:
    return await store.begin(board, NOW, final=final)


async def ready(
    store: BoardStore, totals: Sequence[Total] = (), board: BoardName = BOARD, *, final: bool = False
) -> None:
    building = await begun(store, board, final=final)
    assert await store.fill(building, totals)
    assert await store.finish(building, NOW, NOW + A_DAY)


async def page(store: BoardStore, me: int | None = None, place: Place | None = None, limit: int = 100) -> BoardPage:
    found = await store.page(BOARD, None if me is None else UserId(me), place, limit)
    assert found is not None
    return found


def ranks(rows: Sequence[Row]) -> list[tuple[int, int, bool]]:
    return [(row.rank, row.user_id, row.tied) for row in rows]


async def test_equals_share_a_rank_and_stand_in_the_order_in_which_they_got_there(store: BoardStore) -> None:
    await ready(store, [total(1, 50, at=3), total(2, 90), total(3, 50, at=1), total(4, 50, at=2), total(5, 10)])

    rows = (await page(store)).rows

    assert ranks(rows) == [(1, 2, False), (2, 3, True), (2, 4, True), (2, 1, True), (5, 5, False)]
    assert [row.xp for row in rows] == [90, 50, 50, 50, 10]
    assert rows[0].name == "person 2"


async def test_who_got_there_in_the_same_millisecond_stand_by_their_ids(store: BoardStore) -> None:
    await ready(store, [total(100, 5), total(9, 5), total(20, 5)])

    assert [row.user_id for row in (await page(store)).rows] == [9, 20, 100]


async def test_totals_that_come_late_or_twice_change_nothing(store: BoardStore) -> None:
    await ready(store)
    for version, xp in ((2, 30), (1, 10), (2, 30), (3, 40), (1, 10)):
        await store.feed({BOARD: [[7, "Ada", xp, version, NOW + version]]})

    told = await page(store, me=7)

    assert told.me == Row(1, UserId(7), "Ada", 40, False, NOW + 3)
    assert len(told.rows) == 1


async def test_who_loses_all_their_xp_is_off_the_board_and_no_older_total_brings_them_back(store: BoardStore) -> None:
    await ready(store, [total(1, 5, version=1), total(2, 3)])
    await store.feed({BOARD: [total(1, 0, version=3)]})
    await store.feed({BOARD: [total(1, 9, version=2)]})

    assert ranks((await page(store, me=1)).rows) == [(1, 2, False)]
    assert (await page(store, me=1)).me is None


async def test_someone_who_loses_xp_stands_where_they_belong_now(store: BoardStore) -> None:
    await ready(store, [total(1, 50), total(2, 40)])
    await store.feed({BOARD: [total(1, 30, version=2, at=9)]})

    assert ranks((await page(store)).rows) == [(1, 2, False), (2, 1, False)]


async def test_a_board_that_is_not_there_stays_so_whatever_it_is_told(store: BoardStore, scripted: Scripted) -> None:
    await store.feed({BOARD: [total(1, 5)], OTHER: [total(1, 5)]})
    await store.feed({})

    assert await store.page(BOARD, None, None, 10) is None
    assert await scripted.redis.keys("leaderboard*") == []


async def test_a_board_cannot_be_read_before_it_is_finished(store: BoardStore) -> None:
    building = await begun(store)
    await store.fill(building, [total(1, 5)])
    assert await store.page(BOARD, None, None, 10) is None

    assert await store.finish(building, NOW, NOW + A_DAY)

    assert len((await page(store)).rows) == 1


async def test_what_is_told_while_a_board_is_filled_is_on_it(store: BoardStore) -> None:
    building = await begun(store)
    await store.feed({BOARD: [total(1, 50, version=5), total(2, 0, version=4)]})
    await store.fill(building, [total(1, 20, version=2), total(2, 30, version=3), total(3, 10)])
    await store.finish(building, NOW, NOW + A_DAY)

    assert [(row.user_id, row.xp) for row in (await page(store)).rows] == [(1, 50), (3, 10)]


async def test_several_may_fill_a_board_at_once(store: BoardStore) -> None:
    first, second = await begun(store), await begun(store)
    assert (first.life, first.ready) == (second.life, second.ready) == (first.life, False)
    await store.fill(second, [total(1, 20, version=2)])
    assert await store.finish(second, NOW, NOW + A_DAY)
    assert await store.fill(first, [total(1, 10, version=1), total(2, 1)])
    assert await store.finish(first, NOW, NOW + A_DAY)

    assert [(row.user_id, row.xp) for row in (await page(store)).rows] == [(1, 20), (2, 1)]
    assert (await begun(store)).ready


async def test_a_filling_that_was_given_up_is_finished_by_another(store: BoardStore, scripted: Scripted) -> None:
    given_up = await begun(store)
    await store.fill(given_up, [total(1, 5)])
    assert 0 < await scripted.redis.pttl(keys.board_keys(BOARD)[0]) < 100 * 366 * A_DAY
    await ready(store, [total(1, 5), total(2, 6)])

    assert [row.user_id for row in (await page(store)).rows] == [2, 1]


async def test_a_life_that_is_gone_takes_nothing(store: BoardStore) -> None:
    building = await begun(store)
    await store.drop(BOARD)
    assert not await store.fill(building, [total(1, 5)])
    assert not await store.finish(building, NOW, NOW + A_DAY)
    await begun(store)
    assert not await store.fill(building, [total(1, 5)])
    assert not await store.finish(building, NOW, NOW + A_DAY)


async def test_a_board_that_another_run_of_redis_kept_is_none(store: BoardStore, scripted: Scripted) -> None:
    """It may lack what was told between its last dump and its end."""
    await ready(store, [total(1, 5), total(2, 7)])
    await scripted.redis.hset(keys.board_keys(BOARD)[2], "run_id", "another")
    await store.feed({BOARD: [total(1, 6, version=2)]})
    assert await store.page(BOARD, None, None, 10) is None

    await ready(store, [total(1, 6, version=2)])

    assert [(row.user_id, row.xp) for row in (await page(store)).rows] == [(1, 6)]


async def test_what_is_final_takes_the_place_of_what_moved_and_does_not_move(store: BoardStore) -> None:
    await ready(store, [total(1, 5), total(2, 7)])
    old = await begun(store)
    assert await store.page(BOARD, None, None, 10, final=True) is None
    building = await begun(store, final=True)
    assert (building.final, building.ready) == (True, False)
    assert not await store.fill(old, [total(3, 9)])
    await store.fill(building, [total(1, 6, version=0)])
    await store.finish(building, NOW, NOW + A_DAY)
    await store.feed({BOARD: [total(1, 99, version=9), total(4, 1)]})

    found = await page(store)

    assert (found.final, [(row.user_id, row.xp) for row in found.rows]) == (True, [(1, 6)])
    assert (await begun(store)).final, "whoever wants one that moves gets what is final"


async def test_keys_of_a_board_end_together(store: BoardStore, scripted: Scripted) -> None:
    await ready(store)
    await store.feed({BOARD: [total(1, 5)]})
    await store.rename(UserId(2), "Ben")

    left = [await scripted.redis.pttl(key) for key in keys.board_keys(BOARD)]

    assert min(left) > 0
    assert max(left) - min(left) < A_MOMENT


async def test_an_edition_changes_with_the_board_alone(store: BoardStore) -> None:
    await ready(store, [total(1, 5)])
    editions = [(await page(store)).edition for _ in range(2)]
    await store.feed({BOARD: [total(1, 5)]})
    editions.append((await page(store)).edition)
    assert len(set(editions)) == 1
    await store.feed({BOARD: [total(1, 6, version=2)]})
    editions.append((await page(store)).edition)
    await store.rename(UserId(1), "Ada")
    editions.append((await page(store)).edition)
    await store.drop(BOARD)
    await ready(store, [total(1, 5)])
    editions.append((await page(store)).edition)
    assert len(set(editions)) == 4


async def test_names_that_were_given_are_not_taken_back_by_totals(store: BoardStore) -> None:
    await ready(store, [total(1, 5, name="Ann")])
    building = await begun(store, OTHER)
    await store.rename(UserId(1), "Anna: the 2nd\n")
    await store.feed({BOARD: [total(1, 9, version=2, name="Ann")]})
    await store.fill(building, [total(1, 3, name="Ann"), total(2, 3, name="Ben")])
    await store.finish(building, NOW, NOW + A_DAY)

    for board in (BOARD, OTHER):
        found = await store.page(board, UserId(1), None, 10)
        assert found is not None
        assert found.me is not None
        assert found.me.name == "Anna: the 2nd\n"


async def test_who_is_forgotten_keeps_a_place_without_a_name(store: BoardStore) -> None:
    await ready(store, [total(1, 9), total(2, 5), total(3, 1)])
    await store.forget(UserId(2))

    rows = (await page(store)).rows

    assert [(row.rank, row.name) for row in rows] == [(1, "person 1"), (2, ""), (3, "person 3")]


async def test_someone_of_whom_only_the_rank_is_left_keeps_their_place_without_a_name(
    store: BoardStore, scripted: Scripted
) -> None:
    await ready(store, [total(1, 50), total(2, 40, at=7), total(3, 40, at=9)])
    _, people, _ = keys.board_keys(BOARD)
    await scripted.plain([["HDEL", people, "2"]])

    told = await page(store, me=2)

    assert ranks(told.rows) == [(1, 1, False), (2, 2, True), (2, 3, True)]
    assert told.rows[1] == Row(2, UserId(2), "", 40, True, NOW + 7)
    assert told.me is None
    assert (await page(store, me=3)).me == told.rows[2]
    assert (await page(store, place=told.rows[1].place)).rows == told.rows[2:]


async def test_a_page_goes_on_where_the_last_one_ended_although_the_board_moved(store: BoardStore) -> None:
    await ready(store, [total(user, 100 - user) for user in range(1, 10)])
    first = await page(store, limit=4)
    assert [row.user_id for row in first.rows] == [1, 2, 3, 4]
    # The last one read climbs to the top, one of those read falls behind, one not read climbs above the point.
    await store.feed({BOARD: [total(4, 500, version=2), total(2, 1, version=2), total(9, 400, version=2)]})

    second = await page(store, place=first.following, limit=4)
    third = await page(store, place=second.following, limit=4)

    assert ranks(second.rows) == [(5, 5, False), (6, 6, False), (7, 7, False), (8, 8, False)]
    assert [row.user_id for row in third.rows] == [2]
    assert third.following is None


async def test_the_greatest_numbers_stay_exact(store: BoardStore) -> None:
    most = 2**53 - 1
    await ready(store, [total(1, most - 1), total(2, most), Total(UserId(2**53 - 1), "Ada", 10**12, 1, NOW)])

    rows = (await page(store)).rows

    assert [(row.user_id, row.xp) for row in rows] == [(2, most), (1, most - 1), (2**53 - 1, 10**12)]
    assert await store.read_all(BOARD) == [
        total(2, most), total(1, most - 1), Total(UserId(2**53 - 1), "Ada", 10**12, 1, NOW),
    ]  # fmt: skip


async def test_all_of_a_board_can_be_read_in_its_order(store: BoardStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.boards.READ_AT_ONCE", 3)
    assert await store.read_all(BOARD) is None
    totals = [total(user, 1000 - user, name="ä:b") for user in range(1, 12)]
    await ready(store, [*totals, total(99, 0)])

    assert await store.read_all(BOARD) == totals


@pytest.mark.parametrize("text", ["", "1", "1-2", "1-2-3-4", "a-2-3", "-1-2-3", "1-2-³", "1-2-" + "9" * 20])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        Place.parse(text)


users = st.integers(1, 12)
told = st.builds(
    lambda user, xp, version, at: total(user, xp, version=version, at=at, name=f"{user} at {version}"),
    users, st.sampled_from([0, 1, 1, 2, 2, 3, 10**15]), st.integers(1, 4), st.integers(0, 2),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tellings=st.lists(st.lists(told, max_size=8), max_size=6), limit=st.integers(1, 6), me=users)
async def test_ranks_pages_and_my_own_place_are_those_of_the_model(
    store: BoardStore, tellings: list[list[Total]], limit: int, me: int
) -> None:
    await store.drop(BOARD)
    await ready(store)
    model = Board()
    for some in tellings:
        model.take(some)
        await store.feed({BOARD: some})
    expected = model.rows()

    whole = await page(store, me=me)
    assert list(whole.rows) == expected
    assert whole.me == model.row(UserId(me))
    around = await store.page(BOARD, UserId(me), "me", limit)
    assert around is not None
    assert list(around.rows) == model.around(UserId(me), limit)
    assert around.me == whole.me
    assert await paged(store, limit) == expected
    place = Place(2, NOW + 1, UserId(me))
    assert list((await page(store, place=place, limit=limit)).rows) == model.after(place, limit)


async def paged(store: BoardStore, limit: int) -> list[Row]:
    one = await page(store, limit=limit)
    rows = list(one.rows)
    while one.following is not None:
        one = await page(store, place=one.following, limit=limit)
        rows += one.rows
    return rows


async def test_many_tellers_and_fillers_at_once_agree(store: BoardStore) -> None:
    model = Board()
    newest = [total(user, 7 * user % 11, version=9, at=user % 3) for user in range(1, 30)]
    older = [one._replace(version=1, xp=one.xp + 1) for one in newest]
    model.take(newest)

    async def fill() -> None:
        building = await begun(store)
        await store.fill(building, older)
        await store.feed({BOARD: newest})
        await store.finish(building, NOW, NOW + A_DAY)

    await asyncio.gather(*(fill() for _ in range(5)), *(store.feed({BOARD: older}) for _ in range(5)))

    assert list((await page(store)).rows) == model.rows()
