"""Several web processes behind one listening socket.

The parent opened the socket, forks, and from then on only watches: it holds no loop and no
thread, so a fork at any later time is safe too.
"""

import os
import signal
import sys
import time
from collections.abc import Callable

import structlog

from server.embedded.launch import die_with

STARTUP_FAILED = 3
"""Exit code of a child that could not start; another one could not either."""

TOO_SHORT = 1.0
"""A child that lived for less is replaced only after this pause, in seconds."""

STOP_PATIENCE = 10.0

WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)

log = structlog.get_logger(__name__)


class Prefork:
    """Keeps `count` children running `work`, which returns an exit code, until a signal says stop."""

    def __init__(self, count: int, work: Callable[[], int]) -> None:
        self._count = count
        self._work = work
        self._born: dict[int, float] = {}
        """When each living child was forked, by pid."""

    def run(self) -> int:
        """Returns 0 after a signal, else the exit code of a child that could not start."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        for _ in range(self._count):
            self._fork()
        code: int | None = None
        while code is None:
            code = self._reap() if signal.sigwait(WATCHED) == signal.SIGCHLD else 0
        self._stop()
        return code

    def _fork(self) -> None:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            self._born[pid] = time.monotonic()
            return
        code = 1
        try:
            die_with(parent, signal.SIGTERM)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
            code = self._work()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # the parent's stack must not unwind a second time

    def _reap(self) -> int | None:
        """Replace the children that ended; an exit code when that is of no use."""
        for pid in list(self._born):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            lived = time.monotonic() - self._born.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if code == STARTUP_FAILED:
                return code
            log.warning("web_process_died", pid=pid, exit_code=code)
            if lived < TOO_SHORT:
                time.sleep(TOO_SHORT)
            self._fork()
        return None

    def _stop(self) -> None:
        for pid in self._born:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE
        while self._born:
            for pid in list(self._born):
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del self._born[pid]
            time.sleep(0.02)
