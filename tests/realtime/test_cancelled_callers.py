"""Callers that go away: whatever answers they leave unread, the next caller gets its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from realtime.connection import Pause, Scripted, no_pause
from realtime.errors import RedisAway
from tests.realtime.echoes import assert_answers_are_ones_own, echo
from tests.realtime.sluice import Sluice

LOOP_STEPS = 60
"""More turns of the event loop than connecting and calling take together."""

PATIENCE = 30.0


@pytest.mark.parametrize("times", [1, 2], ids=["cancelled once", "cancelled twice"])
@pytest.mark.parametrize("connected", [True, False])
async def test_whenever_a_caller_is_cancelled_the_next_gets_its_own_answers(
    redis_url: str, connected: bool, times: int
) -> None:
    for steps in range(LOOP_STEPS):
        scripted = Scripted(redis_url, timeout=PATIENCE, connections=1)
        if connected:
            await scripted.call(echo("warm"))
        caller = asyncio.create_task(scripted.run([echo("lost-1"), echo("lost-2")], [["ECHO", "lost-3"]]))
        await _turns(steps)
        for _ in range(times):
            caller.cancel()
            await _turns(1)
        await asyncio.wait([caller])

        await assert_answers_are_ones_own(scripted, f"after {steps}")
        await scripted.close()


@pytest.mark.parametrize("times", [1, 2], ids=["cancelled once", "cancelled twice"])
async def test_those_who_wait_behind_a_cancelled_caller_are_served(redis_url: str, times: int) -> None:
    for steps in range(LOOP_STEPS):
        scripted = Scripted(redis_url, timeout=PATIENCE, connections=1)
        callers = [asyncio.create_task(scripted.run([echo(str(number))] * 3)) for number in range(5)]
        await _turns(steps)
        for _ in range(times):
            for caller in callers[:3]:
                caller.cancel()
            await _turns(1)
        await asyncio.wait(callers)

        assert [caller.result() for caller in callers[3:]] == [[[b"3"]] * 3, [[b"4"]] * 3]
        await assert_answers_are_ones_own(scripted, f"after {steps}")
        await scripted.close()


class Crash(Exception):
    """Planted between the sending of a pipeline and the reading of its answers."""


async def test_answers_that_nobody_read_are_nobody_elses(redis_url: str, service_folder: Path) -> None:
    crashing = False

    async def pause(_point: str) -> None:
        if crashing:
            raise Crash

    async with _sluice(redis_url, service_folder, pause=pause) as (sluice, scripted):
        for number in range(5):
            await scripted.call(echo("warm"))
            await sluice.allow(0)
            crashing = True
            with pytest.raises(Crash):
                await scripted.run([echo("lost-1"), echo("lost-2"), echo("lost-3")])
            crashing = False
            following = asyncio.create_task(assert_answers_are_ones_own(scripted, f"after {number}"))
            await _turns(LOOP_STEPS)
            await sluice.allow(None)

            await following


async def test_whoever_is_cancelled_while_waiting_for_a_connection_takes_none_along(
    redis_url: str,
) -> None:
    go_on = asyncio.Event()

    async def pause(_point: str) -> None:
        await go_on.wait()

    scripted = Scripted(redis_url, timeout=PATIENCE, connections=1, pause=pause)
    callers = [asyncio.create_task(scripted.call(echo(str(number)))) for number in range(10)]
    await _turns(LOOP_STEPS)
    for caller in callers[1::2]:
        caller.cancel()
    go_on.set()
    await asyncio.wait(callers)

    assert [caller.result() for caller in callers[::2]] == [[str(number).encode()] for number in range(0, 10, 2)]
    await assert_answers_are_ones_own(scripted, "after")
    await scripted.close()


async def test_an_answer_that_was_read_by_half_is_nobody_elses(redis_url: str, service_folder: Path) -> None:
    async with _sluice(redis_url, service_folder) as (sluice, scripted):
        # Each answer is "$6\r\n", six letters and "\r\n": 12 bytes.
        for size in range(1, 36):
            await scripted.call(echo("warm"))
            await sluice.allow(size)
            caller = asyncio.create_task(scripted.run([echo("lost-1"), echo("lost-2"), echo("lost-3")]))
            await sluice.used_up()
            await _turns(5)
            assert not caller.done()
            caller.cancel()
            await asyncio.wait([caller])
            await sluice.allow(None)

            await assert_answers_are_ones_own(scripted, f"after {size}")


async def test_an_answer_that_came_too_late_is_nobody_elses(
    redis_url: str, service_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _sluice(redis_url, service_folder) as (sluice, scripted):
        for size in (1, 12, 17):
            await scripted.call(echo("warm"))
            await sluice.allow(size)
            with monkeypatch.context() as impatient:
                impatient.setattr(scripted, "_timeout", 0.2)
                with pytest.raises(RedisAway):
                    await scripted.run([echo("lost-1"), echo("lost-2")])
            await sluice.allow(None)

            await assert_answers_are_ones_own(scripted, f"after {size}")


@contextlib.asynccontextmanager
async def _sluice(redis_url: str, folder: Path, *, pause: Pause = no_pause) -> AsyncIterator[tuple[Sluice, Scripted]]:
    own_socket = folder / "sluice.sock"
    async with Sluice.before(redis_url.removeprefix("unix://"), own_socket) as sluice:
        scripted = Scripted(f"unix://{own_socket}", timeout=PATIENCE, connections=1, pause=pause)
        yield sluice, scripted
        await scripted.close()


async def _turns(count: int) -> None:
    """Let the event loop turn this often."""
    for _ in range(count):
        await asyncio.sleep(0)
