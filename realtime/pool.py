"""A bounded pool of connections to Redis."""

import asyncio
from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError


class Pool(ConnectionPool):
    """A bounded pool: whoever comes when all are in use waits, `patience` seconds at most.

    redis-py's own bounded pool does the same with a condition, a lock and three events each time, which costs more
    than a pipeline's writing, and loses a place when the task it woke is cancelled at once (CPython before 3.13).
    """

    def __init__(self, *, patience: float, max_connections: int, **options: Any) -> None:
        super().__init__(max_connections=max_connections, **options)
        self._patience = patience
        self._places = asyncio.Semaphore(max_connections)

    async def get_connection(self, command_name: Any = None, *keys: Any, **options: Any) -> AbstractConnection:
        await self._take_place()
        connection: AbstractConnection = self.get_available_connection()  # type: ignore[no-untyped-call]
        try:
            await self.ensure_connection(connection)
        except BaseException:
            self.give_back(connection)
            raise
        return connection

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError as error:
            raise ConnectionError("no connection was free in time") from error

    def give_back(self, connection: AbstractConnection) -> None:
        """In one step, so that no cancellation can end it in its midst."""
        self._in_use_connections.remove(connection)
        self._available_connections.append(connection)
        self._places.release()

    async def release(self, connection: AbstractConnection) -> None:
        self.give_back(connection)
