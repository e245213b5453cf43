"""Playing many slow cases at once: each has services and people of its own, and mostly waits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar, cast

import pytest

Case = TypeVar("Case")


def selected(session: pytest.Session, test: str, *parameters: str) -> list[tuple[Any, ...]]:
    """The parameters of each case of this test that is to run."""
    items = [cast(pytest.Function, item) for item in session.items]
    chosen = [item for item in items if item.originalname == test]
    return [tuple(item.callspec.params[name] for name in parameters) for item in chosen]


@contextlib.asynccontextmanager
async def played(
    cases: Iterable[Case], play: Callable[[Case], Awaitable[None]], at_once: int
) -> AsyncIterator[dict[Case, "asyncio.Task[None]"]]:
    """Every case as a task, so many of them at once; those that still run at the end are cancelled."""
    places = asyncio.Semaphore(at_once)

    async def in_turn(case: Case) -> None:
        async with places:
            await play(case)

    tasks = {case: asyncio.create_task(in_turn(case)) for case in cases}
    try:
        yield tasks
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
