"""One open connection: who reads it, its way out, and what it follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.types import Send

from raidline.ids import TokenHash, UserId
from realtime.chunks import Chunk
from realtime.cursor import Cursor
from realtime.ending import Ending
from realtime.frames import Frame, Framing
from realtime.outlet import Outlet
from realtime.pipe import Pipe
from realtime.subscriber import Form, Give, Subscriber
from realtime.topics import Topic
from realtime.window import messages_of, wire_of


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads. One without a user sees what is public."""

    user_id: UserId | None = None
    token_hash: TokenHash | None = None
    seconds_left: float | None = None
    """Of the session; None when it has no end of its own."""


@dataclass(frozen=True, slots=True)
class Transport:
    """What differs between SSE and WebSocket."""

    framing: Framing
    farewell: Callable[[Ending], Chunk]
    """The last messages of a connection that the server ends."""
    dismissal: Callable[[Topic], Chunk] | None = None
    """Said when one of several is no longer to be seen; None where that ends the connection."""
    kind: type[Stream] | None = None
    """What its streams are, if not plain ones."""


class Stream:
    """Made before its connection is open: what is pushed until then waits."""

    def __init__(self, viewer: Viewer, transport: Transport) -> None:
        self.viewer = viewer
        self.framing = transport.framing
        self.subscribers: dict[Topic, Subscriber] = {}
        self.ended: Ending | None = None
        self.aborted = False
        self.outlet = Outlet(self._flush, self._step_out)
        self._transport = transport
        self._abort: Callable[[], object] | None = None

    @property
    def user_id(self) -> UserId | None:
        return self.viewer.user_id

    @property
    def writable(self) -> bool:
        """Whether subscribers may write now; if not, they are asked to when they may."""
        return self.outlet.writable

    def open(self, send: Send, abort: Callable[[], object], pipe: Pipe | None = None) -> None:
        """`abort` cuts the connection without waiting for a client that does not read."""
        self._abort = abort
        self.outlet.open(send, pipe)

    def push(self, frames: Sequence[Frame], for_member: bool) -> None:
        self.write(self.framing(frames, for_member))

    def write(self, chunk: Chunk) -> None:
        self.outlet.push(chunk)

    def direct(self, topic: Topic) -> tuple[Form, Give] | None:
        """How subscribers may write without asking, until they are told to step out; None while they have to ask."""
        if not self.writable:
            return None
        if self.outlet.piped:
            put = self.outlet.put
            return None if put is None else (wire_of, put)
        return messages_of, self.outlet.drive

    def reach(self, topic: Topic, cursor: Cursor) -> None:
        """Everything up to there has been pushed or written. Here each event says so itself."""

    def keep_alive(self, comment: Frame) -> None:
        """It is time for a sign of life. Here it comes through the window of what is followed, as shared bytes."""

    def dismiss(self, topic: Topic) -> None:
        """It is no longer to be seen by this reader."""
        if self._transport.dismissal is None:
            self.end(Ending.NO_PERMISSION)
            return
        self.leave(topic)
        self.write(self._transport.dismissal(topic))

    def leave(self, topic: Topic) -> bool:
        """Follow it no longer; False if it was not followed."""
        subscriber = self.subscribers.pop(topic, None)
        if subscriber is None:
            return False
        subscriber.channel.remove(subscriber)
        return True

    def end(self, ending: Ending, last_words: Sequence[Frame] = ()) -> None:
        """Say goodbye and end the connection. Only the first call counts."""
        if self.ended is not None:
            return
        self.ended = ending
        self._leave_all()
        if last_words:
            self.outlet.push(self.framing(last_words, False))
        self.outlet.finish(self._transport.farewell(ending))

    def abort(self) -> None:
        """Cut the connection off, whatever the client still had to read."""
        self.aborted = True
        self.outlet.close()
        if self._abort is not None:
            self._abort()

    def close(self) -> None:
        """The connection is gone. Harmless when repeated."""
        self.ended = self.ended or Ending.RESTART
        self._leave_all()
        self.outlet.close()

    def _leave_all(self) -> None:
        for topic in tuple(self.subscribers):
            self.leave(topic)

    def _flush(self) -> None:
        for subscriber in tuple(self.subscribers.values()):
            subscriber.flush()

    def _step_out(self) -> None:
        for subscriber in self.subscribers.values():
            subscriber.step_out()
