"""A real Redis as a child process: no port, one socket in a closed folder, everything kept on disk."""

import asyncio
import signal
from pathlib import Path

from server.embedded.child import Child
from server.embedded.errors import EmbeddedError
from server.embedded.programs import redis_program
from server.embedded.sockets import make_socket_folder, remove_socket_folder
from server.embedded.user import make_own_folder, make_service_folder, require_within_reach, service_user

START_DEADLINE = 60.0
"""Enough to read a large append-only file; an empty one takes milliseconds."""

STOP = ((signal.SIGTERM, 10.0),)


class EmbeddedRedis:
    """Redis with its data in `folder`.

    With `aof` every write is in the append-only file before its answer (fsync once a second), so
    a killed Redis forgets nothing. `save` are RDB points as in redis.conf ("60 1000"), "" for none.
    """

    def __init__(self, folder: Path, *, aof: bool = True, save: str = "", store: Path | None = None) -> None:
        self.folder = folder
        self._aof = aof
        self._save = save
        self._store = store or folder.parent / "programs"
        self._child: Child | None = None
        self._sockets: Path | None = None

    @property
    def socket(self) -> Path:
        if self._sockets is None:
            raise RuntimeError("redis was not started")
        return self._sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def data(self) -> Path:
        """Where its files are (`appendonly.aof`, `dump.rdb`): for tests that put an older one back."""
        return self.folder / "data"

    @property
    def pid(self) -> int:
        return self._running_child().pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    async def start(self) -> None:
        """Its data read and ready for commands when this returns. Cleans up if it fails."""
        user = service_user()
        require_within_reach(make_own_folder(self.folder, user), user)
        child = Child("redis", self.folder, user, signal.SIGTERM)
        await child.clear_leftover(signal.SIGTERM, 10.0)
        program = redis_program(user, self._store)
        make_service_folder(self.data, user)
        self._sockets = make_socket_folder(self.folder, user)
        self._child = child
        try:
            child.start([str(program), *self._arguments()])
            await self._wait_until_ready(child)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it in good order; nothing happens when it does not run."""
        if self._child is not None:
            self._child.resume()
            await self._child.stop(*STOP)
            self._child = None
        if self._sockets is not None:
            remove_socket_folder(self._sockets)

    async def kill(self) -> None:
        """kill -9. `start` reads what it had written."""
        await self._running_child().kill()

    def pause(self) -> None:
        """It stands still: connections stay open and nothing answers."""
        self._running_child().pause()

    def resume(self) -> None:
        self._running_child().resume()

    def _running_child(self) -> Child:
        if self._child is None:
            raise RuntimeError("redis was not started")
        return self._child

    def _arguments(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes" if self._aof else "no",
            "appendfsync": "everysec",
            "save": self._save,
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]

    async def _wait_until_ready(self, child: Child) -> None:
        try:
            async with asyncio.timeout(START_DEADLINE):
                while not await self._answers():
                    if not child.running:
                        raise EmbeddedError(f"redis did not start: {child.last_words()}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise EmbeddedError(f"redis did not start in {START_DEADLINE:.0f} s: {child.last_words()}") from None

    async def _answers(self) -> bool:
        """Whether it serves commands; while it still loads its data it says so instead."""
        try:
            reader, writer = await asyncio.open_unix_connection(self.socket)
        except OSError:
            return False
        try:
            writer.write(b"PING\r\n")
            return (await reader.readline()).startswith(b"+PONG")
        except OSError:
            return False
        finally:
            writer.close()
