"""Every open stream of this process, and how the events of what it follows reach it.

Order is everything here: subscribe, then read where the reader begins, then drop from the live events what
that reading had. So nothing is missing between history and live, and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import orjson

from raidline.ids import RaidId, TokenHash, UserId
from realtime import frames, keys
from realtime.cancelling import begin, end_tasks
from realtime.channel import Channel
from realtime.channels import Channels
from realtime.cursor import NOWHERE, Cursor
from realtime.ending import Ending
from realtime.errors import RealtimeError
from realtime.heartbeat import Heartbeat
from realtime.listener import Listener
from realtime.logs import Ensure, Logs, Own, Reads, Start
from realtime.open_streams import OpenStreams
from realtime.presence import Crowds, Presence, PresenceSettings
from realtime.presence_store import PresenceStore
from realtime.repair import Repairs
from realtime.stream import Stream, Transport, Viewer
from realtime.subscriber import Subscriber
from realtime.topics import OwnTopic, RaidTopic, Topic

logger = logging.getLogger(__name__)

SessionsGone = Callable[[Collection[TokenHash]], Awaitable[Collection[TokenHash]]]
"""Which of these sessions have ended."""

PagesDropped = Callable[[Collection[UserId] | None], None]
"""Told of people whose ready-made pages were dropped; None for everybody's."""

PersonChanged = Callable[[UserId, Collection[TokenHash]], None]
"""Told of somebody with another name or zone, and of their sessions."""

_REVOKED = keys.SESSIONS_REVOKED.encode()
_CHANGED = keys.PEOPLE_CHANGED.encode()
_DROPPED = keys.PAGES_DROPPED.encode()

_CHECK_AGAIN_S = 0.5

_CLAIM_MAX = 64
"""More of a client's own words is not repeated to it."""

_RETURN_MS = (500, 5000)
"""When to come back after a goodbye: spread, so that a restart is no storm."""


class NotVisible(RealtimeError):
    """There is no such thing for this reader."""


class TooManyStreams(RealtimeError):
    """This process has as many streams as it takes."""


class Draining(RealtimeError):
    """This process is about to end and takes no new streams."""


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Times in seconds."""

    max_streams: int = 10_000
    heartbeat: float = 15.0
    slow_limit: float = 30.0
    linger: float = 5.0
    """How long a channel is listened to after its last subscriber left."""
    join_timeout: float = 2.0
    presence: PresenceSettings = field(default_factory=PresenceSettings)


class Hub:
    """`start` it in the loop it is to live in, `drain` it when the process is told to end, then `stop` it.

    `sessions_gone` is asked when revocations may have been missed. Without `own` there are only raids to follow,
    without `presence` nobody is told who comes and goes.
    """

    def __init__(
        self,
        reads: Reads,
        listener: Listener,
        ensure: Ensure,
        settings: HubSettings | None = None,
        sessions_gone: SessionsGone | None = None,
        own: Own | None = None,
        presence: PresenceStore | None = None,
    ) -> None:
        self._settings = settings or HubSettings()
        self._listener = listener
        self._logs = Logs(reads, ensure, own)
        self._sessions_gone = sessions_gone
        self._streams = OpenStreams()
        self._repairs = Repairs(self._logs)
        crowds = Crowds()
        self._channels = Channels(listener, self._repairs, linger=self._settings.linger, attendance=crowds.attendance)
        self._presence: Presence | None = None
        if presence is not None:
            self._presence = Presence(presence, self._channels, crowds, self._settings.presence)
        self._heartbeat = Heartbeat(
            self._channels,
            self._streams,
            self._logs,
            interval=self._settings.heartbeat,
            slow_limit=self._settings.slow_limit,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._revocation_listeners: list[Callable[[TokenHash | None], None]] = []
        self._change_listeners: list[PersonChanged] = []
        self._drop_listeners: list[PagesDropped] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.draining = False

    @property
    def hears_of_drops(self) -> bool:
        """Whether those who were added by `on_pages_dropped` are told now."""
        return self._listener.hears(_DROPPED)

    @property
    def stream_count(self) -> int:
        return len(self._streams)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener.join(_REVOKED)
        self._listener.join(_CHANGED)
        self._listener.join(_DROPPED)
        self._listener.start(self)
        self._tasks.add(self._loop.create_task(self._heartbeat.run()))
        if self._presence is not None:
            self._tasks.add(self._loop.create_task(self._presence.run()))

    async def stop(self) -> None:
        """End what is still open, at once."""
        for stream in self._streams:
            stream.end(Ending.RESTART)
        await end_tasks(self._tasks)
        if self._presence is not None:
            await self._presence.say_goodbye()
        await self._repairs.close()
        self._streams.close()
        self._channels.close()
        await self._listener.close()

    def drain(self, reason: str = "restart") -> None:
        """Send everybody away, to come back elsewhere. Safe to call from a signal handler or a thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._drain, reason)

    def on_session_revoked(self, callback: Callable[[TokenHash | None], None]) -> None:
        """Have `callback` called with every session that is ended anywhere, and with None when some may have been
        missed."""
        self._revocation_listeners.append(callback)

    def on_pages_dropped(self, callback: PagesDropped) -> None:
        """Have `callback` called with every drop of ready-made pages anywhere, and when some may have been missed."""
        self._drop_listeners.append(callback)

    def on_person_changed(self, callback: PersonChanged) -> None:
        """Have `callback` called with everybody whose name or zone is changed anywhere, and with their sessions."""
        self._change_listeners.append(callback)

    def online(self, raid_id: RaidId) -> set[UserId]:
        """Who follows this raid through this process."""
        channel = self._channels.find(RaidTopic(raid_id))
        return set() if channel is None else channel.watchers()

    def open(self, viewer: Viewer, transport: Transport) -> Stream:
        """A new stream, counted from now on; `close` has to follow. Raises Draining or TooManyStreams."""
        if self.draining:
            raise Draining("this server is about to restart")
        if len(self._streams) >= self._settings.max_streams:
            raise TooManyStreams("this server has as many streams as it takes")
        stream = (transport.kind or Stream)(viewer, transport)
        self._streams.add(stream)
        return stream

    def close(self, stream: Stream) -> None:
        """The connection is gone."""
        stream.close()
        self._streams.remove(stream)

    async def watch(self, stream: Stream, raid_id: RaidId, claimed: str | None) -> None:
        """Have the stream follow a raid, from the cursor it claims, if any.

        Pushes `hello` with its verdict, then what was missed or the snapshot; live events follow.
        Raises NotVisible, RedisAway, StillInDoubt, and whatever healing raises; then nothing is followed.
        """
        await self._follow(stream, RaidTopic(raid_id), claimed)

    async def watch_own(self, stream: Stream, claimed: str | None) -> None:
        """Have the stream follow what happens to its own reader, as `watch` does with a raid.

        Raises NotVisible for a reader who is nobody, RedisAway, and whatever making a snapshot raises.
        """
        if stream.user_id is None:
            raise NotVisible("nobody has no events")
        await self._follow(stream, OwnTopic(stream.user_id), claimed)

    async def _follow(self, stream: Stream, topic: Topic, claimed: str | None) -> None:
        channel = self._channels.join(topic)
        subscriber = Subscriber(stream, channel)
        channel.add(subscriber)
        stream.subscribers[topic] = subscriber
        try:
            await self._channels.joined(channel, self._settings.join_timeout)
            start = await self._logs.start(channel, stream.user_id, _cursor(claimed))
            if start is None:
                raise NotVisible(str(topic))
        except BaseException:
            stream.leave(topic)
            raise
        if stream.subscribers.get(topic) is subscriber:
            self._begin(subscriber, channel, start, claimed)

    @staticmethod
    def _begin(subscriber: Subscriber, channel: Channel, start: Start, claimed: str | None) -> None:
        stream, raid_id = subscriber.stream, channel.raid_id
        echoed = None if claimed is None else claimed[:_CLAIM_MAX]
        beginning: list[frames.Frame] = [frames.hello(raid_id, start.recovered, start.head, echoed)]
        if start.snapshot is not None:
            beginning.append(start.snapshot)
        beginning.extend(frames.entry_frame(raid_id, entry) for entry in start.entries)
        stream.push(beginning, start.is_member)
        is_member, public = start.is_member, start.public
        channel.admit(subscriber, start.head, is_member=is_member, public=public, presence=start.presence)

    def on_message(self, name: bytes, payload: bytes) -> None:
        try:
            if name == _REVOKED:
                self._revoke([TokenHash(payload.decode())])
            elif name == _CHANGED:
                self._changed(orjson.loads(payload))
            elif name == _DROPPED:
                self._dropped(orjson.loads(payload)["people"])
            else:
                self._channels.on_message(name, payload)
        except Exception:
            logger.exception("a message could not be handled")

    def on_lost(self, names: Collection[bytes], reason: str) -> None:
        if _DROPPED in names:
            self._dropped(None)
        self._channels.on_lost(names, reason)

    def on_back(self, name: bytes) -> None:
        if name == _DROPPED:
            self._dropped(None)
        elif name == _REVOKED:
            self._look_for_the_revoked()
        else:
            self._channels.on_back(name)

    def _look_for_the_revoked(self) -> None:
        for tell in self._revocation_listeners:
            tell(None)  # or a stream opened from now on could be of a session whose end was missed
        if self._sessions_gone is not None and self._streams.sessions and self._loop is not None:
            begin(self._check_sessions(self._sessions_gone), self._tasks)

    async def _check_sessions(self, sessions_gone: SessionsGone) -> None:
        """Revocations are forgotten by pub/sub too. Asked until there is an answer: a stream asks for nothing."""
        while True:
            try:
                return self._revoke(await sessions_gone(self._streams.sessions))
            except Exception as error:
                logger.warning("sessions of open streams could not be checked: %r", error)
            await asyncio.sleep(_CHECK_AGAIN_S)

    def _revoke(self, token_hashes: Collection[TokenHash]) -> None:
        for token_hash in token_hashes:
            for tell in self._revocation_listeners:
                tell(token_hash)
            for stream in self._streams.of_session(token_hash):
                stream.end(Ending.SESSION_OVER)

    def _dropped(self, people: Collection[UserId] | None) -> None:
        for tell in self._drop_listeners:
            tell(people)

    def _changed(self, news: dict[str, Any]) -> None:
        for tell in self._change_listeners:
            tell(UserId(news["userId"]), [TokenHash(one) for one in news["tokenHashes"]])

    def _drain(self, reason: str) -> None:
        self.draining = True
        for stream in self._streams:
            retry_ms = random.randint(*_RETURN_MS)
            topics = tuple(stream.subscribers)
            goodbye = frames.goaway(topics[0].raid_id if len(topics) == 1 else None, retry_ms, reason)
            stream.end(Ending.RESTART, [frames.CommentFrame(b"goaway", retry_ms), goodbye])


def _cursor(claimed: str | None) -> Cursor | None:
    return None if claimed is None else Cursor.parse(claimed) or NOWHERE
