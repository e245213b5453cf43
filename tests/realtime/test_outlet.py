"""A pipe, and an ASGI send that is driven by hand: order, waiting, failing, and nothing that reaches the writer."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from starlette.types import Message

from realtime.chunks import Chunk
from realtime.outlet import Outlet
from realtime.pipe import Waiting
from tests.helpers import eventually


class Wire:
    """An ASGI send with a gate, which is what an outlet has where there is no pipe."""

    def __init__(self) -> None:
        self.sent: list[object] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.cancelled = False
        self.woken: list[int] = []
        """How much had been sent whenever the outlet said that it is writable again."""
        self.blocked: list[int] = []
        """The same of when it was no longer."""

    def open(self, outlet: Outlet) -> None:
        outlet.open(self.send)

    def stop_reading(self) -> None:
        self.gate.clear()

    def read(self) -> None:
        self.gate.set()

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


class Tube(Wire):
    """A pipe too. Like a transport it takes one write more than its reader reads, and says so in the midst of it."""

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self._is_read = True
        self._waiting: Waiting | None = None

    def open(self, outlet: Outlet) -> None:
        outlet.open(self.send, self)

    def watch(self, waiting: Waiting) -> None:
        self._waiting = waiting

    @property
    def put(self) -> Callable[[bytes], object]:
        return self.write

    def write(self, data: bytes) -> bool:
        assert not self.paused
        assert self._waiting is not None
        if b"<broken>" in data:
            return False
        self.sent.extend(data.decode().strip("<>").split("><"))
        if not self._is_read:
            self.paused = True
            self._waiting.pause()
        return True

    def stop_reading(self) -> None:
        self._is_read = False

    def read(self) -> None:
        self._is_read, was_paused, self.paused = True, self.paused, False
        if was_paused and self._waiting is not None:
            self._waiting.resume()


W = TypeVar("W", bound=Wire)

WAYS = [pytest.param(Wire, id="send"), pytest.param(Tube, id="pipe")]


class Names(Chunk):
    """Messages that are nothing but a type; on the wire, their names."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = names

    def _as_messages(self) -> list[Message]:
        return [{"type": name} for name in self._names]

    def _as_wire(self) -> bytes:
        return b"".join(b"<%b>" % name.encode() for name in self._names)


class Last(Names):
    """What only `send` can say."""

    def _as_wire(self) -> None:  # type: ignore[override]  # as a farewell
        return None


chunk = Names


def with_outlet(way: type[W]) -> tuple[W, Outlet]:
    """Not open yet."""
    wire = way()
    return wire, Outlet(lambda: wire.woken.append(len(wire.sent)), lambda: wire.blocked.append(len(wire.sent)))


def opened(way: type[W]) -> tuple[W, Outlet]:
    wire, outlet = with_outlet(way)
    wire.open(outlet)
    return wire, outlet


def held_up(way: type[W], *names: str) -> tuple[W, Outlet]:
    """Nobody reads, and so many chunks have been pushed since."""
    wire, outlet = opened(way)
    wire.stop_reading()
    for name in names:
        outlet.push(chunk(name))
    return wire, outlet


@pytest.mark.parametrize("way", WAYS)
async def test_what_need_not_wait_is_written_at_once_without_a_task(way: type[Wire]) -> None:
    wire, outlet = opened(way)
    before = len(asyncio.all_tasks())
    outlet.push(chunk("a", "b"))
    assert wire.sent == ["a", "b"]
    assert len(asyncio.all_tasks()) == before
    assert outlet.writable


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_pushed_before_opening_goes_first(way: type[Wire]) -> None:
    wire, outlet = with_outlet(way)
    outlet.push(chunk("a"))
    outlet.push(chunk("b"))
    assert not outlet.writable
    wire.open(outlet)
    outlet.push(chunk("c"))
    assert wire.sent == ["a", "b", "c"]
    assert outlet.parked_since is None


async def test_order_holds_while_the_client_does_not_read() -> None:
    wire, outlet = held_up(Wire)
    outlet.push(chunk("a", "b"))
    outlet.push(chunk("c"))
    assert outlet.parked_since is not None
    assert not outlet.writable
    assert wire.sent == []
    wire.read()
    await eventually(lambda: outlet.writable)
    assert wire.sent == ["a", "b", "c"]
    assert wire.woken == [0, 3]


async def test_a_paused_pipe_is_given_nothing_and_costs_no_task() -> None:
    wire, outlet = held_up(Tube)
    before = len(asyncio.all_tasks())
    for name in "abc":
        outlet.push(chunk(name))
    assert wire.sent == ["a"]
    assert (outlet.parked_since is None, outlet.writable) == (False, False)
    assert outlet.put is None
    assert wire.blocked == [1]
    assert len(asyncio.all_tasks()) == before
    wire.read()
    await eventually(lambda: outlet.writable)
    assert wire.sent == ["a", "b", "c"]
    assert (outlet.parked_since is None, outlet.writable) == (True, True)
    assert wire.woken == [0, 3]


async def test_what_is_driven_past_the_queue_parks_and_says_so() -> None:
    wire, outlet = held_up(Wire)
    outlet.drive([{"type": "a"}, {"type": "b"}])
    assert wire.blocked == [0]
    assert not outlet.writable
    wire.read()
    await eventually(lambda: outlet.writable)
    assert wire.sent == ["a", "b"]
    outlet.drive([{"type": "broken"}])
    assert outlet.closed
    assert wire.blocked == [0, 2]


async def test_a_pipe_that_is_paused_again_at_once_stays_so() -> None:
    wire, outlet = held_up(Tube, "a", "b")
    wire.read()
    wire.paused = True  # by something else that writes to the connection
    await asyncio.sleep(0.01)
    assert wire.sent == ["a"]
    assert not outlet.writable
    wire.read()
    await eventually(lambda: wire.sent == ["a", "b"])


async def test_a_pipe_that_is_paused_from_the_start_is_waited_for() -> None:
    wire, outlet = with_outlet(Tube)
    outlet.push(chunk("a"))
    wire.paused = True
    wire.open(outlet)
    assert wire.sent == []
    wire.read()
    await eventually(lambda: wire.sent == ["a"])


@pytest.mark.parametrize("way", WAYS)
async def test_the_farewell_follows_what_the_client_has_to_read_first(way: type[Wire]) -> None:
    wire, outlet = held_up(way, "a", "b")
    outlet.finish(Last("bye"))
    outlet.push(chunk("late"))
    assert "bye" not in wire.sent
    wire.read()
    wire.gate.set()
    await eventually(lambda: wire.sent == ["a", "b", "bye"])


async def test_a_send_that_only_yields_is_finished_as_well() -> None:
    wire, outlet = opened(Wire)
    outlet.push(chunk("pausing", "b"))
    await eventually(lambda: wire.sent == ["pausing", "b"])


@pytest.mark.parametrize("way", WAYS)
async def test_an_answer_waits_until_the_client_reads(way: type[Wire]) -> None:
    wire, outlet = held_up(way, "a")
    answers = [asyncio.create_task(outlet.write(chunk(name))) for name in ("first", "second")]
    await asyncio.sleep(0.01)
    assert not any(answer.done() for answer in answers)
    wire.read()
    await asyncio.gather(*answers)
    assert wire.sent == ["a", "first", "second"]


@pytest.mark.parametrize("way", WAYS)
async def test_whoever_waits_to_answer_one_who_is_cut_off_goes_on(way: type[Wire]) -> None:
    wire, outlet = held_up(way, "a")
    answer = asyncio.create_task(outlet.write(chunk("answer")))
    await asyncio.sleep(0.01)
    outlet.close()
    await asyncio.wait_for(answer, 30)
    assert "answer" not in wire.sent


@pytest.mark.parametrize("way", WAYS)
async def test_nothing_is_taken_after_the_last_chunk(way: type[Wire]) -> None:
    wire, outlet = with_outlet(way)
    outlet.push(chunk("a"))
    outlet.finish(chunk("bye"))
    outlet.push(chunk("late"))
    wire.open(outlet)
    outlet.push(chunk("later"))
    assert wire.sent == ["a", "bye"]


@pytest.mark.parametrize("waits", [False, True])
async def test_a_send_that_fails_closes_the_outlet_and_nobody_else_notices(waits: bool) -> None:
    wire, outlet = opened(Wire)
    if waits:
        wire.stop_reading()
    outlet.push(chunk("broken", "b"))
    wire.read()
    await eventually(lambda: outlet.closed)
    outlet.push(chunk("c"))
    await outlet.write(chunk("d"))
    assert wire.sent == []


async def test_a_pipe_that_takes_no_more_closes_the_outlet() -> None:
    wire, outlet = opened(Tube)
    outlet.push(chunk("broken"))
    assert (outlet.closed, outlet.writable) == (True, False)
    outlet.push(chunk("c"))
    wire.read()
    assert wire.sent == []


async def test_closing_gives_up_a_send_that_waits() -> None:
    wire, outlet = held_up(Wire, "a")
    await asyncio.sleep(0)
    outlet.close()
    await eventually(lambda: wire.cancelled)
    assert wire.sent == []


async def test_a_pipe_that_is_read_again_after_closing_is_given_nothing() -> None:
    wire, outlet = held_up(Tube, "a", "b")
    outlet.close()
    wire.read()
    await asyncio.sleep(0.01)
    assert wire.sent == ["a"]
    assert not outlet.writable


@pytest.mark.parametrize("way", WAYS)
async def test_what_waits_for_a_reader_is_bounded(way: type[Wire]) -> None:
    _, outlet = held_up(way, *["a"] * 300)
    assert outlet.closed
