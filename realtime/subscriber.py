"""One client's view of one channel: a position in its window, and what may be shown to the client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from raidline.ids import UserId
from realtime.chunks import Chunk
from realtime.cursor import Cursor
from realtime.ending import Ending
from realtime.frames import Frame, Framing, ResetFrame
from realtime.outlet import Outlet
from realtime.topics import Topic
from realtime.visibility import Change
from realtime.window import Share, Window

Give = Callable[[Any], object]
"""Writes to one stream. Does not wait."""

Form = Callable[[Share], Any]
"""What a stream is given of a share; nothing is given of one that is empty in this form."""


class Source(Protocol):
    """Where the frames come from: a channel."""

    topic: Topic
    window: Window
    head: Cursor | None

    def straggle(self, subscriber: Subscriber) -> None: ...

    def remove(self, subscriber: Subscriber) -> None: ...


class Place(Protocol):
    """Where those stand who have everything: a line of the channel's front."""

    position: int

    def leave(self, subscriber: Subscriber) -> None: ...


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

    def direct(self, topic: Topic) -> tuple[Form, Give] | None:
        """How it is given what comes next without any more ado, until its subscribers have to step out; None if it
        has to be looked at each time."""

    def abort(self) -> None: ...

    def reach(self, topic: Topic, cursor: Cursor) -> None:
        """Everything up to there has been pushed or written."""

    def dismiss(self, topic: Topic) -> None: ...

    def end(self, ending: Ending) -> None: ...


class Subscriber:
    """Registered from the start; gets frames only once it is live."""

    __slots__ = ("_position", "channel", "floor", "is_member", "line", "live", "stream")

    def __init__(self, stream: Sink, channel: Source) -> None:
        self.stream = stream
        self.channel = channel
        self.live = False
        self.is_member = False
        self.line: Place | None = None
        """Which keeps the position as long as this subscriber stands in it."""
        self._position = channel.window.end
        self.floor: Cursor | None = None
        """Durable frames up to it came with the start; None once the window is past it."""

    @property
    def user_id(self) -> UserId | None:
        return self.stream.user_id

    @property
    def position(self) -> int:
        """Everything before it is written, or was never meant for this subscriber."""
        return self._position if self.line is None else self.line.position

    def step_out(self) -> None:
        """Of the line, to be looked at. Harmless when it stands in none."""
        if self.line is not None:
            self._position = self.line.position
            self.line.leave(self)
            self.line = None

    def begin(self, head: Cursor, is_member: bool) -> None:
        """Go live: the stream has everything up to `head`, and what came since stands in the window."""
        self.floor, self.is_member, self.live = head, is_member, True
        self.stream.reach(self.channel.topic, head)
        self.follow_since(head, self.position)

    def follow_since(self, head: Cursor, position: int) -> None:
        """What the window has of changes after `head`, from a position on that is not behind them."""
        for frame in self.channel.window.since(position):
            if frame.key is not None and frame.key > head and frame.change is not None:
                self.follow(frame.change)

    def follow(self, change: Change) -> None:
        is_member = change.membership_of(self.user_id, self.is_member)
        if is_member != self.is_member:
            self.step_out()
            self.is_member = is_member

    def flush(self) -> None:
        """Write what stands in the window from the position on, as far as the client reads."""
        window, stream = self.channel.window, self.stream
        while self.live and self.position < window.end and stream.writable:
            self.step_out()
            if self.position < window.start:
                if not window.begins_anew:
                    self.channel.straggle(self)
                    return
                self._position = window.start
            if self.floor is not None:
                self._pass_floor(self.floor)
                continue
            self._take(window.share(stream.framing, self.position, self.is_member))

    def _take(self, share: Share) -> None:
        self._position = share.end
        self.stream.write(share.chunk)
        if share.reached is not None:
            self.stream.reach(self.channel.topic, share.reached)

    def restart(self, frame: ResetFrame) -> None:
        """Begin anew with a snapshot, after having fallen out of the window."""
        assert frame.key is not None
        self.stream.push((frame,), self.is_member)
        self.stream.reach(self.channel.topic, frame.key)
        self.floor, self._position, self.live = frame.key, self.channel.window.start, True

    def _pass_floor(self, floor: Cursor) -> None:
        """Step over what came with the start; what is not of the log is news all the same."""
        for frame in self.channel.window.since(self.position):
            if frame.key is not None and frame.key > floor:
                self.floor = None
                return
            self._position += 1
            if frame.key is None:
                self.stream.push((frame,), self.is_member)
        if self.channel.head is not None and self.channel.head >= floor:
            self.floor = None
