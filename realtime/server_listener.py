"""Listening to one Redis server: everything over one connection."""

from collections.abc import Collection

from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from realtime.link import PLAIN, Link, Refusal
from realtime.listener import Listener, Listening


class ServerListener(Listener):
    """`quiet` seconds of silence have the connection checked, twice as many have it replaced."""

    def __init__(self, url: str, *, quiet: float = 5.0, connect_timeout: float = 2.0) -> None:
        super().__init__()
        pool = ConnectionPool.from_url(url, protocol=2, socket_timeout=None, socket_connect_timeout=connect_timeout)
        self._link = Link(pool, PLAIN, self, quiet=quiet, connect_timeout=connect_timeout)

    def start(self, listening: Listening) -> None:
        super().start(listening)
        self._link.start(listening.on_message)

    async def close(self) -> None:
        await self._link.close()

    def _listen_to(self, name: bytes) -> None:
        self._link.join(name)

    def _drop(self, name: bytes) -> None:
        self._link.part(name)

    def on_refused(self, link: Link, names: Collection[bytes], said: Refusal | None) -> None:
        raise RedisError("a server of its own ends no subscriptions")
