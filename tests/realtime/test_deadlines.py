"""Sessions end on time, whatever order they come in, and who is gone is forgotten."""

import asyncio

from realtime import sse
from realtime.deadlines import Deadlines
from realtime.ending import Ending
from realtime.stream import Stream, Viewer
from tests.helpers import eventually


def streams(count: int) -> list[Stream]:
    return [Stream(Viewer(), sse.SSE) for _ in range(count)]


async def test_each_stream_ends_with_its_own_session() -> None:
    deadlines = Deadlines()
    late, soon, past, never = streams(4)
    for stream, seconds in ((late, 0.2), (soon, 0.05), (past, -1.0), (never, 3600.0)):
        deadlines.add(stream, seconds)
    await eventually(lambda: past.ended is Ending.SESSION_OVER)
    assert soon.ended is None
    await eventually(lambda: soon.ended is Ending.SESSION_OVER)
    assert late.ended is None
    await eventually(lambda: late.ended is Ending.SESSION_OVER)
    assert never.ended is None
    deadlines.close()


async def test_who_is_gone_is_not_ended() -> None:
    deadlines = Deadlines()
    gone, here = streams(2)
    deadlines.add(gone, 0.01)
    deadlines.add(here, 0.02)
    deadlines.remove(gone)
    deadlines.remove(gone)
    await eventually(lambda: here.ended is not None)
    assert gone.ended is None


async def test_those_who_come_and_go_do_not_pile_up() -> None:
    deadlines = Deadlines()
    for stream in streams(1000):
        deadlines.add(stream, 3600.0)
        deadlines.remove(stream)
    assert len(deadlines._heap) < 100
    last = streams(1)[0]
    deadlines.add(last, 0.01)
    await eventually(lambda: last.ended is not None)
    await asyncio.sleep(0)
    deadlines.close()
