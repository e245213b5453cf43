"""Batches that make themselves.

While one flight is under way the next gathers; when it lands, all that gathered goes as one. No timer: an item
that finds nobody in the air takes off alone and at once, and under load the flights grow.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class LineFull(Exception):
    """More is waiting than may wait; nothing was done with this item."""


class Flight(Generic[Answer]):
    """Those on board, by their position in the flight. Each is answered once: the first answer counts."""

    __slots__ = ("_futures",)

    def __init__(self, futures: Iterable["asyncio.Future[Answer]"]) -> None:
        self._futures: list[asyncio.Future[Answer] | None] = list(futures)

    def land(self, position: int, answer: Answer) -> None:
        """Whoever waits can go on while the flight does."""
        future = self._futures[position]
        if future is not None:
            tell(future, answer)

    def land_all(self, answer: Answer) -> None:
        for position in range(len(self._futures)):
            self.land(position, answer)

    def change(self, position: int, board: Callable[["asyncio.Future[Answer]"], object]) -> None:
        """Let somebody go on with another flight, which will answer. Once `board` has taken them, nothing that happens
        to this one concerns them."""
        future = self._futures[position]
        assert future is not None, "nobody changes twice"
        board(future)
        self._futures[position] = None

    def fail(self, error: BaseException) -> None:
        for future in self._futures:
            if future is not None:
                settle(future, error=error)


class Line(Generic[Item, Answer]):
    """One flight at a time. `fly` gets the items in the order they came, and the flight, by which it answers each.

    most      the weight one flight carries; a single item heavier than that flies alone
    waiting   the weight that may wait in line; beyond it `submit` raises LineFull
    weigh     the weight of an item, 1 unless said otherwise
    patience  seconds after which an item gets TimeoutError; its flight goes on. None: as long as it takes
    """

    def __init__(
        self,
        fly: Callable[[Sequence[Item], Flight[Answer]], Awaitable[None]],
        *,
        most: int,
        waiting: int,
        weigh: Callable[[Item], int] = lambda _item: 1,
        patience: float | None = None,
    ) -> None:
        self._fly = fly
        self._most = most
        self._waiting_max = waiting
        self._weigh = weigh
        self._line: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._weight = 0
        self._pilot: asyncio.Task[None] | None = None
        self._patience = None if patience is None else Patience(patience)

    def submit(self, item: Item, future: "asyncio.Future[Answer] | None" = None) -> "asyncio.Future[Answer]":
        """A future of the item's answer, or of what its flight raised. `future`: of one who changes flights.

        Whoever stops waiting (cancels it) does not stop the flight. An item that comes to an empty line is always
        taken.
        """
        weight = self._weigh(item)
        if self._line and self._weight + weight > self._waiting_max:
            raise LineFull
        if future is None:
            future = asyncio.get_running_loop().create_future()
        self._line.append((item, future))
        self._weight += weight
        if self._patience is not None:
            self._patience.watch(future)
        if self._pilot is None:
            self._pilot = asyncio.create_task(self._work_off())
        return future

    def turn_away(self, error: BaseException) -> None:
        """Everyone still in line gets `error`; the flight under way goes on."""
        for _item, future in self._line:
            settle(future, error=error)
        self._line.clear()
        self._weight = 0

    async def close(self) -> None:
        """Wait for what is in line and in the air."""
        if self._pilot is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(self._pilot)

    async def _work_off(self) -> None:
        try:
            while self._line:
                # What else becomes ready in this turn of the loop boards the same flight.
                await asyncio.sleep(0)
                await self._one_flight(self._board())
        finally:
            self._pilot = None
            self.turn_away(asyncio.CancelledError())

    def _board(self) -> list[tuple[Item, "asyncio.Future[Answer]"]]:
        boarded: list[tuple[Item, asyncio.Future[Answer]]] = []
        if self._weight <= self._most:
            boarded.extend(self._line)
            self._line.clear()
            self._weight = 0
            return boarded
        weight = 0
        while self._line:
            next_weight = self._weigh(self._line[0][0])
            if boarded and weight + next_weight > self._most:
                break
            boarded.append(self._line.popleft())
            weight += next_weight
        self._weight -= weight
        return boarded

    async def _one_flight(self, boarded: list[tuple[Item, "asyncio.Future[Answer]"]]) -> None:
        if not boarded:
            return
        flight = Flight(future for _item, future in boarded)
        try:
            await self._fly([item for item, _future in boarded], flight)
        except BaseException as error:
            # Also a cancelled flight: nobody else will ever answer those on board.
            flight.fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            flight.fail(AssertionError("each item has its answer"))


class Patience:
    """Gives every future TimeoutError that is not done `seconds` after it was handed in. One timer for all of them."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._watched: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, future: "asyncio.Future[Any]") -> None:
        loop = future.get_loop()
        while self._watched and self._watched[0][1].done():
            self._watched.popleft()
        self._watched.append((loop.time() + self._seconds, future))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._watched and (self._watched[0][0] <= now or self._watched[0][1].done()):
            settle(self._watched.popleft()[1], error=TimeoutError())
        self._timer = loop.call_at(self._watched[0][0], self._look, loop) if self._watched else None


def tell(future: "asyncio.Future[Answer]", answer: Answer) -> None:
    """Answer whoever still waits."""
    if not future.done():
        future.set_result(answer)


def settle(future: "asyncio.Future[Answer]", *, error: BaseException) -> None:
    """Answer with an error whoever still waits."""
    if future.done():
        return
    future.set_exception(error)
    # Somebody who went away must not make the loop complain that nobody looked.
    future.exception()
