"""What this process listens to: joined with the first subscriber, left some time after the last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator

from raidline.ids import Epoch, Seq
from realtime.attendance import Attendance
from realtime.channel import Channel, Repairing
from realtime.entries import Aside, Entry
from realtime.listener import Listener
from realtime.tidings import parse_news
from realtime.topics import Topic

logger = logging.getLogger(__name__)

_ASIDE = b"aside "
"""What the first line of a message begins with that is not an entry."""


class Channels:
    """Takes what the listener hears to its channel; what one turn of the loop brought is written at once."""

    def __init__(
        self, listener: Listener, repairs: Repairing, *, linger: float, attendance: Callable[[Topic], Attendance]
    ) -> None:
        self._listener = listener
        self._repairs = repairs
        self._linger = linger
        self._attendance = attendance
        self._by_name: dict[bytes, Channel] = {}
        self._leaving: dict[Topic, asyncio.TimerHandle] = {}
        self._dirty: dict[Channel, None] = {}

    def __iter__(self) -> Iterator[Channel]:
        return iter(tuple(self._by_name.values()))

    def find(self, topic: Topic) -> Channel | None:
        return self._by_name.get(topic.channel_name)

    def join(self, topic: Topic) -> Channel:
        """The topic's channel, wanted from now on. Does not wait, so that nothing can come in between."""
        name = topic.channel_name
        leaving = self._leaving.pop(topic, None)
        if leaving is not None:
            leaving.cancel()
        channel = self._by_name.get(name)
        if channel is None:
            channel = self._by_name[name] = Channel(topic, self, self._repairs, self._attendance(topic))
            self._listener.join(name)
        return channel

    async def joined(self, channel: Channel, timeout: float) -> None:
        """Return once nothing that is published can be missed. Raises RedisAway."""
        await self._listener.joined(channel.topic.channel_name, timeout)

    def idle(self, channel: Channel) -> None:
        """The last subscriber takes the channel along, after a while: phones come back."""
        if channel.topic not in self._leaving and self.find(channel.topic) is channel:
            # A channel that never began was asked for by somebody who may not see the raid, or it is none.
            delay = 0.0 if channel.head is None else self._linger
            loop = asyncio.get_running_loop()
            self._leaving[channel.topic] = loop.call_later(delay, self._part, channel)

    def _part(self, channel: Channel) -> None:
        self._leaving.pop(channel.topic, None)
        if not channel.subscribers:
            self._by_name.pop(channel.topic.channel_name, None)
            self._listener.part(channel.topic.channel_name)

    def close(self) -> None:
        for leaving in self._leaving.values():
            leaving.cancel()
        self._leaving.clear()

    def on_message(self, name: bytes, payload: bytes) -> None:
        channel = self._by_name.get(name)
        if channel is None:
            return
        message = parse_message(payload)
        if isinstance(message, Entry):
            channel.receive(message)
        elif message is None:
            logger.error("%s: a message that cannot be read was published", channel.topic)
            channel.doubt()
        elif message.event == "presence":
            self._hear(channel, message)
        else:
            channel.mention(message)

    @staticmethod
    def _hear(channel: Channel, message: Aside) -> None:
        news = parse_news(message)
        if news is None:
            logger.error("%s: a message of presence that cannot be read was published", channel.topic)
        else:
            channel.hear(news)

    def on_lost(self, names: Iterable[bytes], reason: str) -> None:
        """These are heard no more: their streams are told at once, and stay open."""
        for name in names:
            channel = self._by_name.get(name)
            if channel is not None:
                channel.lose(reason)

    def on_back(self, name: bytes) -> None:
        """It is heard again: what was missed is read, and then its streams are told, if they were told of the loss."""
        channel = self._by_name.get(name)
        if channel is not None:
            channel.regain()

    def wake(self, channel: Channel) -> None:
        if not self._dirty:
            asyncio.get_running_loop().call_soon(self._flush)
        self._dirty[channel] = None

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, {}
        for channel in dirty:
            try:
                channel.flush()
            except Exception:  # one channel's trouble is not the others'
                logger.exception("%s: its streams could not be written to", channel.topic)


def aside_message(aside: Aside) -> bytes:
    return b"%s%s\n%s\n%s" % (_ASIDE, aside.id.encode(), aside.event.encode(), aside.data)


def parse_message(payload: bytes) -> Entry | Aside | None:
    """`<epoch>-<seq>\\n<event>\\n<data>` for an entry, `aside <id>` in place of the cursor for what is of no log;
    None for anything else."""
    parts = payload.split(b"\n", 2)
    if len(parts) != 3:
        return None
    try:
        if parts[0].startswith(_ASIDE):
            return Aside(parts[0][len(_ASIDE) :].decode(), parts[1].decode(), parts[2])
        epoch, seq = parts[0].split(b"-")
        return Entry(Epoch(int(epoch)), Seq(int(seq)), parts[1].decode(), parts[2])
    except ValueError:
        return None
