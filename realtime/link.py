"""One pub/sub connection to one server, supervised: it is checked while it is silent, and replaced when it fails.

No name has more than one command on its way, so that every answer says how things stand, whatever was wanted
meanwhile. What is wanted otherwise by then is asked for when the answer is there.
"""

import asyncio
import contextlib
import enum
import itertools
import logging
import random
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.crc import key_slot
from redis.exceptions import ClusterDownError, MovedError, RedisError

from realtime.calls import packed
from realtime.cancelling import end_tasks

logger = logging.getLogger(__name__)

Command = tuple[str | bytes, ...]
Commands = asyncio.Queue[Command]
"""Bounded by the names: each has at most one in it; and there is a ping in seconds."""

Hear = Callable[[bytes, bytes], None]
"""Gets a channel's name and what was published. Does not wait, and does not raise."""

Refusal = MovedError | ClusterDownError

AWAY = "redis_away"
"""The reason that streams are told."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_LOOKS = 2
"""How often silence is looked for while it may last before it is asked about."""
_NAMES_PER_COMMAND = 500
_COMMANDS_PER_WRITE = 500


class LinkOwner(Protocol):
    """Whom a link tells how its subscriptions are. None of these waits, and none may raise but where it says so."""

    def on_standing(self, link: "Link", name: bytes) -> None:
        """From now on nothing that is published on the channel is missed."""

    def on_down(self, link: "Link", reason: str) -> None:
        """None of its subscriptions stands. It is connected again by itself."""

    def on_refused(self, link: "Link", names: Collection[bytes], said: Refusal | None) -> None:
        """The server does not serve them, or no longer; `said` is its answer, if it was asked. The link does not want
        them any more. May raise a RedisError, and then the connection is replaced."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words of one kind of pub/sub."""

    subscribe: str
    unsubscribe: str
    message: bytes
    subscribed: bytes
    unsubscribed: bytes
    together: Callable[[Iterable[bytes]], Iterator[Sequence[bytes]]]
    """Parts names into those that one command may take."""


class Phase(enum.Enum):
    """What the server has of a name, as far as is known. Nothing, where a link has no phase for it."""

    JOINING = enum.auto()
    STANDING = enum.auto()
    LEAVING = enum.auto()


def by_the_hundreds(names: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    waiting = iter(names)
    while some := tuple(itertools.islice(waiting, _NAMES_PER_COMMAND)):
        yield some


def by_slot(names: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    for _slot, same in itertools.groupby(sorted(names, key=key_slot), key_slot):
        yield from by_the_hundreds(same)


PLAIN = Dialect("SUBSCRIBE", "UNSUBSCRIBE", b"message", b"subscribe", b"unsubscribe", by_the_hundreds)
SHARDED = Dialect("SSUBSCRIBE", "SUNSUBSCRIBE", b"smessage", b"ssubscribe", b"sunsubscribe", by_slot)


class Link:
    """`quiet` seconds of silence have the connection checked, twice as many have it replaced.

    `pool` makes the connections: RESP2, where what is published comes as a plain answer, and without a timeout for
    reading, since silence is normal. The link takes none of its places.
    """

    def __init__(
        self, pool: ConnectionPool, dialect: Dialect, owner: LinkOwner, *, quiet: float, connect_timeout: float
    ) -> None:
        self._pool = pool
        self._dialect = dialect
        self._owner = owner
        self._quiet = quiet
        self._connect_timeout = connect_timeout
        self.wanted: dict[bytes, None] = {}
        self._phases: dict[bytes, Phase] = {}
        self._left_over: set[bytes] = set()
        """To be unsubscribed from once more: the cluster was down."""
        self._commands: Commands | None = None
        """To be sent, in order; None while there is no connection."""
        self._heard = False
        """Whether anything came since silence was last looked for."""
        self._task: asyncio.Task[None] | None = None

    def start(self, hear: Hear) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(hear))

    async def close(self) -> None:
        if self._task is not None:
            await end_tasks([self._task])

    def join(self, name: bytes) -> None:
        """Want a channel from now on. Does not wait."""
        self.wanted[name] = None
        if self._commands is not None and name not in self._phases:
            self._subscribe([name], self._commands)

    def part(self, name: bytes) -> None:
        """Want it no longer. Does not wait."""
        self.wanted.pop(name, None)
        if self._commands is not None and self._phases.get(name) is Phase.STANDING:
            self._unsubscribe(name, self._commands)

    def _subscribe(self, names: Iterable[bytes], commands: Commands) -> None:
        for some in self._dialect.together(names):
            self._phases.update(dict.fromkeys(some, Phase.JOINING))
            commands.put_nowait((self._dialect.subscribe, *some))

    def _unsubscribe(self, name: bytes, commands: Commands) -> None:
        self._phases[name] = Phase.LEAVING
        commands.put_nowait((self._dialect.unsubscribe, name))

    # -- the connection --------------------------------------------------------------------------------------------

    async def _run(self, hear: Hear) -> None:
        """Connect and listen; begin again after a pause that grows while nothing works."""
        failures = 0
        while True:
            try:
                async with self._connection() as connection:
                    failures = 0
                    await self._listen(connection, hear)
            except* (RedisError, OSError, TimeoutError) as errors:
                # One that never was is no news: whoever needs it says that Redis is away.
                level = logging.DEBUG if self._commands is None else logging.WARNING
                logger.log(level, "the subscription to Redis was lost: %r", errors.exceptions[0])
            self._commands = None
            self._phases.clear()
            self._left_over.clear()
            self._owner.on_down(self, AWAY)
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

    async def _listen(self, connection: AbstractConnection, hear: Hear) -> None:
        commands = self._commands = Commands()
        self._heard = True
        self._subscribe(self.wanted, commands)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write(connection, commands))
            tasks.create_task(self._watch(commands))
            tasks.create_task(self._read(connection, commands, hear))

    async def _write(self, connection: AbstractConnection, commands: Commands) -> None:
        while True:
            together = [await commands.get()]
            while len(together) < _COMMANDS_PER_WRITE and not commands.empty():
                together.append(commands.get_nowait())
            if not connection.is_connected:
                # Sending would connect anew, silently and without the subscriptions.
                raise ConnectionError("the connection was closed")
            await connection.send_packed_command(packed(together), check_health=False)

    async def _watch(self, commands: Commands) -> None:
        """A dead connection looks like a silent one, so silence is asked about.

        Silence is counted in looks, never read from a clock: while this process stood still itself, nobody was asked,
        and what was answered has yet to be read.
        """
        silent = 0
        while True:
            await asyncio.sleep(self._quiet / _LOOKS)
            self._leave_left_over(commands)
            silent, self._heard = 0 if self._heard else silent + 1, False
            if silent >= 2 * _LOOKS:
                raise TimeoutError("Redis has not answered a ping")
            if silent >= _LOOKS:
                commands.put_nowait(("PING",))

    def _leave_left_over(self, commands: Commands) -> None:
        left_over, self._left_over = self._left_over, set()
        for name in left_over - self._phases.keys():
            self._unsubscribe(name, commands)

    # -- what it says ----------------------------------------------------------------------------------------------

    async def _read(self, connection: AbstractConnection, commands: Commands, hear: Hear) -> None:
        message = self._dialect.message
        while True:
            try:
                answer = await connection.read_response(disable_decoding=True)
            except MovedError as error:
                self._refuse([name for name in self._on_their_way() if key_slot(name) == error.slot_id], error)
            except ClusterDownError as error:
                # It does not say of what. Those that are answered well after all do no harm.
                self._refuse(self._on_their_way(), error)
            else:
                if isinstance(answer, list):
                    if answer[0] == message:
                        hear(answer[1], answer[2])
                    else:
                        self._take(answer[0], answer[1], commands)
            self._heard = True

    def _take(self, word: bytes, name: bytes, commands: Commands) -> None:
        if word == self._dialect.subscribed:
            self._subscribed(name, commands)
        elif word == self._dialect.unsubscribed:
            self._unsubscribed(name, commands)

    def _subscribed(self, name: bytes, commands: Commands) -> None:
        if name not in self.wanted:
            self._unsubscribe(name, commands)
        elif self._phases.get(name) is Phase.JOINING:
            self._phases[name] = Phase.STANDING
            self._owner.on_standing(self, name)

    def _unsubscribed(self, name: bytes, commands: Commands) -> None:
        phase = self._phases.get(name)
        if phase is Phase.STANDING:
            # Nobody asked for that: a cluster gives what it serves to another node.
            self._refuse([name])
        elif phase is Phase.LEAVING:
            del self._phases[name]
            if name in self.wanted:
                self._subscribe([name], commands)

    def _on_their_way(self) -> list[bytes]:
        return [name for name, phase in self._phases.items() if phase is not Phase.STANDING]

    def _refuse(self, names: Collection[bytes], said: Refusal | None = None) -> None:
        """The server gives nothing for these names; of those that were to be left there is nothing to tell."""
        refused = [name for name in names if name in self.wanted]
        for name in names:
            if self._phases.pop(name, None) is Phase.LEAVING and isinstance(said, ClusterDownError):
                self._left_over.add(name)
        for name in refused:
            del self.wanted[name]
        if refused:
            self._owner.on_refused(self, refused, said)
