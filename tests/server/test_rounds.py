"""One timer for many: everybody's turn comes, in order, and nobody's trouble is another's."""

import asyncio

import pytest

from server import rounds
from server.rounds import Rounds
from tests.helpers import eventually


class Walker:
    def __init__(self, turns: list["Walker"], *, stumbles: bool = False) -> None:
        self._turns = turns
        self._stumbles = stumbles

    def take_turn(self) -> None:
        self._turns.append(self)
        if self._stumbles:
            raise ValueError("it stumbles")


@pytest.fixture(autouse=True)
def _no_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "SLACK", 0.0)


async def test_each_has_its_turn_once_in_the_order_of_joining() -> None:
    turns: list[Walker] = []
    walkers = [Walker(turns, stumbles=place == 1) for place in range(4)]
    walk = Rounds(0.05)
    for walker in walkers:
        walk.join(walker)
    await eventually(lambda: len(turns) == 4)
    assert turns == walkers
    await asyncio.sleep(0.1)
    assert len(turns) == 4


async def test_who_leaves_has_no_turn_and_who_joins_again_stands_last() -> None:
    turns: list[Walker] = []
    first, second, third = (Walker(turns) for _ in range(3))
    walk = Rounds(0.05)
    for walker in (first, second, third, first):
        walk.join(walker)
    walk.leave(second)
    walk.leave(second)
    await eventually(lambda: len(walk) == 0)
    assert turns == [third, first]


async def test_who_joins_in_their_own_turn_comes_round_again() -> None:
    turns: list[Walker] = []
    walk = Rounds(0.01)

    class Eager(Walker):
        def take_turn(self) -> None:
            super().take_turn()
            walk.join(self)

    walk.join(Eager(turns))
    await eventually(lambda: len(turns) >= 3)


async def test_all_share_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, made = asyncio.get_running_loop(), 0
    call_at = loop.call_at

    def counted(*arguments: object) -> asyncio.TimerHandle:
        nonlocal made
        made += 1
        return call_at(*arguments)  # type: ignore[arg-type]

    walk = Rounds(5.0)
    monkeypatch.setattr(loop, "call_at", counted)
    for _ in range(100):
        walk.join(Walker([]))
    assert made == 1
