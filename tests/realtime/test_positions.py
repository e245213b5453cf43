"""The cursor of several logs: what is written is read, and nothing else is."""

import string
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime.cursor import Cursor
from realtime.positions import TEXT_MAX, VERSION, Positions, claims, parse, written
from realtime.topics import OwnTopic, RaidTopic, Topic

IDS = st.integers(1, 10**18 - 1)
PARTS = st.integers(0, 10**15 - 1)
CURSORS = st.builds(Cursor, st.builds(Epoch, PARTS), st.builds(Seq, PARTS))
TOPICS = st.one_of(
    st.builds(RaidTopic, st.builds(RaidId, IDS)),
    st.builds(OwnTopic, st.builds(UserId, IDS)),
)
PLACES = st.dictionaries(TOPICS, CURSORS, max_size=48)
DIGITS = string.ascii_letters + string.digits + "-_"

LAUNDRY, GARDEN, OWN = RaidTopic(RaidId(42)), RaidTopic(RaidId(43)), OwnTopic(UserId(42))


def at(epoch: int, seq: int) -> Cursor:
    return Cursor(Epoch(epoch), Seq(seq))


def text_of(places: Mapping[Any, Cursor]) -> str:
    positions = Positions()
    for topic, cursor in places.items():
        positions.reach(topic, cursor)
    return positions.text()


@given(PLACES)
def test_what_is_written_is_read(places: dict[Topic, Cursor]) -> None:
    assert parse(text_of(places)) == places


@given(PLACES)
def test_it_is_plain_text_of_bounded_length(places: dict[Topic, Cursor]) -> None:
    text = text_of(places)
    assert len(text) <= TEXT_MAX
    assert set(text) <= set(DIGITS)


@given(PLACES, st.lists(st.tuples(TOPICS, CURSORS), max_size=3), st.lists(TOPICS, max_size=3))
def test_what_moves_and_what_is_forgotten_leave_the_rest_as_it_was(
    places: dict[Topic, Cursor], moves: list[tuple[Topic, Cursor]], forgotten: list[Topic]
) -> None:
    positions = Positions()
    for topic, cursor in places.items():
        positions.reach(topic, cursor)
    positions.text()
    for topic, cursor in moves:
        positions.reach(topic, cursor)
    leaving = forgotten + list(places)[:2]
    for topic in leaving:
        positions.forget(topic)
    kept = {topic: cursor for topic, cursor in {**places, **dict(moves)}.items() if topic not in leaving}
    assert parse(positions.text()) == kept


@given(st.one_of(st.text(max_size=60), st.text(DIGITS, max_size=60).map(lambda text: VERSION + text)))
def test_anything_is_read_or_is_none_and_nothing_raises(text: str) -> None:
    found = parse(text)
    if found is not None:
        assert parse(text_of(found)) == found


@given(CURSORS)
def test_the_cursor_of_a_single_log_is_none_of_several_and_the_other_way_round(cursor: Cursor) -> None:
    assert parse(str(cursor)) is None
    assert Cursor.parse(text_of({LAUNDRY: cursor})) is None


@given(PLACES.filter(bool))
def test_one_that_was_cut_short_is_none_or_less(places: dict[Topic, Cursor]) -> None:
    text = text_of(places)
    for end in range(len(text)):
        found = parse(text[:end])
        assert found is None or found.items() < places.items()


def test_another_version_and_a_place_given_twice_are_not_read() -> None:
    text = text_of({LAUNDRY: at(7, 1)})
    assert parse("q" + text[1:]) is None
    assert parse(text + text[1:]) is None
    assert parse(text + "A") is None
    assert parse("") is None
    assert parse(VERSION) == {}


def test_numbers_that_are_too_large_are_not_read() -> None:
    for three in [(10**18 * 2, 1, 1), (84, 10**15, 1), (84, 1, 10**15), (0, 1, 1), (1, 1, 1), (84, 1, 2**70)]:
        assert parse(VERSION + "".join(map(written, three))) is None
    assert parse(VERSION + "g" * 14) is None
    longest = {RaidTopic(RaidId(10**18 - 1 - number)): at(10**15 - 1, 10**15 - 1) for number in range(51)}
    assert parse(text_of(longest)) == longest
    assert len(text_of(longest)) == 1 + 51 * (13 + 10 + 10)
    assert parse(VERSION + "A" * TEXT_MAX) is None


def test_it_is_short() -> None:
    assert len(text_of({RaidTopic(RaidId(number)): at(3, 200) for number in range(1000, 1050)})) < 400


def test_nothing_moved_until_something_is_reached() -> None:
    positions = Positions()
    moved = [positions.moved]
    positions.reach(LAUNDRY, at(7, 1))
    moved.append(positions.moved)
    positions.text()
    moved.append(positions.moved)
    assert moved == [False, True, False]
    positions.reach(LAUNDRY, at(8, 1))
    assert parse(positions.text()) == {LAUNDRY: at(8, 1)}


def test_each_log_claims_its_own_place() -> None:
    asked: list[Topic] = [OWN, LAUNDRY, GARDEN]
    assert claims(None, asked) == {OWN: None, LAUNDRY: None, GARDEN: None}
    text = text_of({GARDEN: at(7, 3), OWN: at(9, 1), RaidTopic(RaidId(99)): at(1, 1)})
    assert claims(text, asked) == {OWN: "9-1", LAUNDRY: None, GARDEN: "7-3"}
    for unreadable in ("nonsense", "7-3", "", "p!", "p" * 5000):
        assert claims(unreadable, asked) == {OWN: "", LAUNDRY: "", GARDEN: ""}
