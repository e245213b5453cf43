"""What all peers of one run share: cores, a folder, a Postgres, and a Redis for whoever needs one."""

import contextlib
import itertools
import resource
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.bench.fanout.cores import Cores, share_out
from loadtests.bench.fanout.places import built
from loadtests.bench.fanout.processes import Program, running
from loadtests.bench.world import free_port
from server.commands import prepare_database
from server.embedded import EmbeddedPostgres
from server.embedded.programs import redis_program

NO_ENVIRONMENT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class RunningRedis:
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


@dataclass(slots=True)
class Ground:
    cores: Cores
    folder: Path
    postgres: EmbeddedPostgres
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def own_folder(self, name: str) -> Path:
        """One that nobody had before."""
        folder = self.folder / f"{name}-{next(self._numbers)}"
        folder.mkdir()
        return folder

    @contextlib.asynccontextmanager
    async def serving(
        self, name: str, command: Sequence[str], port: int, environment: Mapping[str, str] = NO_ENVIRONMENT
    ) -> AsyncIterator[int]:
        """The process that is measured, alone on the server's core; its pid."""
        program, log = Program(name, command, port, environment), self.own_folder(name) / "log"
        async with running(program, log, self.cores.on_the_servers()) as pid:
            yield pid

    @contextlib.asynccontextmanager
    async def redis(self, *, durable: bool = False) -> AsyncIterator[RunningRedis]:
        """Over TCP, for that is what every peer can. `durable`: as ours has it, every write in a file."""
        folder, port = self.own_folder("redis"), free_port()
        settings = {
            "port": str(port),
            "bind": "127.0.0.1",
            "dir": str(folder),
            "save": "",
            "appendonly": "yes" if durable else "no",
            # A peer that cannot keep up shall fall behind, and not be cut off.
            "client-output-buffer-limit": "pubsub 0 0 0",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", *_split(name, value))]
        program = Program("redis", [str(redis_program(None, built("redis"))), *words], port, NO_ENVIRONMENT)
        async with running(program, folder / "log") as pid:
            yield RunningRedis(port, pid)


def _split(name: str, value: str) -> list[str]:
    return value.split() if name == "client-output-buffer-limit" else [value]


def _allow_many_files() -> None:
    """For whatever is started from here: a connection is a file, and so is its subscription in Redis."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Raises BenchError where the machine will not do."""
    cores = share_out()
    _allow_many_files()
    with cores.on_the_rest(), tempfile.TemporaryDirectory(prefix="raidline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        async with EmbeddedPostgres(folder / "postgres") as postgres:
            await prepare_database(postgres.url)
            yield Ground(cores, folder, postgres)
