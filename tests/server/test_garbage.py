import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from server.garbage import YOUNG_MOST, collect_seldom
from server.settings import Settings
from tests.server.serving import Served, served
from tests.server.watching import contribute, watching

TIMES = 20
"""So often a request is made; one circle in each of them would be seen."""

THE_SERVERS = {"server", "realtime", "persistence", "raidline", "starlette", "uvicorn", "asyncpg", "redis"}
"""Packages whose objects are looked for: the client's stand in the same process, and are its own matter."""


class Knot:
    """Refers to itself, so no count of references ever frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Served]:
    async with served(settings) as one:
        yield one


async def left_by(work: Callable[[], Awaitable[object]]) -> list[str]:
    """What of the server's only the collector frees after it. The first time is not looked at: it fills memories."""
    await work()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    for _ in range(TIMES):
        await work()
    gc.collect()
    return [name for name in map(_name_of, gc.garbage) if name.partition(".")[0] in THE_SERVERS]


def _name_of(one: object) -> str:
    of = one if callable(one) else type(one)
    return f"{getattr(of, '__module__', None)}.{getattr(of, '__qualname__', None)}"


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


async def test_a_contribution_leaves_no_circle(server: Served) -> None:
    person = await server.people.person(scopes=("unlimited",))
    raid = await person.starts_raid(targetXp=10**6, targetTasks=0)

    left = await left_by(lambda: asyncio.gather(*(contribute(person, raid) for _ in range(3))))

    assert len(left) < TIMES, left


async def test_nor_does_a_page_that_is_read(server: Served) -> None:
    person = await server.people.person(scopes=("unlimited",))

    left = await left_by(lambda: person.get("/me"))

    assert len(left) < TIMES, left


async def test_nor_does_a_stream_with_what_it_tells(server: Served) -> None:
    person = await server.people.person(scopes=("unlimited",))
    raid = await person.starts_raid(targetXp=10**6, targetTasks=0)

    async def watch() -> None:
        async with watching(person, raid["id"]) as stream:
            await stream.next("snapshot")
            await contribute(person, raid)
            await stream.next()

    left = await left_by(watch)

    assert len(left) < TIMES, left


async def test_nor_does_a_connection_that_ends(server: Served) -> None:
    person = await server.people.person(scopes=("unlimited",))

    left = await left_by(lambda: person.get("/me", Connection="close"))

    assert len(left) < TIMES, left
