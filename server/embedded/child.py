"""One service as a child process of ours: started, found again, stopped, killed, paused."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from server.embedded import processes
from server.embedded.errors import EmbeddedError
from server.embedded.user import ServiceUser

LAUNCH = Path(__file__).with_name("launch.py")
POLL = 0.01
LOG_LIMIT = 10 * 1024 * 1024
LOG_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW


class Child:
    """A process in a session of its own, so that a terminal's Ctrl-C reaches it only through us.

    It must be started from a thread that lives as long as the child shall: Linux ends it with
    that thread. `record` remembers it beyond our own death.
    """

    def __init__(self, name: str, folder: Path, user: ServiceUser | None, death_signal: int) -> None:
        self.name = name
        self._folder = folder
        self._user = user
        self._death_signal = death_signal
        self._record = folder / f"{name}.pid"
        self.log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, command: Sequence[str]) -> None:
        self._process = self._spawn(command)
        started = psutil.Process(self._process.pid).create_time()
        self._record.write_text(f"{self._process.pid} {started}\n")

    async def run(self, command: Sequence[str], deadline: float) -> None:
        """Run a program of this service to its end; EmbeddedError when it fails."""
        process = self._spawn(command)
        try:
            async with asyncio.timeout(deadline):
                while process.poll() is None:
                    await asyncio.sleep(POLL)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            raise EmbeddedError(f"{Path(command[0]).name} failed: {self.last_words()}")

    def send(self, number: int) -> None:
        if self.running:
            os.kill(self.pid, number)

    async def stop(self, *steps: tuple[int, float]) -> None:
        """Send each signal and wait so many seconds for the end; SIGKILL comes after the last."""
        for number, patience in steps:
            self.send(number)
            if await self._ended(patience):
                break
        else:
            await self.kill()
        self._record.unlink(missing_ok=True)

    async def kill(self) -> None:
        """End it and all its children at once, as a power cut would, and wait until they are gone."""
        if self._process is None:
            return
        family = processes.paused_family(self.pid) if self.running else []
        processes.kill(family)
        self._process.wait()
        await processes.gone(family)

    def pause(self) -> None:
        """Stop it and its children where they stand (SIGSTOP): it neither answers nor closes."""
        if self.running:
            processes.paused_family(self.pid)

    def resume(self) -> None:
        processes.resume(self._family())

    async def clear_leftover(self, number: int, patience: float) -> None:
        """Stop what an earlier run of ours left running here, if it is still the same process."""
        family = processes.family(*self._recorded())
        processes.resume(family)
        processes.send(family[:1], number)
        if not await processes.gone(family, patience):
            processes.kill(family)
            await processes.gone(family)
        self._record.unlink(missing_ok=True)

    def last_words(self) -> str:
        """The last line of its log that says something, for an error."""
        if not self.log.exists():
            return "it left no word"
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4096))
            lines = [line.strip() for line in log.read().decode(errors="replace").splitlines()]
        telling = [line for line in lines if "FATAL" in line or "rror:" in line]
        said = (telling or [line for line in lines if line] or ["it left no word"])[-1]
        return f"{said} ({self.log})"

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        uid, gid = (str(self._user.uid), str(self._user.gid)) if self._user else ("-", "-")
        launch = (sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(self._death_signal)))
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with os.fdopen(os.open(self.log, LOG_FLAGS, 0o600), "ab") as log:
            return subprocess.Popen(
                [*launch, uid, gid, *command],
                cwd=self._folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},  # no secret of ours
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _ended(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while self.running and time.monotonic() < deadline:
            await asyncio.sleep(POLL)
        return not self.running

    def _family(self) -> list[psutil.Process]:
        return processes.family(self.pid) if self.running else []

    def _recorded(self) -> tuple[int, float]:
        try:
            pid, started = self._record.read_text().split()
            return int(pid), float(started)
        except (FileNotFoundError, ValueError):
            return 0, 0.0
