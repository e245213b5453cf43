"""The one pub/sub connection of a process, supervised: it is checked, replaced when it fails, and says so.

Pub/sub forgets what is published while nobody listens, so whoever is told `back` has to read what it missed.
"""

import asyncio
import contextlib
import itertools
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from realtime.cancelling import end_tasks
from realtime.errors import RedisAway

logger = logging.getLogger(__name__)

Commands = asyncio.Queue[tuple[str | bytes, ...]]

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_NAMES_PER_COMMAND = 500


class Listening(Protocol):
    """Whom the listener tells. None of these waits, and none may raise."""

    def on_message(self, name: bytes, payload: bytes) -> None: ...

    def on_lost(self, reason: str) -> None: ...

    def on_back(self) -> None:
        """Everything that is wanted is subscribed to: at the start, and after each loss."""


class Listener:
    """`quiet` seconds of silence have the connection checked, twice as many have it replaced."""

    def __init__(self, url: str, *, quiet: float = 5.0, connect_timeout: float = 2.0) -> None:
        # RESP2, where what is published comes as a plain answer. No timeout of its own: silence is normal.
        self._pool = ConnectionPool.from_url(
            url, protocol=2, socket_timeout=None, socket_connect_timeout=connect_timeout
        )
        self._quiet = quiet
        self._connect_timeout = connect_timeout
        self._wanted: dict[bytes, asyncio.Event] = {}
        """Each set while its subscription stands."""
        self._unconfirmed: Counter[bytes] = Counter()
        """SUBSCRIBEs on their way, by name: only the last answer counts."""
        self._to_confirm: set[bytes] = set()
        """What is still missing until everything is back after a loss."""
        self._commands: Commands | None = None
        """To be sent, in order; None while there is no connection."""
        self._heard_at = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def live(self) -> bool:
        return self._commands is not None and not self._to_confirm

    def start(self, listening: Listening) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(listening))

    async def close(self) -> None:
        if self._task is not None:
            await end_tasks([self._task])

    def join(self, name: bytes) -> None:
        """Want a channel from now on. Does not wait."""
        if name not in self._wanted:
            self._wanted[name] = asyncio.Event()
            if self._commands is not None:
                self._subscribe([name], self._commands)

    def part(self, name: bytes) -> None:
        """Want it no longer. Does not wait."""
        if self._wanted.pop(name, None) is not None and self._commands is not None:
            self._commands.put_nowait(("UNSUBSCRIBE", name))
            self._to_confirm.discard(name)

    async def joined(self, name: bytes, timeout: float) -> None:
        """Return once the subscription stands. Raises RedisAway if it does not in time."""
        try:
            async with asyncio.timeout(timeout):
                await self._wanted[name].wait()
        except TimeoutError:
            raise RedisAway("the subscription was not confirmed in time") from None

    def _subscribe(self, names: Iterable[bytes], commands: Commands) -> None:
        waiting = iter(names)
        while some := tuple(itertools.islice(waiting, _NAMES_PER_COMMAND)):
            self._unconfirmed.update(some)
            commands.put_nowait(("SUBSCRIBE", *some))

    async def _run(self, listening: Listening) -> None:
        """Connect and listen; begin again after a pause that grows while nothing works."""
        failures = 0
        while True:
            reason = "redis_away"
            try:
                async with self._connection() as connection:
                    failures = 0
                    await self._listen(connection, listening)
            except* (RedisError, OSError, TimeoutError) as errors:
                # One that never was is no news: whoever needs it says that Redis is away.
                level = logging.WARNING if self.live else logging.DEBUG
                logger.log(level, "the subscription to Redis was lost: %r", errors.exceptions[0])
            self._forget()
            listening.on_lost(reason)
            failures += 1
            await asyncio.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**failures)))

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[AbstractConnection]:
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(self._connect_timeout):
                await connection.connect()  # type: ignore[no-untyped-call]
            yield connection
        finally:
            await asyncio.shield(connection.disconnect(nowait=True))

    async def _listen(self, connection: AbstractConnection, listening: Listening) -> None:
        commands = self._commands = Commands()
        self._heard_at = asyncio.get_running_loop().time()
        self._to_confirm = set(self._wanted)
        self._subscribe(self._wanted, commands)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write(connection, commands))
            tasks.create_task(self._watch(commands))
            tasks.create_task(self._read(connection, listening))

    async def _write(self, connection: AbstractConnection, commands: Commands) -> None:
        while True:
            command = await commands.get()
            if not connection.is_connected:
                # Sending would connect anew, silently and without the subscriptions.
                raise ConnectionError("the connection was closed")
            await connection.send_command(*command, check_health=False)

    async def _watch(self, commands: Commands) -> None:
        """A dead connection looks like a silent one, so silence is asked about."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._quiet / 2)
            silent = loop.time() - self._heard_at
            if silent > 2 * self._quiet:
                raise TimeoutError("Redis has not answered a ping")
            if silent > self._quiet:
                commands.put_nowait(("PING",))

    async def _read(self, connection: AbstractConnection, listening: Listening) -> None:
        loop = asyncio.get_running_loop()
        while True:
            answer = await connection.read_response(disable_decoding=True)
            self._heard_at = loop.time()
            if not isinstance(answer, list):
                continue
            if answer[0] == b"message":
                listening.on_message(answer[1], answer[2])
            elif answer[0] == b"subscribe":
                self._confirm(answer[1], listening)

    def _confirm(self, name: bytes, listening: Listening) -> None:
        self._unconfirmed[name] -= 1
        if self._unconfirmed[name] > 0:
            return
        del self._unconfirmed[name]
        if name in self._wanted:
            self._wanted[name].set()
        if name in self._to_confirm:
            self._to_confirm.discard(name)
            if not self._to_confirm:
                listening.on_back()

    def _forget(self) -> None:
        self._commands = None
        self._unconfirmed.clear()
        for confirmed in self._wanted.values():
            confirmed.clear()
