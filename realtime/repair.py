"""Reading what a channel lacks: the log after its head, or a snapshot where the log cannot serve it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine

from realtime.cancelling import end_tasks
from realtime.channel import Channel, Place, place
from realtime.ending import Ending
from realtime.logs import Following, Logs

logger = logging.getLogger(__name__)

_TRIES = 6
_PAUSE_MAX = 5.0


class Repairs:
    """Keeps its tasks until they are done; `close` ends them."""

    def __init__(self, logs: Logs, *, pause: float = 0.1) -> None:
        self._logs = logs
        self._pause = pause
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        await end_tasks(self._tasks)

    def read_on(self, channel: Channel) -> None:
        if not channel.repairing:
            channel.repairing = True
            self._spawn(self._repair(channel))

    def rescue(self, channel: Channel) -> None:
        if not channel.rescuing:
            channel.rescuing = True
            self._spawn(self._rescue(channel))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _repair(self, channel: Channel) -> None:
        """Until nothing is missing. What cannot be had now stays in doubt; the next heartbeat asks again."""
        if await self._persist(channel, self._settle):
            channel.settled()
        else:
            channel.repairing = False
            channel.give_up_held()

    async def _rescue(self, channel: Channel) -> None:
        """A snapshot for all who fell behind. Those it cannot be had for are sent away, to resume."""
        if not await self._persist(channel, self._take_back):
            stragglers, channel.stragglers = channel.stragglers, []
            for subscriber in stragglers:
                if subscriber in channel.subscribers:
                    subscriber.stream.end(Ending.RESTART)
        channel.rescuing = False

    async def _persist(self, channel: Channel, attempt: Callable[[Channel], Awaitable[None]]) -> bool:
        for tried in range(_TRIES):
            try:
                await attempt(channel)
                return True
            except Exception as error:  # Redis or the ledger is away, or a heal failed: all may pass
                logger.warning("%s: what streams lack cannot be read: %r", channel.topic, error)
            await asyncio.sleep(random.uniform(0, min(_PAUSE_MAX, self._pause * 2**tried)))
        return False

    async def _settle(self, channel: Channel) -> None:
        while channel.doubtful:
            before, expects_more = channel.head, channel.holds_back
            channel.doubtful = False
            try:
                await self._read_log(channel)
                channel.release()
                if channel.doubtful and expects_more and channel.head == before:
                    # A message that came before this reading spoke of an entry that the log does not have.
                    channel.doubtful = False
                    await self._begin_anew(channel)
                    if channel.head == before:
                        channel.give_up_held()
                    channel.release()
            except BaseException:
                channel.doubtful = True
                raise

    async def _read_log(self, channel: Channel) -> None:
        following = await self._logs.after(channel)
        if following is None:
            await self._begin_anew(channel)
        else:
            self._apply(channel, following)

    @staticmethod
    def _apply(channel: Channel, following: Following) -> None:
        assert channel.head is not None
        for entry in following.entries:
            if place(channel.head, entry) is Place.NEXT:
                channel.append(entry)
        if following.head > channel.head:
            channel.doubtful = True  # there is another page

    async def _begin_anew(self, channel: Channel) -> None:
        channel.restart(await self._logs.beginning(channel))

    async def _take_back(self, channel: Channel) -> None:
        while channel.stragglers:
            frame = await self._logs.beginning(channel)
            stragglers, channel.stragglers = channel.stragglers, []
            for subscriber in stragglers:
                channel.take_back(subscriber, frame)
