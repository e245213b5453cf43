"""One client's view of one channel: a position in its window, and what may be shown to the client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from raidline.ids import UserId
from realtime.chunks import Chunk
from realtime.cursor import Cursor
from realtime.ending import Ending
from realtime.frames import Frame, Framing, ResetFrame
from realtime.outlet import Outlet
from realtime.topics import Topic
from realtime.visibility import Change
from realtime.window import Share, Window


class Source(Protocol):
    """Where the frames come from: a channel."""

    topic: Topic
    window: Window
    head: Cursor | None

    def straggle(self, subscriber: Subscriber) -> None: ...

    def remove(self, subscriber: Subscriber) -> None: ...


class Sink(Protocol):
    """Where they go: a client's stream."""

    framing: Framing
    outlet: Outlet
    ended: Ending | None

    @property
    def user_id(self) -> UserId | None: ...

    @property
    def writable(self) -> bool: ...

    def push(self, frames: Sequence[Frame], for_member: bool) -> None: ...

    def write(self, chunk: Chunk) -> None: ...

    def reach(self, topic: Topic, cursor: Cursor) -> None:
        """Everything up to there has been pushed or written."""

    def dismiss(self, topic: Topic) -> None: ...

    def end(self, ending: Ending) -> None: ...


class Subscriber:
    """Registered from the start; gets frames only once it is live."""

    __slots__ = ("channel", "floor", "is_member", "live", "position", "stream")

    def __init__(self, stream: Sink, channel: Source) -> None:
        self.stream = stream
        self.channel = channel
        self.live = False
        self.is_member = False
        self.position = channel.window.end
        """Everything before it is written, or was never meant for this subscriber."""
        self.floor: Cursor | None = None
        """Durable frames up to it came with the start; None once the window is past it."""

    @property
    def user_id(self) -> UserId | None:
        return self.stream.user_id

    def begin(self, head: Cursor, is_member: bool) -> None:
        """Go live: the stream has everything up to `head`, and what came since stands in the window."""
        self.floor, self.is_member, self.live = head, is_member, True
        self.stream.reach(self.channel.topic, head)
        for frame in self.channel.window.since(self.position):
            if frame.key is not None and frame.key > head and frame.change is not None:
                self.follow(frame.change)

    def follow(self, change: Change) -> None:
        self.is_member = change.membership_of(self.user_id, self.is_member)

    def flush(self) -> None:
        """Write what stands in the window from the position on, as far as the client reads."""
        window, stream = self.channel.window, self.stream
        while self.live and self.position < window.end and stream.writable:
            if self.position < window.start:
                if not window.begins_anew:
                    self.channel.straggle(self)
                    return
                self.position = window.start
            if self.floor is not None:
                self._pass_floor(self.floor)
                continue
            self.take(window.share(stream.framing, self.position, self.is_member))

    def take(self, share: Share) -> None:
        """Write what stands in the window from the position on."""
        self.position = share.end
        self.stream.write(share.chunk)
        if share.reached is not None:
            self.stream.reach(self.channel.topic, share.reached)

    def restart(self, frame: ResetFrame) -> None:
        """Begin anew with a snapshot, after having fallen out of the window."""
        assert frame.key is not None
        self.stream.push((frame,), self.is_member)
        self.stream.reach(self.channel.topic, frame.key)
        self.floor, self.position, self.live = frame.key, self.channel.window.start, True

    def _pass_floor(self, floor: Cursor) -> None:
        """Step over what came with the start; what is not of the log is news all the same."""
        for frame in self.channel.window.since(self.position):
            if frame.key is not None and frame.key > floor:
                self.floor = None
                return
            self.position += 1
            if frame.key is None:
                self.stream.push((frame,), self.is_member)
        if self.channel.head is not None and self.channel.head >= floor:
            self.floor = None
