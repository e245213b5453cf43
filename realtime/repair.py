"""Reading what a channel lacks: the log after its head, or a snapshot where the log cannot serve it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Protocol

from raidline.ids import Epoch, RaidId
from realtime.cancelling import end_tasks
from realtime.channel import Channel, Place, place
from realtime.cursor import Cursor
from realtime.ending import Ending
from realtime.errors import RealtimeError
from realtime.frames import ResetFrame
from realtime.raids import EVERYONE, LogPage, StreamStart, View, Viewer
from realtime.snapshot import Snapshot

logger = logging.getLogger(__name__)

Ensure = Callable[[RaidId, Epoch], Awaitable[object]]
"""Heals a raid's state if it is missing or in doubt, to at least that epoch."""

HEAL_TRIES = 5
"""A raid that is still in doubt after so many heals is not to be had now."""

_TRIES = 6
_PAUSE_MAX = 5.0


class Reads(Protocol):
    """What streams ask of Redis; `RaidStore` does it."""

    async def stream_start(self, raid_id: RaidId, viewer: Viewer, cursor: Cursor | None) -> StreamStart: ...

    async def view(self, raid_id: RaidId, viewer: Viewer) -> View: ...

    async def entries_after(self, raid_id: RaidId, cursor: Cursor) -> LogPage: ...

    async def heads(self, raid_ids: list[RaidId]) -> dict[RaidId, Cursor]: ...


class StillInDoubt(RealtimeError):
    """A raid could not be put in order within a bounded number of heals."""


class Repairs:
    """Keeps its tasks until they are done; `close` ends them."""

    def __init__(self, reads: Reads, ensure: Ensure, *, pause: float = 0.1) -> None:
        self._reads = reads
        self._ensure = ensure
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
                logger.warning("raid %s: what streams lack cannot be read: %r", channel.raid_id, error)
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
        for _ in range(HEAL_TRIES):
            assert channel.head is not None
            page = await self._reads.entries_after(channel.raid_id, channel.head)
            if page.outcome == "reset":
                await self._begin_anew(channel)
                return
            if page.outcome == "ok":
                self._apply(channel, page)
                return
            await self._ensure(channel.raid_id, max(page.epoch, channel.head.epoch))
        raise StillInDoubt(f"the log of raid {channel.raid_id}")

    @staticmethod
    def _apply(channel: Channel, page: LogPage) -> None:
        assert channel.head is not None
        for entry in page.entries:
            if place(channel.head, entry) is Place.NEXT:
                channel.append(entry)
        if page.head is not None and page.head > channel.head:
            channel.doubtful = True  # there is another page

    async def _begin_anew(self, channel: Channel) -> None:
        snapshot = await self._snapshot(channel)
        channel.restart(ResetFrame(snapshot, channel.watchers()))

    async def _take_back(self, channel: Channel) -> None:
        while channel.stragglers:
            snapshot = await self._snapshot(channel)
            frame = ResetFrame(snapshot, channel.watchers())
            stragglers, channel.stragglers = channel.stragglers, []
            for subscriber in stragglers:
                channel.take_back(subscriber, frame)

    async def _snapshot(self, channel: Channel) -> Snapshot:
        for _ in range(HEAL_TRIES):
            view = await self._reads.view(channel.raid_id, EVERYONE)
            if view.snapshot is not None:
                return view.snapshot
            least = channel.head.epoch if channel.head is not None else view.epoch
            await self._ensure(channel.raid_id, max(view.epoch, least))
        raise StillInDoubt(f"the snapshot of raid {channel.raid_id}")
