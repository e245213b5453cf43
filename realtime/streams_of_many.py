"""Several raids and the reader's own events on one SSE connection.

Events carry no id there, for their bytes are shared by all readers. What one turn of the loop brings, of however many
logs, is gathered and goes out as one write; where it took the reader anywhere, a block of only an `id:` line ends it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection, Sequence
from functools import partial

from realtime import frames, sse
from realtime.chunks import Body, Chunk
from realtime.cursor import Cursor
from realtime.ending import Ending
from realtime.frames import Frame
from realtime.hub import Hub, NotVisible
from realtime.positions import Place, Positions, claims
from realtime.stream import Stream, Transport, Viewer
from realtime.subscriber import Form, Give
from realtime.topics import RaidTopic, Topic
from realtime.turn import turn_of_the_loop
from realtime.window import MAX_WRITE_BYTES, Share

logger = logging.getLogger(__name__)

MAX_RAIDS = 50

_AT_ONCE = 8
"""So many of one stream's logs are read at the same time: Redis has other callers."""

_COME_BACK_S = (5.0, 15.0)
"""When a stream that had to begin without some of what was asked for ends, so that its reader comes back for them."""


class StreamOfMany(Stream):
    """Whatever is gathered is bounded: subscribers stop at one write's worth, and each log begins but once."""

    def __init__(self, viewer: Viewer, transport: Transport) -> None:
        super().__init__(viewer, transport)
        self._positions = Positions()
        self._turn = turn_of_the_loop()
        self._sealed: list[Body] = []
        self._gathered: list[bytes] = []
        self._size = 0
        self._is_due = False

    @property
    def writable(self) -> bool:
        return self._size < MAX_WRITE_BYTES and self.outlet.writable

    def write(self, chunk: Chunk) -> None:
        assert isinstance(chunk, Body)
        if chunk.body:
            self._gathered.append(chunk.body)
            self._size += len(chunk.body)
        if self._size >= MAX_WRITE_BYTES:
            self._seal()
            self._step_out()
        if not self._is_due and self._size:
            self._is_due = True
            self._turn.do(self._write)

    def direct(self, topic: Topic) -> tuple[Form, Give] | None:
        return (_itself, partial(self._take, self._positions.place(topic))) if self.writable else None

    def _take(self, place: Place, share: Share) -> None:
        self.write(share.chunk)
        if share.reached is not None:
            self._positions.move(place, share.reached)

    def reach(self, topic: Topic, cursor: Cursor) -> None:
        self._positions.reach(topic, cursor)

    def keep_alive(self, comment: Frame) -> None:
        """One for the whole connection, which may follow nothing at all."""
        if self.writable:
            self.push((comment,), False)

    def leave(self, topic: Topic) -> bool:
        self._positions.forget(topic)
        return super().leave(topic)

    def end(self, ending: Ending, last_words: Sequence[Frame] = ()) -> None:
        if self.ended is None and self._size:
            self._push_all()
        super().end(ending, last_words)

    def _flush(self) -> None:
        super()._flush()
        self._write()

    def _write(self) -> None:
        """What was gathered, if the client reads; else it waits for that."""
        self._is_due = False
        if not (self._size and self.outlet.writable):
            return
        was_full = self._size >= MAX_WRITE_BYTES
        self._push_all()
        if was_full and self.outlet.writable:
            asyncio.get_running_loop().call_soon(self._flush)

    def _push_all(self) -> None:
        self._seal()
        sealed, self._sealed, self._size = self._sealed, [], 0
        for body in sealed:
            self.outlet.push(body)

    def _seal(self) -> None:
        """What is gathered is one message, with where it leads to."""
        if self._positions.moved:
            self._gathered.append(b"id: %s\n\n" % self._positions.text().encode())
        if not self._gathered:
            return
        body = b"".join(self._gathered)
        self._gathered.clear()
        self._sealed.append(Body(body))


def _itself(share: Share) -> Share:
    return share


def _gone(topic: Topic) -> Chunk:
    return frames.sse_of_many_framing((frames.gone(topic.raid_id),), False)


SSE_OF_MANY = Transport(
    framing=frames.sse_of_many_framing, farewell=sse.SSE.farewell, dismissal=_gone, kind=StreamOfMany
)


async def follow_all(
    hub: Hub,
    stream: Stream,
    topics: Collection[Topic],
    claimed: str | None,
    unknown: tuple[type[Exception], ...] = (),
) -> None:
    """Have the stream follow all of them, each from where the cursor says.

    What may not be seen is told as `gone`, and so is what healing knows nothing of (it raises `unknown`). What cannot
    be had now is told as `status`, and the stream ends a little later, with the place claimed there still in its
    cursor; if nothing can be had, the first failure is raised.
    """
    gate = asyncio.Semaphore(_AT_ONCE)
    asked = claims(claimed, topics)

    async def follow(topic: Topic) -> Exception | None:
        async with gate:
            return await _followed(hub, stream, topic, asked[topic], (NotVisible, *unknown))

    failures = [one for one in await asyncio.gather(*map(follow, topics)) if one is not None]
    if failures and not stream.subscribers:
        raise failures[0]
    if failures:
        delay = random.uniform(*_COME_BACK_S)
        asyncio.get_running_loop().call_later(delay, _end_incomplete, stream)


async def _followed(
    hub: Hub, stream: Stream, topic: Topic, claimed: str | None, unseen: tuple[type[Exception], ...]
) -> Exception | None:
    """Why it could not be; None if it could, or if there is nothing to be seen."""
    _keep(stream, topic, claimed)
    try:
        if isinstance(topic, RaidTopic):
            await hub.watch(stream, topic.raid_id, claimed)
        else:
            await hub.watch_own(stream, claimed)
    except unseen:
        stream.dismiss(topic)
    except Exception as failure:  # Redis or the ledger is away, or a heal failed: one log's trouble is not the others'
        logger.warning("%s cannot be followed now: %r", topic, failure)
        _keep(stream, topic, claimed)
        stream.push((frames.status(topic.raid_id, live=False, reason="unavailable"),), False)
        return failure
    return None


def _keep(stream: Stream, topic: Topic, claimed: str | None) -> None:
    """Until the log has begun, its reader is where it claims to be."""
    place = Cursor.parse(claimed) if claimed is not None else None
    if place is not None:
        stream.reach(topic, place)


def _end_incomplete(stream: Stream) -> None:
    stream.end(Ending.RESTART, [frames.goaway(None, random.randint(500, 2000), "unavailable")])
