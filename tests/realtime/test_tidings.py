"""What is heard of presence, what is missing, and what is said: decided by arithmetic alone."""

import pytest

from raidline.ids import Epoch, Seq, UserId
from realtime.cursor import Cursor
from realtime.entries import Aside
from realtime.marks import NOTHING_YET, Mark
from realtime.tidings import IDS_PER_FRAME, News, Tidings, Whole, parse_news
from realtime.visibility import Change
from tests.realtime.bench import bench

LIFE = 1000
A, B, C = UserId(1), UserId(2), UserId(3)


def mark(version: int, life: int = LIFE) -> Mark:
    return Mark(life, version)


def cursor(seq: int) -> Cursor:
    return Cursor(Epoch(7), Seq(seq))


def news(version: int, online: list[UserId] | None = None, offline: list[UserId] | None = None) -> News:
    return News(mark(version), online or [], offline or [])


def begun(at: Mark = NOTHING_YET) -> Tidings:
    tidings = Tidings()
    tidings.begin(None, at)  # type: ignore[arg-type]
    return tidings


def test_what_is_next_is_said_once() -> None:
    tidings = begun(mark(4))
    for version in (3, 4, 5, 5):
        tidings.hear(news(version, [UserId(version)]), in_order=True)
    assert tidings.say() == ([UserId(5)], [])
    assert not tidings.has_unsaid
    assert not tidings.wants_whole


def test_changes_of_a_second_are_one_saying_with_the_latest_of_each() -> None:
    tidings = begun()
    tidings.hear(news(1, [A, B]), in_order=True)
    tidings.hear(news(2, [C], [A]), in_order=True)
    tidings.hear(news(3, [A], [C]), in_order=True)
    assert tidings.say() == ([A, B], [C])


def test_who_is_back_to_what_they_were_is_said_all_the_same() -> None:
    """A snapshot may have been read in between."""
    tidings = begun(mark(1))
    tidings.hear(news(2, [], [A]), in_order=True)
    tidings.hear(news(3, [A]), in_order=True)
    assert tidings.say() == ([A], [])


@pytest.mark.parametrize(
    ("known", "heard"), [(mark(4), mark(6)), (mark(4), mark(1, LIFE + 1)), (NOTHING_YET, mark(2)), (mark(0), mark(2))]
)
def test_a_gap_or_a_new_life_wants_the_whole(known: Mark, heard: Mark) -> None:
    tidings = begun(known)
    tidings.hear(News(heard, [A], []), in_order=True)
    assert tidings.wants_whole
    assert tidings.say() == ([A], [])


def test_what_is_heard_while_entries_are_missing_wants_the_whole() -> None:
    tidings = begun()
    tidings.hear(news(1, [A]), in_order=False)
    assert tidings.wants_whole


def test_an_entry_says_more_than_what_was_heard_before_it() -> None:
    tidings = begun()
    tidings.hear(news(1, [], [A]), in_order=True)
    tidings.follow(Change(left=A), cursor(5), in_order=True)
    tidings.follow(Change(joined=A), cursor(6), in_order=True)
    assert not tidings.has_unsaid
    assert not tidings.wants_whole


def test_who_joins_late_wants_the_whole() -> None:
    tidings = begun()
    tidings.follow(Change(joined=A), cursor(6), in_order=False)
    assert tidings.wants_whole


def test_what_redis_has_told_and_nobody_heard_by_its_next_reply_is_lost() -> None:
    tidings = begun(mark(1))
    wanted = []
    for _ in range(2):  # at first it may be on its way
        tidings.expect(mark(2))
        wanted.append(tidings.wants_whole)
    assert wanted == [False, True]


def test_what_was_heard_in_time_is_not_lost() -> None:
    heard = begun(mark(1))
    heard.expect(mark(2))
    heard.hear(news(2, [A]), in_order=True)
    heard.expect(mark(2))
    assert not heard.wants_whole


def test_the_whole_waits_for_the_entries_it_is_as_new_as() -> None:
    tidings = begun()
    tidings.hear(news(3, [C]), in_order=True)
    tidings.ask()
    tidings.answer(Whole(mark(3), cursor(9), [C], [A]))
    assert tidings.take_whole(cursor(8)) is None
    assert tidings.take_whole(cursor(9)) == ([], {C: True, A: False})
    assert tidings.say() == ([C], [A])
    assert not tidings.wants_whole


def test_what_was_heard_since_is_newer_than_the_whole_and_older_is_not() -> None:
    tidings = begun()
    tidings.hear(news(5, [A]), in_order=True)
    tidings.ask()
    tidings.hear(news(6, [], [A]), in_order=True)
    tidings.hear(news(7, [B]), in_order=True)
    tidings.follow(Change(left=C), cursor(10), in_order=True)
    tidings.answer(Whole(mark(6), cursor(9), [A, C], [B]))
    taken = tidings.take_whole(cursor(10))
    assert taken == ([], {A: True, B: True})


def test_a_whole_that_could_not_be_had_is_wanted_still() -> None:
    tidings = begun(mark(1))
    tidings.hear(news(3), in_order=True)
    tidings.ask()
    assert not tidings.wants_whole
    tidings.unanswered()
    assert tidings.wants_whole


def test_a_gap_while_the_whole_is_asked_for_wants_another() -> None:
    tidings = begun(mark(1))
    tidings.hear(news(3), in_order=True)
    tidings.ask()
    tidings.hear(news(5), in_order=True)
    tidings.answer(Whole(mark(3), cursor(1), [], []))
    assert tidings.take_whole(cursor(1)) is not None
    assert tidings.wants_whole


def test_no_more_than_a_frame_is_said_at_once() -> None:
    tidings = begun()
    users = [UserId(number) for number in range(1, IDS_PER_FRAME + 11)]
    tidings.hear(news(1, users), in_order=True)
    assert len(tidings.say()[0]) == IDS_PER_FRAME
    assert tidings.say() == (users[IDS_PER_FRAME:], [])


async def test_a_stream_that_resumed_is_owed_the_whole_until_it_is_gone() -> None:
    async with bench() as on:
        client = await on.client("7-0")
        (channel,) = on.hub._channels
        assert channel.tidings.wants_whole
        on.gone(client)
        assert not channel.tidings.wants_whole


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"online":[1]}'])
def test_what_cannot_be_read_is_no_news(data: bytes) -> None:
    assert parse_news(Aside("1-1", "presence", data)) is None


def test_news_are_read() -> None:
    assert parse_news(Aside("5-2", "presence", b'{"online":[1],"offline":[2]}')) == News(Mark(5, 2), [A], [B])
    assert parse_news(Aside("x", "presence", b'{"online":[1],"offline":[2]}')) is None
