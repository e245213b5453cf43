"""Sessions end on time, whatever order they come in, and who is gone is forgotten."""

from realtime import sse
from realtime.deadlines import Deadlines
from realtime.ending import Ending
from realtime.stream import Stream, Viewer
from tests.realtime.clock import Clock


def streams(count: int) -> list[Stream]:
    return [Stream(Viewer(), sse.SSE) for _ in range(count)]


async def test_each_stream_ends_with_its_own_session(clock: Clock) -> None:
    deadlines = Deadlines()
    late, soon, past, never = streams(4)
    for stream, seconds in ((late, 20.0), (soon, 5.0), (past, -1.0), (never, 3600.0)):
        deadlines.add(stream, seconds)
    ended = []
    for seconds in (0.0, 5.0, 14.9, 0.2):
        await clock.passes(seconds)
        ended.append([stream.ended for stream in (past, soon, late, never)])
    over = Ending.SESSION_OVER
    assert ended == [
        [over, None, None, None],
        [over, over, None, None],
        [over, over, None, None],
        [over, over, over, None],
    ]
    deadlines.close()


async def test_who_is_gone_is_not_ended(clock: Clock) -> None:
    deadlines = Deadlines()
    gone, here = streams(2)
    deadlines.add(gone, 1.0)
    deadlines.add(here, 2.0)
    deadlines.remove(gone)
    deadlines.remove(gone)
    await clock.passes(3.0)
    assert here.ended is not None
    assert gone.ended is None


async def test_those_who_come_and_go_do_not_pile_up(clock: Clock) -> None:
    deadlines = Deadlines()
    for stream in streams(1000):
        deadlines.add(stream, 3600.0)
        deadlines.remove(stream)
    assert len(deadlines._heap) < 100
    last = streams(1)[0]
    deadlines.add(last, 1.0)
    await clock.passes(1.0)
    assert last.ended is not None
    deadlines.close()
