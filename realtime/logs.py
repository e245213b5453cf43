"""Reading the logs that streams follow, whatever their kind: where one begins, what follows, a new beginning."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from raidline.ids import Epoch, RaidId, UserId
from realtime import frames
from realtime.cursor import Cursor
from realtime.entries import Entry
from realtime.errors import RealtimeError, RedisAway
from realtime.frames import Frame, ResetFrame
from realtime.marks import Mark
from realtime.own_log import OwnPage
from realtime.raids import EVERYONE, LogPage, StreamStart, View, Viewer
from realtime.topics import OwnTopic, RaidTopic, Topic

Ensure = Callable[[RaidId, Epoch], Awaitable[object]]
"""Heals a raid's state if it is missing or in doubt, to at least that epoch."""

HEAL_TRIES = 5
"""A raid that is still in doubt after so many heals is not to be had now."""


class StillInDoubt(RealtimeError):
    """A raid could not be put in order within a bounded number of heals."""


class Reads(Protocol):
    """What streams ask of a raid in Redis; `RaidStore` does it."""

    async def stream_start(self, raid_id: RaidId, viewer: Viewer, cursor: Cursor | None) -> StreamStart: ...

    async def view(self, raid_id: RaidId, viewer: Viewer) -> View: ...

    async def entries_after(self, raid_id: RaidId, cursor: Cursor) -> LogPage: ...

    async def heads(self, raid_ids: list[RaidId]) -> dict[RaidId, Cursor]: ...


class OwnReads(Protocol):
    """What streams ask of people's own logs; `OwnLogs` does it."""

    async def read(self, user_id: UserId, cursor: Cursor | None) -> OwnPage: ...

    async def heads(self, user_ids: Sequence[UserId]) -> dict[UserId, Cursor]: ...


OwnSnapshot = Callable[[UserId], Awaitable[bytes]]
"""A person's progress as it stands, as the fields of a JSON object; at least as new as a head read before."""


@dataclass(frozen=True, slots=True)
class Own:
    """Where people's own events come from."""

    logs: OwnReads
    snapshot: OwnSnapshot


class Followed(Protocol):
    """The channel that asks."""

    topic: Topic
    head: Cursor | None

    def watchers(self) -> set[UserId]: ...


@dataclass(frozen=True, slots=True)
class Start:
    """Where a stream begins. `entries` with recovered = full, else `snapshot`."""

    recovered: str
    head: Cursor
    entries: tuple[Entry, ...] = ()
    snapshot: Frame | None = None
    is_member: bool = True
    public: bool = False
    presence: Mark | None = None
    """How far the snapshot knows who is online; None where nothing was told of that."""


@dataclass(frozen=True, slots=True)
class Following:
    """What comes after a channel's head, up to a page, and the log's head."""

    entries: tuple[Entry, ...]
    head: Cursor


class Logs:
    """Heals a raid where that is needed. Every method raises RedisAway, and whatever healing or a snapshot raises."""

    def __init__(self, raids: Reads, ensure: Ensure, own: Own | None) -> None:
        self._raids = raids
        self._ensure = ensure
        self._given_own = own

    @property
    def _own(self) -> Own:
        assert self._given_own is not None, "people's own logs are followed only where there are any"
        return self._given_own

    async def start(self, channel: Followed, viewer: UserId | None, cursor: Cursor | None) -> Start | None:
        """None: there is nothing of the kind for this reader. Raises StillInDoubt."""
        match channel.topic:
            case RaidTopic(raid_id):
                found = await self._raid_start(raid_id, viewer, cursor)
                return None if found is None else _raid_start(found, channel, viewer)
            case OwnTopic(user_id):
                return await self._own_start(user_id, cursor)

    async def after(self, channel: Followed) -> Following | None:
        """What follows the channel's head; None when it cannot be told without a gap. Raises StillInDoubt."""
        match channel.topic:
            case RaidTopic(raid_id):
                return await self._raid_after(raid_id, channel)
            case OwnTopic(user_id):
                page = await self._own.logs.read(user_id, channel.head)
                return Following(page.entries, page.head) if page.recovered == "full" else None

    async def beginning(self, channel: Followed) -> ResetFrame:
        """The whole as it stands. Raises StillInDoubt."""
        match channel.topic:
            case RaidTopic(raid_id):
                return await self._raid_beginning(raid_id, channel)
            case OwnTopic(user_id):
                head = (await self._own.logs.read(user_id, None)).head
                return frames.own_reset(user_id, head, await self._own.snapshot(user_id))

    async def heads(self, topics: Collection[Topic]) -> dict[Topic, Cursor]:
        """The last entry of each, as Redis has it now; those it has nothing of are left out, and those it cannot be
        asked about. Raises RedisAway where that is all of them."""
        raid_ids = [topic.raid_id for topic in topics if isinstance(topic, RaidTopic)]
        user_ids = [topic.user_id for topic in topics if isinstance(topic, OwnTopic)]
        found: dict[Topic, Cursor] = {}
        away: list[RedisAway] = []
        for read in (functools.partial(self._raid_heads, raid_ids), functools.partial(self._own_heads, user_ids)):
            try:
                found.update(await read())
            except RedisAway as error:
                away.append(error)
        if away and not found:
            raise away[0]
        return found

    async def _raid_heads(self, raid_ids: list[RaidId]) -> dict[Topic, Cursor]:
        found = await self._raids.heads(raid_ids) if raid_ids else {}
        return {RaidTopic(raid_id): head for raid_id, head in found.items()}

    async def _own_heads(self, user_ids: list[UserId]) -> dict[Topic, Cursor]:
        found = await self._own.logs.heads(user_ids) if user_ids else {}
        return {OwnTopic(user_id): head for user_id, head in found.items()}

    async def _raid_start(self, raid_id: RaidId, viewer: UserId | None, cursor: Cursor | None) -> StreamStart | None:
        for _ in range(HEAL_TRIES):
            start = await self._raids.stream_start(raid_id, viewer, cursor)
            if start.outcome == "ok":
                return start
            if start.outcome == "not_found":
                return None
            await self._ensure(raid_id, start.epoch)
        raise StillInDoubt(f"raid {raid_id}")

    async def _own_start(self, user_id: UserId, cursor: Cursor | None) -> Start:
        page = await self._own.logs.read(user_id, cursor)
        if page.recovered == "full":
            return Start(page.recovered, page.head, page.entries)
        snapshot = frames.own_snapshot_frame(user_id, page.head, await self._own.snapshot(user_id))
        return Start(page.recovered, page.head, snapshot=snapshot)

    async def _raid_after(self, raid_id: RaidId, channel: Followed) -> Following | None:
        for _ in range(HEAL_TRIES):
            assert channel.head is not None
            page = await self._raids.entries_after(raid_id, channel.head)
            if page.outcome == "reset":
                return None
            if page.outcome == "ok":
                return Following(page.entries, page.head or channel.head)
            await self._ensure(raid_id, max(page.epoch, channel.head.epoch))
        raise StillInDoubt(f"the log of raid {raid_id}")

    async def _raid_beginning(self, raid_id: RaidId, channel: Followed) -> ResetFrame:
        for _ in range(HEAL_TRIES):
            view = await self._raids.view(raid_id, EVERYONE)
            if view.snapshot is not None:
                return frames.raid_reset(view.snapshot, view.snapshot.online | channel.watchers())
            least = channel.head.epoch if channel.head is not None else view.epoch
            await self._ensure(raid_id, max(view.epoch, least))
        raise StillInDoubt(f"the snapshot of raid {raid_id}")


def _raid_start(found: StreamStart, channel: Followed, viewer: UserId | None) -> Start:
    assert found.head is not None
    snapshot = None
    if found.snapshot is not None:
        everybody = found.snapshot.online | channel.watchers()
        if viewer is not None:
            everybody |= {viewer}
        snapshot = frames.snapshot_frame(found.snapshot, everybody, for_member=found.is_member)
    return Start(found.recovered, found.head, found.entries, snapshot, found.is_member, found.public, found.presence)
