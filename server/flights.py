"""Batches that make themselves.

While one flight is under way the next gathers; when it lands, all that gathered goes as one. No timer: an item
that finds nobody in the air takes off alone and at once, and under load the flights grow.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Land = Callable[[int, Answer], None]


class LineFull(Exception):
    """More is waiting than may wait; nothing was done with this item."""


class Line(Generic[Item, Answer]):
    """One flight at a time. `fly` gets the items in the order they came, and answers each: all at the end, in their
    order, or some before by `land(position, answer)`, so that whoever waits for them can go on meanwhile.

    most      the weight one flight carries; a single item heavier than that flies alone
    waiting   the weight that may wait in line; beyond it `submit` raises LineFull
    weigh     the weight of an item, 1 unless said otherwise
    patience  seconds after which an item gets TimeoutError; its flight goes on. None: as long as it takes
    """

    def __init__(
        self,
        fly: Callable[[Sequence[Item], Land[Answer]], Awaitable[Sequence[Answer]]],
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

    def submit(self, item: Item) -> "asyncio.Future[Answer]":
        """A future of the item's answer, or of what its flight raised.

        Whoever stops waiting (cancels it) does not stop the flight. An item that comes to an empty line is always
        taken.
        """
        weight = self._weigh(item)
        if self._line and self._weight + weight > self._waiting_max:
            raise LineFull
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
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
            _settle(future, error=error)
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
        futures = [future for _item, future in boarded]

        def land(position: int, answer: Answer) -> None:
            if not futures[position].done():
                futures[position].set_result(answer)

        try:
            answers = await self._fly([item for item, _future in boarded], land)
        except BaseException as error:
            # Also a cancelled flight: nobody else will ever answer those on board.
            for future in futures:
                _settle(future, error=error)
            if isinstance(error, Exception):
                return
            raise
        assert len(answers) == len(futures), "each item has its answer"
        for position, answer in enumerate(answers):
            land(position, answer)


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
            _settle(self._watched.popleft()[1], error=TimeoutError())
        self._timer = loop.call_at(self._watched[0][0], self._look, loop) if self._watched else None


def _settle(future: "asyncio.Future[Answer]", *, error: BaseException) -> None:
    if future.done():
        return
    future.set_exception(error)
    # Somebody who went away must not make the loop complain that nobody looked.
    future.exception()
