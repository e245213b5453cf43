"""Every named point, and every fault there: killed, stopped, overtaken by a heal.

All that were selected are played at once, a few at a time: each has its own people, raids and faulty process.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from server.points import Point
from tests.faults.playing import played, selected
from tests.faults.scene import FAULTS, Scene, Steady
from tests.faults.stage import Stage
from tests.helpers import clean_environment, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE = 6

Case = tuple[Point, str]
Playing = dict[Case, "asyncio.Task[None]"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady(stage: Stage) -> Steady:
    return Steady(worker=stage.start("worker"), web=await stage.web())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playing(request: pytest.FixtureRequest, stage: Stage, steady: Steady) -> AsyncIterator[Playing]:
    async def play(case: Case) -> None:
        await Scene(stage, steady, *case).play()

    cases: list[Case] = [
        (point, fault) for point, fault in selected(request.session, "test_nothing_is_lost_at", "point", "fault")
    ]
    async with played(cases, play, AT_ONCE) as tasks:
        yield tasks


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("point", list(Point))
async def test_nothing_is_lost_at(point: Point, fault: str, playing: Playing) -> None:
    await playing[point, fault]


async def test_the_audit_of_all_of_it_is_clean(stage: Stage, playing: Playing) -> None:
    await asyncio.gather(*playing.values(), return_exceptions=True)
    await eventually(lambda: _audited_clean(stage), 120, every=0.5)


async def _audited_clean(stage: Stage) -> bool:
    """By the command itself."""
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "audit"),
        env=clean_environment(DATABASE_URL=stage.database_url, REDIS_URL=stage.redis_url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await command.communicate()
    assert command.returncode == 0, said.decode()
    return True
