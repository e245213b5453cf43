"""A real Redis as a child process: no port, one socket in a closed folder, everything kept on disk."""

import asyncio
import signal
from pathlib import Path

from server.embedded.child import Child
from server.embedded.programs import redis_program
from server.embedded.service import Service
from server.embedded.user import ServiceUser, make_service_folder


class EmbeddedRedis(Service):
    """Redis with its data in `folder`.

    With `aof` every write is in the append-only file before its answer (fsync once a second), so
    a killed Redis forgets nothing; only while the disk still syncs what came before does the file
    wait, for two seconds at most. `save` are RDB points as in redis.conf ("60 1000"), "" for none.
    """

    name = "redis"
    stop_steps = ((signal.SIGTERM, 10.0),)

    def __init__(self, folder: Path, *, aof: bool = True, save: str = "", store: Path | None = None) -> None:
        super().__init__(folder, store)
        self._aof = aof
        self._save = save

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    async def _prepare(self, child: Child, user: ServiceUser | None) -> Path:
        program = redis_program(user, self._store)
        make_service_folder(self.data, user)
        return program

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
