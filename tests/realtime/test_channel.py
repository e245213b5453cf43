"""What an arriving message is to a channel, decided by arithmetic alone."""

import pytest

from raidline.ids import Epoch, Seq, UserId
from realtime.channel import RESET, Place, place
from realtime.channels import parse_message
from realtime.cursor import Cursor
from realtime.entries import Entry
from realtime.visibility import Change, change_of

HEAD = Cursor(Epoch(7), Seq(5))


@pytest.mark.parametrize(
    ("epoch", "seq", "event", "expected"),
    [
        (7, 5, "contribution", Place.KNOWN),
        (7, 1, "contribution", Place.KNOWN),
        (6, 99, "contribution", Place.KNOWN),
        (6, 99, RESET, Place.KNOWN),
        (7, 5, RESET, Place.KNOWN),
        (7, 6, "contribution", Place.NEXT),
        (7, 7, "contribution", Place.BEYOND),
        (8, 6, "contribution", Place.BEYOND),
        (8, 5, RESET, Place.BEYOND),
        (8, 0, RESET, Place.BEYOND),
        (7, 6, RESET, Place.BEYOND),
    ],
)
def test_the_place_of_a_message(epoch: int, seq: int, event: str, expected: Place) -> None:
    assert place(HEAD, Entry(Epoch(epoch), Seq(seq), event, b"{}")) is expected


def test_a_message_is_cursor_event_and_data() -> None:
    entry = parse_message(b'7-6\ncontribution\n{"title":"a\nb"}')
    assert entry == Entry(Epoch(7), Seq(6), "contribution", b'{"title":"a\nb"}')


@pytest.mark.parametrize(
    "payload", [b"", b"7-6", b"7-6\nx", b"7\nx\n{}", b"a-b\nx\n{}", b"1-2-3\nx\n{}", b"\xff\n\xff\n"]
)
def test_a_broken_message_is_none(payload: bytes) -> None:
    assert parse_message(payload) is None


def test_changes_of_who_may_see_a_raid() -> None:
    assert change_of("member_join", b'{"userId":3}') == Change(joined=UserId(3))
    assert change_of("member_leave", b'{"userId":3}') == Change(left=UserId(3))
    assert change_of("raid_update", b'{"public":false}') == Change(public=False)
    assert change_of("raid_update", b'{"title":"x"}') is None
    assert change_of("contribution", b'{"userId":3}') is None
    assert change_of("member_join", b"{") is None


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (Change(joined=UserId(3)), False, True),
        (Change(joined=UserId(4)), False, False),
        (Change(left=UserId(3)), True, False),
        (Change(left=UserId(4)), True, True),
        (Change(public=False), True, True),
        (Change(members=frozenset({UserId(3)})), False, True),
        (Change(members=frozenset()), True, False),
    ],
)
def test_membership_follows_the_changes(change: Change, before: bool, after: bool) -> None:
    assert change.membership_of(UserId(3), before) is after


def test_nobody_is_never_a_member() -> None:
    assert not Change(joined=UserId(3)).membership_of(None, True)
