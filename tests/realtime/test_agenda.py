"""The worker's hints: what to look at next."""

import pytest

from raidline.ids import RaidId
from realtime import keys
from realtime.agenda import Agenda
from realtime.connection import Scripted

A_DAY = 24 * 3600 * 1000


@pytest.fixture
def agenda(scripted: Scripted) -> Agenda:
    return Agenda(scripted)


async def test_its_clock_is_that_of_redis(agenda: Agenda, scripted: Scripted) -> None:
    before = (await scripted.redis.time())[0]

    assert before * 1000 <= await agenda.now_ms() < (before + 60) * 1000


async def test_deadlines_are_due_when_they_have_passed_the_oldest_first(agenda: Agenda) -> None:
    now = await agenda.now_ms()
    await agenda.note_deadlines(
        [(RaidId(1), now - 1), (RaidId(2), now + A_DAY), (RaidId(3), now - A_DAY), (RaidId(4), now - 2)]
    )

    assert await agenda.deadlines_due(10) == [3, 4, 1]
    assert await agenda.deadlines_due(2) == [3, 4]


async def test_a_deadline_stays_until_it_is_dropped(agenda: Agenda) -> None:
    await agenda.note_deadlines([(RaidId(1), 5), (RaidId(2), 6)])

    await agenda.drop_deadline(RaidId(1))

    assert await agenda.deadlines_due(10) == [2]


async def test_no_deadlines_are_noted_as_none(agenda: Agenda) -> None:
    await agenda.note_deadlines([])
    await agenda.note_unaudited([])

    assert await agenda.deadlines_due(10) == []
    assert await agenda.take_unaudited(0, 10) == []


async def test_a_hint_is_taken_once(agenda: Agenda) -> None:
    await agenda.note_unaudited([RaidId(1), RaidId(2), RaidId(3)])

    first, second = await agenda.take_unaudited(0, 2), await agenda.take_unaudited(0, 2)

    assert (len(first), sorted(first + second)) == (2, [1, 2, 3])
    assert await agenda.take_unaudited(0, 2) == []


async def test_a_young_hint_is_left_to_the_server_that_gave_it(agenda: Agenda) -> None:
    await agenda.note_unaudited([RaidId(1)])

    assert await agenda.take_unaudited(A_DAY, 10) == []
    assert await agenda.take_unaudited(0, 10) == [1]


async def test_a_hint_that_is_given_again_keeps_its_age(agenda: Agenda, scripted: Scripted) -> None:
    await scripted.redis.zadd(keys.RAIDS_UNAUDITED, {"1": await agenda.now_ms() - A_DAY})

    await agenda.note_unaudited([RaidId(1)])

    assert await agenda.take_unaudited(A_DAY - 1000, 10) == [1]
