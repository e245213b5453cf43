"""A program: one Raidline process that has an accident at a named point, once.

    python -m tests.faults.faulty_server web | worker

Settings as for `raidline`, and besides:
    FAULT_FOLDER   where files say what goes on between this process and the test:
                   `armed` (by the test: from now on), `reached` (by us: it has happened), `go` (by the test: go on),
                   `hold-<raid>` (by the test: a worker does not audit this raid)
    FAULT_POINT    the point of `server/points.py`
    FAULT_KIND     kill | stop (SIGSTOP of the whole process) | wait (of what came to the point, until `go`)
    FAULT_RAIDS    for a worker: the only raids it audits, separated by commas, again and again without a pause
"""

import asyncio
import contextlib
import functools
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import server.services
import server.worker
from persistence.errors import LedgerAway
from raidline.ids import RaidId
from realtime.errors import RedisAway
from server.auditor import Auditor
from server.commands import LOCAL, run, work
from server.logs import configure_logs
from server.services import open_services
from server.serving import listen, serve
from server.settings import Settings, load_settings

POLL_SECONDS = 0.02
SWEEP_SECONDS = 1.0
"""The worker's sweep of all raids, so that tests need not wait a minute for what only it finds."""


class Accident:
    """What is awaited at every point."""

    def __init__(self, folder: Path, point: str, kind: str) -> None:
        self._folder = folder
        self._point = point
        self._kind = kind
        self._happened = False

    async def __call__(self, point: str) -> None:
        if point != self._point or self._happened or not (self._folder / "armed").exists():
            return
        self._happened = True
        (self._folder / "reached").touch()
        if self._kind == "wait":
            while not (self._folder / "go").exists():
                await asyncio.sleep(POLL_SECONDS)
            return
        os.kill(os.getpid(), signal.SIGKILL if self._kind == "kill" else signal.SIGSTOP)


class HeldAuditor(Auditor):
    """Leaves alone what the test holds."""

    folder: Path

    async def audit(self, raid_ids: Sequence[RaidId]) -> set[RaidId]:
        held = {raid_id for raid_id in raid_ids if (self.folder / f"hold-{raid_id}").exists()}
        return held | await super().audit([raid_id for raid_id in raid_ids if raid_id not in held])


async def audit_again_and_again(settings: Settings, accident: Accident, raids: list[RaidId]) -> None:
    async with open_services(settings, accident) as services:
        while True:
            with contextlib.suppress(LedgerAway, RedisAway):
                await services.auditor.audit(raids)
            await asyncio.sleep(POLL_SECONDS)


def main(role: str) -> int:
    folder = Path(os.environ["FAULT_FOLDER"])
    accident = Accident(folder, os.environ.get("FAULT_POINT", ""), os.environ.get("FAULT_KIND", ""))
    raids = [RaidId(int(word)) for word in os.environ.get("FAULT_RAIDS", "").split(",") if word]
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    if raids:
        return run(audit_again_and_again(settings, accident, raids))
    server.services.open_services = functools.partial(open_services, pause=accident)
    if role == "worker":
        server.worker.SWEEP_SECONDS = SWEEP_SECONDS
        HeldAuditor.folder = folder
        vars(server.services)["Auditor"] = HeldAuditor
        return run(work(settings))
    with contextlib.closing(listen(LOCAL, settings.port)) as listener:
        return run(serve(settings, listener))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
