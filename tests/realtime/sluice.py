"""Stands between a client and Redis, and holds back what Redis answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path


class Sluice:
    """Commands pass at once; answers up to `allowed` bytes more, all of them while it is None."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._allowed: int | None = None
        self._links: set[asyncio.Task[None]] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def before(cls, redis_socket: str, own_socket: Path) -> AsyncIterator["Sluice"]:
        sluice = cls()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            link = asyncio.create_task(sluice._link(redis_socket, reader, writer))
            sluice._links.add(link)
            link.add_done_callback(sluice._links.discard)

        server = await asyncio.start_unix_server(connected, own_socket)
        try:
            yield sluice
        finally:
            server.close()
            for link in sluice._links:
                link.cancel()
            await asyncio.gather(*sluice._links, return_exceptions=True)

    async def allow(self, size: int | None) -> None:
        async with self._changed:
            self._allowed = size
            self._changed.notify_all()

    async def used_up(self) -> None:
        """Returns when all that was allowed has passed."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._allowed == 0)

    async def _link(self, redis_socket: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_redis, to_redis = await asyncio.open_unix_connection(redis_socket)
        answers = asyncio.create_task(self._answers(from_redis, writer))
        try:
            while data := await reader.read(65536):
                to_redis.write(data)
                await to_redis.drain()
        finally:
            for side in (writer, to_redis):
                side.close()
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            while data:
                data = await self._pass(data, writer)

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> bytes:
        """Write what is allowed of `data`; returns the rest."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._allowed != 0)
            size = len(data) if self._allowed is None else min(self._allowed, len(data))
            writer.write(data[:size])
            await writer.drain()
            if self._allowed is not None:
                self._allowed -= size
                self._changed.notify_all()
        return data[size:]
