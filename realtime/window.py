"""The short past of a raid that all its subscribers here share; each of them holds only a position in it."""

from collections.abc import Sequence
from typing import NamedTuple

from starlette.types import Message

from realtime.chunks import Chunk
from realtime.cursor import Cursor
from realtime.frames import Frame, Framing, ResetFrame

MAX_FRAMES = 1000
MAX_BYTES = 1024 * 1024
"""A subscriber further behind than either is resynchronised."""

MAX_WRITE_BYTES = 256 * 1024
"""One write takes no more than this, so that a slow reader never holds a large chunk that nobody shares."""

_MAX_SHARES = 8
"""Positions whose share is kept until the next frame. Nearly all subscribers stand at the same one."""


Wanted = tuple[Framing, int, bool]
"""What a share is known by: for which transport, from which position on, and whether for a member."""


class Share(NamedTuple):
    """What stands from a position on, up to a bound. The same for all who stand there."""

    chunk: Chunk
    end: int
    """The position after it."""
    reached: Cursor | None
    """The last entry in it, if any."""


def wire_of(share: Share) -> bytes | None:
    return share.chunk.wire


def messages_of(share: Share) -> Sequence[Message]:
    return share.chunk.messages


class Window:
    """Frames at absolute positions, `start` to `end`. Positions only grow; what is trimmed is gone."""

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self.start = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._frames: list[Frame] = []
        self._bytes = 0
        self._shares: dict[Wanted, Share] = {}

    @property
    def end(self) -> int:
        return self.start + len(self._frames)

    def append(self, frame: Frame) -> None:
        self._shares.clear()
        self._frames.append(frame)
        self._bytes += frame.size
        # The last frame stays, however large, so that nobody is resynchronised for keeping up.
        while len(self._frames) > 1 and self._is_too_large:
            self._bytes -= self._frames.pop(0).size
            self.start += 1

    @property
    def _is_too_large(self) -> bool:
        return len(self._frames) > self._max_frames or self._bytes > self._max_bytes

    def restart(self, frame: ResetFrame) -> None:
        """Put a new beginning in the place of everything that stands here; it serves whoever is behind it."""
        self.start = self.end
        self._frames.clear()
        self._bytes = 0
        self.append(frame)

    @property
    def begins_anew(self) -> bool:
        """Whether the first frame makes up for everything before it."""
        return bool(self._frames) and isinstance(self._frames[0], ResetFrame)

    def since(self, position: int) -> list[Frame]:
        return self._frames[max(0, position - self.start) :]

    def follows(self, cursor: Cursor) -> bool:
        """Whether somebody who has everything up to `cursor` finds all the rest here."""
        for frame in self._frames:
            if frame.key is not None:
                is_next = frame.key <= (cursor.epoch, cursor.seq + 1)
                return is_next or isinstance(frame, ResetFrame)
        return True

    def share(self, framing: Framing, position: int, for_member: bool) -> Share:
        wanted = (framing, position, for_member)
        found = self._shares.get(wanted)
        if found is None:
            frames = self._up_to_a_bound(self.since(position))
            found = Share(framing(frames, for_member), position + len(frames), _last_key(frames))
            if len(self._shares) < _MAX_SHARES:
                self._shares[wanted] = found
        return found

    @staticmethod
    def _up_to_a_bound(frames: list[Frame]) -> list[Frame]:
        size = 0
        for count, frame in enumerate(frames, start=1):
            size += frame.size
            if size > MAX_WRITE_BYTES:
                return frames[:count]
        return frames


def _last_key(frames: list[Frame]) -> Cursor | None:
    return next((frame.key for frame in reversed(frames) if frame.key is not None), None)
