"""A real PostgreSQL as a child process: no port, one socket in a closed folder, one role."""

import contextlib
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import psutil

from server.embedded.child import Child
from server.embedded.programs import postgres_programs
from server.embedded.service import Service
from server.embedded.user import ServiceUser, make_service_folder

ROLE = DATABASE = "raidline"
INIT_DEADLINE = 60.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


class EmbeddedPostgres(Service):
    """PostgreSQL with its data in `folder`. Whoever reaches the socket (mode 0700) is trusted."""

    name = "postgres"
    stop_steps = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0))
    """Fast shutdown: open transactions are rolled back. Then immediate shutdown: the log recovers it."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        store: Path | None = None,
    ) -> None:
        """`settings` go before ours."""
        super().__init__(folder, store)
        self._settings = {**SETTINGS, **(settings or {})}

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return f"postgresql://{ROLE}@/{database}?host={self.sockets}"

    async def _prepare(self, child: Child, user: ServiceUser | None) -> Path:
        programs = postgres_programs(user, self._store)
        await self._initialise(child, programs, user)
        self._drop_foreign_lock()
        return programs / "postgres"

    def _arguments(self) -> list[str]:
        settings = {**self._settings, "unix_socket_directories": str(self.sockets)}
        return ["-D", str(self.data), *(f"--{name}={value}" for name, value in settings.items())]

    async def _initialise(self, child: Child, programs: Path, user: ServiceUser | None) -> None:
        data, fresh = self.data, self.folder / "data.new"
        if data.exists():
            make_service_folder(data, user)  # says so when it belongs to somebody else
            return
        if fresh.exists():
            shutil.rmtree(fresh)  # an initdb that was cut off
        make_service_folder(fresh, user)
        command = [str(programs / "initdb"), "-D", str(fresh), "-U", ROLE, "--auth=trust"]
        locale = ["--encoding=UTF8", "--locale=C", "--no-instructions"]
        await child.run([*command, *locale], INIT_DEADLINE)
        fresh.rename(data)

    def _drop_foreign_lock(self) -> None:
        """Postgres takes any living process for its own when a number in a stale lock came up again.

        A dead number is left for Postgres to judge, which also looks for its shared memory.
        """
        lock = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
            if str(self.folder) not in " ".join(psutil.Process(int(lock.read_text().split()[0])).cmdline()):
                lock.unlink()

    def _may_pass(self, last_words: str) -> bool:
        return "shared memory block" in last_words  # processes of a killed Postgres need a moment to end

    async def _answers(self) -> bool:
        """Whether it takes connections; its database is made with the first."""
        try:
            connection = await asyncpg.connect(self.url_of("postgres"), timeout=5, ssl=False)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()
        return True
