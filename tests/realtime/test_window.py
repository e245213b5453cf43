"""The shared window: positions, bounds, and chunks that are shared."""

from itertools import pairwise

import orjson

from raidline.ids import Epoch, RaidId, Seq
from realtime.cursor import Cursor
from realtime.entries import Entry
from realtime.frames import CommentFrame, Frame, ResetFrame, entry_frame, raid_reset, socket_framing, sse_framing
from realtime.window import MAX_WRITE_BYTES, Window
from tests.realtime.memory import RAID, Memory


def event(seq: int, size: int = 10, epoch: int = 7) -> Frame:
    return entry_frame(RAID, Entry(Epoch(epoch), Seq(seq), "contribution", b'"%s"' % (b"x" * size)))


def cursor(seq: int, epoch: int = 7) -> Cursor:
    return Cursor(Epoch(epoch), Seq(seq))


def reset(epoch: int) -> ResetFrame:
    return raid_reset(Memory(epoch=Epoch(epoch), seq=Seq(3)).snapshot(), set())


def test_positions_stay_when_frames_are_trimmed() -> None:
    window = Window(max_frames=3)
    for seq in range(1, 6):
        window.append(event(seq))
    assert (window.start, window.end) == (2, 5)
    assert [frame.key for frame in window.since(3)] == [(7, 4), (7, 5)]
    assert len(window.since(0)) == 3


def test_a_window_is_bounded_by_bytes() -> None:
    window = Window(max_bytes=100)
    for seq in range(1, 20):
        window.append(event(seq, 30))
    assert window.end - window.start == 3


def test_the_last_frame_stays_however_large() -> None:
    window = Window(max_bytes=100)
    window.append(event(1, 5000))
    assert (window.start, window.end) == (0, 1)


def test_a_chunk_is_the_same_object_for_all_at_one_position() -> None:
    window = Window()
    for seq in range(1, 4):
        window.append(event(seq))
    first, end, last = window.share(sse_framing, 1, True)
    assert (end, last) == (3, (7, 3))
    assert window.share(sse_framing, 1, True)[0] is first
    assert window.share(socket_framing, 1, True)[0] is not first
    window.append(event(4))
    assert window.share(sse_framing, 1, True)[1] == 4


def test_a_frame_is_encoded_once() -> None:
    frame = event(1)
    assert frame.as_sse(True) is frame.as_sse(False)
    assert frame.as_texts(True) is frame.as_texts(False)


def test_a_chunk_of_nothing_of_the_log_leads_nowhere() -> None:
    window = Window()
    window.append(event(1))
    window.append(CommentFrame(b"heartbeat"))
    assert window.share(sse_framing, 0, True)[2] == (7, 1)
    assert window.share(sse_framing, 1, True)[2] is None


def test_one_chunk_is_bounded_and_the_rest_follows() -> None:
    window = Window(max_bytes=10 * MAX_WRITE_BYTES)
    for seq in range(1, 11):
        window.append(event(seq, MAX_WRITE_BYTES // 2))
    ends, position = [0], 0
    while position < window.end:
        _, position, _ = window.share(sse_framing, position, False)
        ends.append(position)
    assert all(0 < after - before <= 3 for before, after in pairwise(ends))
    assert position == 10


def test_few_shares_are_kept() -> None:
    window = Window()
    for seq in range(1, 101):
        window.append(event(seq))
    for position in range(100):
        window.share(sse_framing, position, False)
    assert len(window._shares) <= 8


def test_a_reset_takes_the_place_of_everything_before_it() -> None:
    window = Window()
    for seq in range(1, 4):
        window.append(event(seq))
    window.restart(reset(9))
    assert window.begins_anew
    assert (window.start, window.end) == (3, 4)
    window.append(event(4, epoch=9))
    assert window.since(0)[0].key == (9, 3)


def test_whether_the_rest_of_a_log_stands_in_the_window() -> None:
    window = Window(max_frames=3)
    assert window.follows(cursor(0))
    window.append(CommentFrame(b"heartbeat"))
    for seq in range(5, 8):
        window.append(event(seq))
    assert window.follows(cursor(4))
    assert window.follows(cursor(6))
    assert window.follows(cursor(70))
    assert not window.follows(cursor(3))
    assert not window.follows(cursor(6, epoch=6))


def test_a_reset_in_the_window_makes_up_for_what_is_missing_before_it() -> None:
    window = Window()
    window.restart(reset(9))
    window.append(event(4, epoch=9))
    assert window.follows(cursor(100, epoch=8))


def test_an_event_carries_its_cursor_and_a_control_frame_none() -> None:
    frame = event(5)
    assert frame.as_sse(False).startswith(b"id: 7-5\nevent: contribution\ndata: ")
    content = orjson.loads(frame.as_texts(False)[0])
    assert content == {
        "type": "event",
        "raidId": 42,
        "id": "7-5",
        "event": "contribution",
        "data": "xxxxxxxxxx",
    }
    assert CommentFrame(b"hi", 1500).as_sse(False) == b": hi\nretry: 1500\n\n"
    assert CommentFrame(b"hi").as_texts(False) == ()


def test_a_line_break_in_data_cannot_end_the_field() -> None:
    frame = entry_frame(RaidId(1), Entry(Epoch(1), Seq(1), "contribution", b'{"a":\r\n1,\n"b":2}'))
    lines = frame.as_sse(False).split(b"\n")
    assert lines[2] == b'data: {"a": 1, "b":2}'
    assert lines[3:] == [b"", b""]
