"""Every named point, and every fault there: killed, stopped, overtaken by a heal.

All that were selected are played at once, a few at a time: each has its own people, raids and faulty process, and
most of the time somebody waits.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import cast

import pytest
import pytest_asyncio

from server.points import Point
from tests.faults.scene import FAULTS, Scene, Steady
from tests.faults.stage import Stage
from tests.helpers import clean_environment, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE = 6

Playing = dict[tuple[Point, str], "asyncio.Task[None]"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady(stage: Stage) -> Steady:
    return Steady(worker=stage.start("worker"), web=await stage.web())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playing(
    request: pytest.FixtureRequest, stage: Stage, steady: Steady
) -> AsyncIterator[Playing]:
    places = asyncio.Semaphore(AT_ONCE)

    async def play(point: Point, fault: str) -> None:
        async with places:
            await Scene(stage, steady, point, fault).play()

    tasks = {case: asyncio.create_task(play(*case)) for case in _selected(request.session)}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def _selected(session: pytest.Session) -> list[tuple[Point, str]]:
    found = [cast(pytest.Function, item) for item in session.items if item.name.startswith("test_nothing_is_lost_at")]
    return [(item.callspec.params["point"], item.callspec.params["fault"]) for item in found]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("point", list(Point))
async def test_nothing_is_lost_at(point: Point, fault: str, playing: Playing) -> None:
    await playing[point, fault]


async def test_the_audit_of_all_of_it_is_clean(stage: Stage, playing: Playing) -> None:
    await asyncio.wait(playing.values()) if playing else None
    await eventually(lambda: audited_clean(stage), 30, every=0.5)


async def audited_clean(stage: Stage) -> bool:
    """By the command itself."""
    environment = clean_environment(DATABASE_URL=stage.database_url, REDIS_URL=stage.redis_url)
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "audit"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await command.communicate()
    assert command.returncode == 0, said.decode()
    return True
