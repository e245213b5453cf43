"""Connections to Redis that know which run of the server answers them, and pipelines of scripts over them.

Every script is told the run id of the server its connection was made to. After a restart or a failover the
new server has another one, the state carries the old, and the script replies `suspect` instead of trusting
a memory that may have lost what was published. So the id has to be learnt per connection, never per pool.
"""

import abc
import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError, RedisError, ResponseError

from realtime.answers import Reply, as_reply, parse_info, refusal
from realtime.calls import Call, packed, packed_call
from realtime.errors import RedisAway
from realtime.pipeline import send, take_replies
from realtime.pool import Pool
from realtime.scripts import Script

Pause = Callable[[str], Awaitable[None]]
"""Awaited at the named points where a crash matters; see `server/points.py`."""

Take = Callable[[int, Reply | ResponseError], None]

logger = logging.getLogger(__name__)


async def no_pause(_point: str) -> None:
    """The default: nothing happens at the named points."""


class Runner(abc.ABC):
    """Runs scripts: on one server (`Scripted`), or on the nodes of a cluster (`realtime/cluster.py`)."""

    @abc.abstractmethod
    async def run_each(
        self, calls: Sequence[Call], hints: Sequence[Sequence[str]] = (), take: Take | None = None
    ) -> list[Reply | ResponseError]: ...

    async def run(self, calls: Sequence[Call], hints: Sequence[Sequence[str]] = ()) -> list[Reply]:
        """Call all scripts in one pipeline; replies in the order of the calls.

        So are they carried out, but for those whose script Redis did not know: they come after the others.
        `hints` are plain commands that ride along; their answers are read and dropped. Raises RedisAway, and
        then nothing is known of any of the calls. Safe to cancel: the connection is dropped with its replies.
        A script that fails (a fault of ours) raises its ResponseError; `run_each` leaves the others their replies.
        """
        replies = await self.run_each(calls, hints)
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise reply
        return [reply for reply in replies if not isinstance(reply, ResponseError)]

    async def call(self, one: Call) -> Reply:
        return (await self.run([one]))[0]


class Scripted(Runner):
    """Runs scripts in pipelines over a bounded pool.

    Redis's own resending is off: a command whose reply was lost is reported as RedisAway, and the caller, who
    knows its id, decides what to do. `timeout` (seconds) bounds connecting and each read.
    """

    def __init__(
        self, url: str, *, timeout: float, connections: int, pause: Pause = no_pause, of_cluster: bool = False
    ) -> None:
        """`of_cluster`: others serve what it does not, and whoever asks here knows of them."""
        self._run_ids: WeakKeyDictionary[AbstractConnection, str] = WeakKeyDictionary()
        self._may_be_node = of_cluster
        self._pause = pause
        self._timeout = timeout
        self._pool = Pool.from_url(
            url,
            max_connections=connections,
            patience=timeout,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=None,
            retry_on_error=[],
            redis_connect_func=self._learn_run_id,
        )
        self.redis = Redis(connection_pool=self._pool)

    async def close(self) -> None:
        await self._pool.disconnect()

    async def _learn_run_id(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        info = parse_info(await connection.read_response())
        self._run_ids[connection] = info["run_id"]
        if info.get("redis_mode") == "cluster" and not self._may_be_node:
            self._may_be_node = True  # once is enough
            logger.error(
                "this Redis is a node of a cluster, and what the other nodes serve cannot be had from it: "
                "REDIS_URL has to begin with redis+cluster:// or rediss+cluster://"
            )

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[AbstractConnection]:
        """A connection for one pipeline. Whatever ends it early leaves no half-read answer behind."""
        connection = await self.borrow()
        clean = False
        try:
            yield connection
            clean = True
        except (RedisError, OSError, TimeoutError) as error:
            raise RedisAway(f"Redis did not answer: {type(error).__name__}") from error
        finally:
            if clean:
                self._pool.give_back(connection)
            else:
                await self.give_back_broken(connection)

    async def run_each(
        self, calls: Sequence[Call], hints: Sequence[Sequence[str]] = (), take: Take | None = None
    ) -> list[Reply | ResponseError]:
        """As `run`, with the error of a script that failed in the place of its reply.

        `take` gets each reply with the position of its call as soon as it is there.
        """
        replies: dict[int, Reply | ResponseError] = {}

        def taken(position: int, reply: Reply | ResponseError) -> None:
            replies[position] = reply
            if take is not None:
                take(position, reply)

        async with self._connection() as connection:
            unknown = await self._exchange(connection, list(enumerate(calls)), hints, taken)
            if unknown:
                await self._load(connection, {one.script for _at, one in unknown})
                if await self._exchange(connection, unknown, (), taken):
                    raise RedisAway("Redis forgets its scripts")
        return [replies[position] for position in range(len(calls))]

    async def plain(self, commands: Sequence[Sequence[str | bytes | int]]) -> list[Any]:
        """Plain commands in one pipeline, and their answers in order. Raises RedisAway."""
        answers = await self.plain_each(commands)
        for answer in answers:
            if isinstance(answer, ResponseError):
                raise refusal(answer)
        return answers

    async def plain_each(self, commands: Sequence[Sequence[str | bytes | int]]) -> list[Any]:
        """As `plain`, with the error of a command that was refused in the place of its answer."""
        answers: list[Any] = []
        async with self._connection() as connection:
            await send(connection, packed(commands), self._timeout)
            await take_replies(connection, len(commands), answers.append, self._timeout)
        return answers

    async def borrow(self) -> AbstractConnection:
        """A connection to keep; one place of the pool is taken until it is given back. Raises RedisAway."""
        try:
            return await self._pool.get_connection()
        except (RedisError, OSError, TimeoutError) as error:
            raise RedisAway(f"no connection to Redis: {type(error).__name__}") from error

    async def give_back_broken(self, connection: AbstractConnection) -> None:
        try:
            await connection.disconnect(nowait=True)
        finally:
            self._pool.give_back(connection)

    def run_id_of(self, connection: AbstractConnection) -> str:
        return self._run_ids[connection]

    async def run_id(self, _key: str = "") -> str:
        """The run id of the server that answers now; there is but one, whatever the key."""
        async with self._connection() as connection:
            return self._run_ids[connection]

    def shard(self, _key: str) -> Hashable:
        """All keys are in one place."""
        return None

    def together(self, names: Iterable[str]) -> list[list[str]]:
        """The keys, in parts that one command may take: here all of them."""
        return [list(names)]

    async def everywhere(self, command: Sequence[str | bytes | int], patience: float) -> dict[Hashable, Any]:
        """What each server answers to it within so many seconds, or the RedisAway in its place."""
        try:
            async with asyncio.timeout(patience):
                return {None: (await self.plain([command]))[0]}
        except (RedisAway, TimeoutError) as away:
            return {None: RedisAway(str(away) or "Redis did not answer in time")}

    async def servers(self) -> "Sequence[Scripted]":
        """Each by itself: this is the only one."""
        return [self]

    async def _exchange(
        self,
        connection: AbstractConnection,
        calls: Sequence[tuple[int, Call]],
        hints: Sequence[Sequence[str]],
        take: Take,
    ) -> list[tuple[int, Call]]:
        """Send all of it, and hand on the replies. Returns the calls whose script Redis does not know."""
        run_id, unknown = self._run_ids[connection], []
        commands = [packed_call(call, run_id) for _at, call in calls]
        await send(connection, b"".join(commands) + packed(hints), self._timeout)
        await self._pause("after_lua_before_reply")
        waiting = iter(calls)

        def taken(reply: object) -> None:
            call = next(waiting, None)
            if call is None:
                return  # a hint's
            if isinstance(reply, NoScriptError):
                unknown.append(call)
            else:
                take(call[0], as_reply(reply))

        await take_replies(connection, len(calls) + len(hints), taken, self._timeout)
        return unknown

    async def _load(self, connection: AbstractConnection, scripts: set[Script]) -> None:
        for one in scripts:
            await connection.send_command("SCRIPT LOAD", one.source)
            await connection.read_response()
