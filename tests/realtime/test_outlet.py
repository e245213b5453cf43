"""Driving an ASGI send by hand: order, waiting, failing, and nothing that reaches the writer."""

import asyncio

import pytest
from starlette.types import Message

from realtime.chunks import Chunk
from realtime.outlet import Outlet
from tests.helpers import eventually


class Wire:
    """An ASGI send with a gate."""

    def __init__(self) -> None:
        self.sent: list[object] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.cancelled = False

    async def send(self, message: Message) -> None:
        try:
            await self.gate.wait()
            await asyncio.sleep(0) if message["type"] == "pausing" else None
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if message["type"] == "broken":
            raise OSError("gone")
        self.sent.append(message["type"])


class Names(Chunk):
    """Messages that are nothing but a type; on the wire, their names."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = names

    def _as_messages(self) -> list[Message]:
        return [{"type": name} for name in self._names]

    def _as_wire(self) -> bytes:
        return b"".join(b"<%b>" % name.encode() for name in self._names)


chunk = Names


async def test_a_send_that_need_not_wait_is_done_at_once_without_a_task() -> None:
    wire, outlet = Wire(), Outlet(lambda: None)
    outlet.open(wire.send)
    before = len(asyncio.all_tasks())
    outlet.push(chunk("a", "b"))
    assert wire.sent == ["a", "b"]
    assert len(asyncio.all_tasks()) == before
    assert outlet.writable


async def test_what_is_pushed_before_opening_goes_first() -> None:
    wire, outlet = Wire(), Outlet(lambda: None)
    outlet.push(chunk("a"))
    outlet.push(chunk("b"))
    assert not outlet.writable
    outlet.open(wire.send)
    outlet.push(chunk("c"))
    assert wire.sent == ["a", "b", "c"]
    assert outlet.parked_since is None


async def test_order_holds_while_the_client_does_not_read() -> None:
    woken: list[int] = []
    wire = Wire()
    outlet = Outlet(lambda: woken.append(len(wire.sent)))
    outlet.open(wire.send)
    wire.gate.clear()
    outlet.push(chunk("a", "b"))
    outlet.push(chunk("c"))
    assert outlet.parked_since is not None
    assert not outlet.writable
    assert wire.sent == []
    wire.gate.set()
    await eventually(lambda: outlet.writable)
    assert wire.sent == ["a", "b", "c"]
    assert woken == [0, 3]


async def test_a_send_that_only_yields_is_finished_as_well() -> None:
    wire, outlet = Wire(), Outlet(lambda: None)
    outlet.open(wire.send)
    outlet.push(chunk("pausing", "b"))
    await eventually(lambda: wire.sent == ["pausing", "b"])


async def test_an_answer_waits_until_the_client_reads() -> None:
    wire, outlet = Wire(), Outlet(lambda: None)
    outlet.open(wire.send)
    wire.gate.clear()
    outlet.push(chunk("a"))
    answer = asyncio.create_task(outlet.write(chunk("answer")))
    await asyncio.sleep(0.01)
    assert not answer.done()
    wire.gate.set()
    await answer
    assert wire.sent == ["a", "answer"]


async def test_nothing_is_taken_after_the_last_chunk() -> None:
    wire, outlet = Wire(), Outlet(lambda: None)
    outlet.push(chunk("a"))
    outlet.finish(chunk("bye"))
    outlet.push(chunk("late"))
    outlet.open(wire.send)
    outlet.push(chunk("later"))
    assert wire.sent == ["a", "bye"]


@pytest.mark.parametrize("waits", [False, True])
async def test_a_send_that_fails_closes_the_outlet_and_nobody_else_notices(waits: bool) -> None:
    wire, outlet = Wire(), Outlet(lambda: None)
    outlet.open(wire.send)
    if waits:
        wire.gate.clear()
    outlet.push(chunk("broken", "b"))
    wire.gate.set()
    await eventually(lambda: outlet.closed)
    outlet.push(chunk("c"))
    await outlet.write(chunk("d"))
    assert wire.sent == []


async def test_closing_gives_up_a_send_that_waits() -> None:
    wire, outlet = Wire(), Outlet(lambda: None)
    outlet.open(wire.send)
    wire.gate.clear()
    outlet.push(chunk("a"))
    await asyncio.sleep(0)
    outlet.close()
    await eventually(lambda: wire.cancelled)
    assert wire.sent == []


async def test_what_waits_for_a_reader_is_bounded() -> None:
    wire, outlet = Wire(), Outlet(lambda: None)
    outlet.open(wire.send)
    wire.gate.clear()
    for _ in range(300):
        outlet.push(chunk("a"))
    assert outlet.closed
