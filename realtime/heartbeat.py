"""One timer for all streams: keeps idle ones alive, finds what was lost, and cuts off who does not read."""

import asyncio
import logging

from realtime.channel import Channel
from realtime.channels import Channels
from realtime.cursor import Cursor
from realtime.ending import Ending
from realtime.errors import RedisAway
from realtime.frames import CommentFrame, sync
from realtime.logs import Logs
from realtime.open_streams import OpenStreams

logger = logging.getLogger(__name__)


class Heartbeat:
    """`slow_limit`: seconds for which one and the same write may wait for its reader."""

    def __init__(
        self,
        channels: Channels,
        streams: OpenStreams,
        logs: Logs,
        *,
        interval: float,
        slow_limit: float,
    ) -> None:
        self._channels = channels
        self._streams = streams
        self._logs = logs
        self._interval = interval
        self._slow_limit = slow_limit
        self._comment = CommentFrame(b"heartbeat", of_channel=True)
        self._own_comment = CommentFrame(b"heartbeat")

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                self._cut_off_the_slow()
                await self._beat()
            except Exception:
                logger.exception("a heartbeat failed")

    def _cut_off_the_slow(self) -> None:
        now = asyncio.get_running_loop().time()
        for stream in self._streams:
            parked_since = stream.outlet.parked_since
            stuck = parked_since is not None and now - parked_since > self._slow_limit
            if stream.outlet.closed or (stuck and stream.ended is not None):
                stream.abort()
            elif stuck:
                # It is told, should it read again before the next heartbeat.
                stream.end(Ending.TOO_SLOW)

    async def _beat(self) -> None:
        channels = [channel for channel in self._channels if channel.subscribers]
        for channel in channels:
            channel.say(self._comment)
        for stream in self._streams:
            stream.keep_alive(self._own_comment)
        for channel, head in (await self._heads(channels)).items():
            self._compare(channel, head)

    async def _heads(self, channels: list[Channel]) -> dict[Channel, Cursor | None]:
        """What Redis says; nothing while it is away."""
        if not channels:
            return {}
        try:
            async with asyncio.timeout(self._interval):
                heads = await self._logs.heads([channel.topic for channel in channels])
        except (RedisAway, TimeoutError):
            return {}
        return {channel: heads.get(channel.topic) for channel in channels}

    @staticmethod
    def _compare(channel: Channel, head: Cursor | None) -> None:
        """Pub/sub can lose the last message unnoticed; and it often is the one that ends the raid."""
        known = channel.head
        if known is None:
            return
        if channel.doubtful or (head is not None and head > known):
            channel.doubt()
        if head is not None:
            channel.announce("sync", sync(channel.raid_id, max(head, known)))
