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

from raidline.ids import RaidId, TokenHash, UserId
from realtime import frames
from realtime.announcements import Announcements
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
        self.announcements = Announcements(listener)
        self.announcements.on_session_ended(self._session_ended)
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.draining = False

    @property
    def stream_count(self) -> int:
        return len(self._streams)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.announcements.start()
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
            if self.announcements.takes(name):
                self.announcements.on_message(name, payload)
            else:
                self._channels.on_message(name, payload)
        except Exception:
            logger.exception("a message could not be handled")

    def on_lost(self, names: Collection[bytes], reason: str) -> None:
        self.announcements.on_lost(names)
        self._channels.on_lost(names, reason)

    def on_back(self, name: bytes) -> None:
        if self.announcements.takes(name):
            self.announcements.on_back(name)
        else:
            self._channels.on_back(name)

    def _session_ended(self, token_hash: TokenHash | None) -> None:
        if token_hash is not None:
            for stream in self._streams.of_session(token_hash):
                stream.end(Ending.SESSION_OVER)
        elif self._sessions_gone is not None and self._streams.sessions and self._loop is not None:
            begin(self._check_sessions(self._sessions_gone), self._tasks)

    async def _check_sessions(self, sessions_gone: SessionsGone) -> None:
        """Revocations are forgotten by pub/sub too."""
        for token_hash in await self._gone(sessions_gone):
            self.announcements.session_ended(token_hash)

    async def _gone(self, sessions_gone: SessionsGone) -> Collection[TokenHash]:
        """Asked until there is an answer: a stream asks for nothing."""
        while True:
            try:
                return await sessions_gone(self._streams.sessions)
            except Exception as error:
                logger.warning("sessions of open streams could not be checked: %r", error)
            await asyncio.sleep(_CHECK_AGAIN_S)

    def _drain(self, reason: str) -> None:
        self.draining = True
        for stream in self._streams:
            retry_ms = random.randint(*_RETURN_MS)
            topics = tuple(stream.subscribers)
            goodbye = frames.goaway(topics[0].raid_id if len(topics) == 1 else None, retry_ms, reason)
            stream.end(Ending.RESTART, [frames.CommentFrame(b"goaway", retry_ms), goodbye])


def _cursor(claimed: str | None) -> Cursor | None:
    return None if claimed is None else Cursor.parse(claimed) or NOWHERE
