"""Holding tasks while they run, and ending them for certain.

On Python 3.11 `asyncio.wait_for` can swallow a cancellation that comes just as what it waits for is done, and
redis-py waits that way for every answer. A loop that is cancelled once may then live on, and whoever waits for its
end waits for ever. So: cancel until they are gone.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

AGAIN_SECONDS = 0.2


def begin(work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
    """Start a task and hold it there until it is done: the loop alone does not keep it alive."""
    task = asyncio.get_running_loop().create_task(work)
    among.add(task)
    task.add_done_callback(among.discard)


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel these tasks, and again, until all are done. What they raise is looked at and dropped."""
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        done, running = await asyncio.wait(running, timeout=AGAIN_SECONDS)
        for task in done:
            if not task.cancelled():
                task.exception()
