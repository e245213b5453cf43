"""What is written to subscribers. Each frame's bytes are made once per transport and shared by all.

So are the chunks they are put together to. For SSE everything is joined; a WebSocket frame is one event.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from raidline.ids import RaidId, UserId
from realtime.chunks import Body, Chunk, Texts
from realtime.cursor import Cursor
from realtime.entries import Entry
from realtime.snapshot import Snapshot
from realtime.visibility import Change, change_of


class Frame(ABC):
    """Something a subscriber is told. `key` orders what is of the log; other frames have none."""

    __slots__ = ("change", "key", "size")

    def __init__(self, *, key: Cursor | None, size: int, change: Change | None = None) -> None:
        self.key = key
        self.size = size
        self.change = change

    @abstractmethod
    def as_sse(self, for_member: bool) -> bytes: ...

    @abstractmethod
    def as_sse_of_many(self, for_member: bool) -> bytes:
        """Without an id: on a stream of several the connection has one of its own (`realtime/positions.py`)."""

    @abstractmethod
    def as_texts(self, for_member: bool) -> tuple[bytes, ...]:
        """As the texts of WebSocket frames."""


Framing = Callable[[Sequence[Frame], bool], Chunk]
"""How a transport makes a chunk of frames; the flag says whether the reader is a member."""


def sse_framing(frames: Sequence[Frame], for_member: bool) -> Chunk:
    body = b"".join([frame.as_sse(for_member) for frame in frames])
    return Body(body)


def sse_of_many_framing(frames: Sequence[Frame], for_member: bool) -> Chunk:
    body = b"".join([frame.as_sse_of_many(for_member) for frame in frames])
    return Body(body)


def socket_framing(frames: Sequence[Frame], for_member: bool) -> Chunk:
    return Texts([text for frame in frames for text in frame.as_texts(for_member)])


class EventFrame(Frame):
    """One event, the same for everybody. Only durable events carry their cursor to the client as `id`."""

    __slots__ = ("_event", "_parts", "_sse", "_sse_of_many", "_texts")

    def __init__(
        self,
        raid_id: RaidId | None,
        event: str,
        data: bytes,
        key: Cursor | None = None,
        change: Change | None = None,
    ) -> None:
        super().__init__(key=key, size=len(data), change=change)
        self._event = event
        self._parts = (raid_id, data)
        self._sse: bytes | None = None
        self._sse_of_many: bytes | None = None
        self._texts: tuple[bytes, ...] | None = None

    def as_sse(self, for_member: bool) -> bytes:
        if self._sse is None:
            self._sse = sse_block(self._event, self._parts[1], self.key)
        return self._sse

    def as_sse_of_many(self, for_member: bool) -> bytes:
        if self._sse_of_many is None:
            self._sse_of_many = sse_block(self._event, self._parts[1], None)
        return self._sse_of_many

    def as_texts(self, for_member: bool) -> tuple[bytes, ...]:
        if self._texts is None:
            raid_id, data = self._parts
            self._texts = (socket_event(raid_id, self._event, data, self.key),)
        return self._texts


class ResetFrame(Frame):
    """A new beginning: `hello` with the verdict reset, and the whole as members or others see it."""

    __slots__ = ("_hello", "_snapshots")

    def __init__(self, raid_id: RaidId | None, head: Cursor, change: Change, snapshots: Mapping[bool, "Frame"]) -> None:
        super().__init__(key=head, size=0, change=change)
        self._hello = hello(raid_id, "reset", head, None)
        self._snapshots = snapshots

    def as_sse(self, for_member: bool) -> bytes:
        return self._hello.as_sse(for_member) + self._snapshots[for_member].as_sse(for_member)

    def as_sse_of_many(self, for_member: bool) -> bytes:
        return self._hello.as_sse_of_many(for_member) + self._snapshots[for_member].as_sse_of_many(for_member)

    def as_texts(self, for_member: bool) -> tuple[bytes, ...]:
        return self._hello.as_texts(for_member) + self._snapshots[for_member].as_texts(for_member)


class CommentFrame(Frame):
    """Keeps an SSE connection alive through proxies; a WebSocket has pings of its own.

    `of_channel`: it comes through the windows of channels. A stream of several would get one from each.
    """

    __slots__ = ("_comment", "_of_channel")

    def __init__(self, text: bytes, retry_ms: int | None = None, *, of_channel: bool = False) -> None:
        super().__init__(key=None, size=0)
        self._of_channel = of_channel
        retry = b"" if retry_ms is None else b"retry: %d\n" % retry_ms
        self._comment = b": " + text + b"\n" + retry + b"\n"

    def as_sse(self, for_member: bool) -> bytes:
        return self._comment

    def as_sse_of_many(self, for_member: bool) -> bytes:
        return b"" if self._of_channel else self._comment

    def as_texts(self, for_member: bool) -> tuple[bytes, ...]:
        return ()


def entry_frame(raid_id: RaidId | None, entry: Entry) -> EventFrame:
    change = change_of(entry.event, entry.data)
    return EventFrame(raid_id, entry.event, entry.data, entry.cursor, change)


def snapshot_frame(snapshot: Snapshot, online: Collection[UserId], *, for_member: bool) -> EventFrame:
    body = snapshot.to_dict(online=online, for_member=for_member)
    data = orjson.dumps({"raidId": snapshot.raid_id, "at": _now(), **body})
    return EventFrame(snapshot.raid_id, "snapshot", data, snapshot.cursor)


def raid_reset(snapshot: Snapshot, online: Collection[UserId]) -> ResetFrame:
    members = Change(members=snapshot.member_ids, public=snapshot.public)
    shown = {for_member: snapshot_frame(snapshot, online, for_member=for_member) for for_member in (False, True)}
    return ResetFrame(snapshot.raid_id, snapshot.cursor, members, shown)


def own_snapshot_frame(user_id: UserId, head: Cursor, progress: bytes) -> EventFrame:
    """`progress` is a JSON object; what is told besides goes before its fields."""
    known = orjson.dumps({"userId": user_id, "at": _now()})
    rest = progress.strip()[1:]
    return EventFrame(None, "snapshot", known[:-1] + (b"}" if rest == b"}" else b"," + rest), head)


def own_reset(user_id: UserId, head: Cursor, progress: bytes) -> ResetFrame:
    snapshot = own_snapshot_frame(user_id, head, progress)
    return ResetFrame(None, head, Change(), {False: snapshot, True: snapshot})


def hello(raid_id: RaidId | None, recovered: str, head: Cursor, claimed: str | None) -> EventFrame:
    """`claimed` is the cursor as the client gave it, whatever it was."""
    return _control(raid_id, "hello", {"recovered": recovered, "head": str(head), "from": claimed})


def sync(raid_id: RaidId | None, head: Cursor) -> EventFrame:
    return _control(raid_id, "sync", {"head": str(head)})


def status(raid_id: RaidId | None, *, live: bool, reason: str) -> EventFrame:
    return _control(raid_id, "status", {"live": live, "reason": reason})


def presence(raid_id: RaidId | None, online: Sequence[UserId], offline: Sequence[UserId]) -> EventFrame:
    return _control(raid_id, "presence", {"online": online, "offline": offline})


def gone(raid_id: RaidId | None) -> EventFrame:
    """On a stream of several. Not called `error`: a browser's own error events have that name."""
    detail = "This raid is not, or no longer, to be seen."
    return _control(raid_id, "gone", {"code": "no_permission", "detail": detail})


def goaway(raid_id: RaidId | None, retry_ms: int, reason: str) -> EventFrame:
    """Of a whole connection; it names a raid where the connection is of one."""
    return _control(raid_id, "goaway", {"retryMs": retry_ms, "reason": reason})


def sse_block(event: str, data: bytes, cursor: Cursor | None) -> bytes:
    identity = b"" if cursor is None else b"id: %d-%d\n" % cursor
    if b"\n" in data or b"\r" in data:
        # A raw line break in JSON is only white space, but it would end the field.
        data = b" ".join(data.splitlines())
    return b"%sevent: %s\ndata: %s\n\n" % (identity, event.encode(), data)


def socket_event(raid_id: RaidId | None, event: str, data: bytes, cursor: Cursor | None) -> bytes:
    raid = b"" if raid_id is None else b',"raidId":%d' % raid_id
    identity = b"" if cursor is None else b',"id":"%d-%d"' % cursor
    text = b'{"type":"event"%s%s,"event":"%s","data":%s}' % (raid, identity, event.encode(), data)
    # A client would end the connection over a text that is not UTF-8.
    return text.decode(errors="replace").encode()


def _control(raid_id: RaidId | None, event: str, body: dict[str, Any]) -> EventFrame:
    raid = {} if raid_id is None else {"raidId": raid_id}
    return EventFrame(raid_id, event, orjson.dumps({**raid, "at": _now(), **body}))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
