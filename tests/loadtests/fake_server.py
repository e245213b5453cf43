"""A server that says to each connection exactly what a test wants it to say."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from realtime.cancelling import begin

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE_HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


class FakeServer:
    """`say` sends the pieces one by one to everybody who is connected."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._writers: list[asyncio.StreamWriter] = []
        self._taken: set[asyncio.Task[None]] = set()
        self.heard = bytearray()
        """What came after the request's head, of all connections."""

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begin(self._serve(reader, writer), self._taken)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self._head)
        self._writers.append(writer)
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            while some := await reader.read(4096):
                self.heard += some

    async def say(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            for writer in self._writers:
                writer.write(piece)
                await writer.drain()
            await asyncio.sleep(0)

    def hang_up(self, number: int) -> None:
        self._writers.pop(number).close()

    async def close(self) -> None:
        """All connections have ended when this returns."""
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._taken, return_exceptions=True)


@contextlib.asynccontextmanager
async def fake_server(head: bytes = HEAD) -> AsyncIterator[tuple[FakeServer, int]]:
    """The server and its port."""
    fake = FakeServer(head)
    server = await asyncio.start_server(fake.take, "127.0.0.1", 0)
    try:
        yield fake, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await fake.close()
