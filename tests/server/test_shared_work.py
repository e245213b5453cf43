"""Work that is shared: one at a time for each key, and nobody's leaving or failing is kept."""

import asyncio

import pytest

from server.shared_work import Shared, StillUnderWay


class Work:
    """Waits until it may go on, then counts itself."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = asyncio.Event()
        self.fails = False

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.go_on.wait()
        if self.fails:
            raise ValueError(f"work {number} fails")
        return number


async def two_waiting(shared: Shared[str, int], work: Work) -> list[asyncio.Task[int]]:
    waiting = [asyncio.create_task(shared.of("a", work)) for _ in range(2)]
    while not work.begun:
        await asyncio.sleep(0)
    return waiting


async def test_two_who_ask_at_the_same_time_share_one_work() -> None:
    shared, work = Shared[str, int](), Work()
    waiting = await two_waiting(shared, work)
    work.go_on.set()
    assert await asyncio.gather(*waiting) == [1, 1]


async def test_each_key_has_a_work_of_its_own() -> None:
    shared, work = Shared[str, int](), Work()
    work.go_on.set()
    assert await asyncio.gather(*(shared.of(key, work) for key in "ab")) == [1, 2]


async def test_whoever_comes_when_it_is_done_begins_another() -> None:
    shared, work = Shared[str, int](), Work()
    work.go_on.set()
    assert [await shared.of("a", work), await shared.of("a", work)] == [1, 2]


async def test_one_who_gives_up_does_not_take_it_from_the_others() -> None:
    shared, work = Shared[str, int](), Work()
    first, second = await two_waiting(shared, work)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.go_on.set()
    assert await second == 1


async def test_it_goes_on_where_all_have_given_up() -> None:
    shared, work = Shared[str, int](), Work()
    for one in await two_waiting(shared, work):
        one.cancel()
    late = asyncio.create_task(shared.of("a", work))
    work.go_on.set()
    assert await late == 1


async def test_a_failure_reaches_all_who_wait_and_is_forgotten() -> None:
    shared, work = Shared[str, int](), Work()
    waiting = await two_waiting(shared, work)
    work.fails = True
    work.go_on.set()
    for one in waiting:
        with pytest.raises(ValueError, match="work 1 fails"):
            await one
    work.fails = False
    assert await shared.of("a", work) == 2


async def test_a_caller_waits_no_longer_than_its_patience_and_the_work_goes_on() -> None:
    shared, work = Shared[str, int](), Work()
    with pytest.raises(StillUnderWay):
        await shared.of("a", work, patience=0.001)
    work.go_on.set()
    assert await shared.of("a", work) == 1


async def test_closing_ends_what_is_under_way() -> None:
    shared, work = Shared[str, int](), Work()
    waiting = await two_waiting(shared, work)
    await shared.close()
    for one in waiting:
        with pytest.raises(asyncio.CancelledError):
            await one
