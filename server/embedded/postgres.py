"""A real PostgreSQL as a child process: no port, one socket in a closed folder, one role."""

import asyncio
import contextlib
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import psutil

from server.embedded.child import Child
from server.embedded.errors import EmbeddedError
from server.embedded.programs import postgres_programs
from server.embedded.sockets import make_socket_folder, remove_socket_folder
from server.embedded.user import ServiceUser, make_own_folder, make_service_folder, require_within_reach, service_user

ROLE = DATABASE = "raidline"
INIT_DEADLINE = 60.0
START_DEADLINE = 60.0
"""Enough for the recovery of a large log after a power cut; a clean start takes a quarter second."""

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
STOP = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0))
"""Fast shutdown: open transactions are rolled back. Then immediate shutdown: the log recovers it."""


class EmbeddedPostgres:
    """PostgreSQL with its data in `folder`. Whoever reaches the socket (mode 0700) is trusted."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        store: Path | None = None,
    ) -> None:
        """`settings` go before ours; `store` is where programs are copied when they must be."""
        self.folder = folder
        self._settings = {**SETTINGS, **(settings or {})}
        self._store = store or folder.parent / "programs"
        self._child: Child | None = None
        self._sockets: Path | None = None

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        if self._sockets is None:
            raise RuntimeError("postgres was not started")
        return f"postgresql://{ROLE}@/{database}?host={self._sockets}"

    @property
    def pid(self) -> int:
        return self._running_child().pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    async def start(self) -> None:
        """Ready for connections, its database made, when this returns. Cleans up if it fails."""
        user = service_user()
        require_within_reach(make_own_folder(self.folder, user), user)
        child = Child("postgres", self.folder, user, signal.SIGINT)
        await child.clear_leftover(signal.SIGINT, 10.0)
        programs = postgres_programs(user, self._store)
        await self._initialise(child, programs, user)
        self._drop_foreign_lock()
        self._sockets = make_socket_folder(self.folder, user)
        self._child = child
        try:
            await self._start_until_ready(child, [str(programs / "postgres"), *self._arguments()])
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
        """As a power cut would: kill -9 for all its processes. `start` recovers from it."""
        await self._running_child().kill()

    def pause(self) -> None:
        """Every process of it stands still: connections stay open and nothing answers."""
        self._running_child().pause()

    def resume(self) -> None:
        self._running_child().resume()

    def _running_child(self) -> Child:
        if self._child is None:
            raise RuntimeError("postgres was not started")
        return self._child

    def _arguments(self) -> list[str]:
        settings = {**self._settings, "unix_socket_directories": str(self._sockets)}
        return ["-D", str(self.folder / "data"), *(f"--{name}={value}" for name, value in settings.items())]

    async def _initialise(self, child: Child, programs: Path, user: ServiceUser | None) -> None:
        data, fresh = self.folder / "data", self.folder / "data.new"
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
        lock = self.folder / "data" / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
            if str(self.folder) not in " ".join(psutil.Process(int(lock.read_text().split()[0])).cmdline()):
                lock.unlink()

    async def _start_until_ready(self, child: Child, command: list[str]) -> None:
        try:
            async with asyncio.timeout(START_DEADLINE):
                child.start(command)
                while not await self._answers():
                    if not child.running:
                        self._give_up_unless_it_may_pass(child)
                        child.start(command)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise EmbeddedError(f"postgres did not start in {START_DEADLINE:.0f} s: {child.last_words()}") from None

    def _give_up_unless_it_may_pass(self, child: Child) -> None:
        words = child.last_words()
        if "shared memory block" not in words:  # processes of a killed Postgres need a moment to end
            raise EmbeddedError(f"postgres did not start: {words}")

    async def _answers(self) -> bool:
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
