import gc
import weakref
from collections.abc import Iterator

import pytest

from server.garbage import YOUNG_MOST, collect_seldom


class Knot:
    """Refers to itself, so no count of references ever frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_cycles_that_come_later_are_still_found() -> None:
    collect_seldom()
    knot = weakref.ref(Knot())

    kept: list[list[object]] = [[] for _ in range(YOUNG_MOST + 1)]

    assert kept
    assert knot() is None


def test_what_stands_is_not_looked_through_again() -> None:
    standing = Knot()

    collect_seldom()

    assert not any(one is standing for one in gc.get_objects())
