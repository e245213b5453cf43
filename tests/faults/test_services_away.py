"""Postgres or Redis stopped, killed, restarted, or unwilling, while people contribute and somebody watches.

Each case has services of its own; all that were selected are played at once, a few at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults import outages
from tests.faults.playing import played, selected

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE = 3

Outage = Callable[[Path], Awaitable[None]]
Playing = dict[Outage, "asyncio.Task[None]"]

CASES: tuple[Outage, ...] = (
    outages.postgres_stopped,
    outages.postgres_shut_down,
    outages.redis_stopped,
    outages.redis_killed,
    outages.redis_restarted_from_an_older_dump,
    outages.redis_restarted_from_nothing,
    outages.redis_restarted_while_202s_are_unrecorded,
    outages.disk_full,
    outages.read_only,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playing(request: pytest.FixtureRequest, services_root: Path) -> AsyncIterator[Playing]:
    async def play(case: Outage) -> None:
        folder = services_root / case.__name__
        folder.mkdir()
        folder.chmod(0o711)
        await case(folder)

    cases: list[Outage] = [case for (case,) in selected(request.session, "test_nothing_is_lost_with", "case")]
    async with played(cases, play, AT_ONCE) as tasks:
        yield tasks


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_nothing_is_lost_with(case: Outage, playing: Playing) -> None:
    await playing[case]
