"""The services of a test of faults, and the processes it plays them with."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from pydantic import SecretStr

from raidline.ids import RaidId
from server.commands import prepare_database
from server.embedded import EmbeddedPostgres, EmbeddedRedis
from server.settings import Settings, load_settings
from tests.helpers import ADMIN_TOKEN, Launched, clean_environment, eventually, finish_all, free_port


class FaultyProcess(Launched):
    """A process that has an accident; see `faulty_server.py`. `armed` at the start unless told otherwise."""

    module = "tests.faults.faulty_server"

    def __init__(self, role: str, environment: dict[str, str], folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        super().__init__([role], {**environment, "FAULT_FOLDER": str(folder)}, folder / "log")

    @property
    def reached(self) -> bool:
        return (self.folder / "reached").exists()

    def arm(self) -> None:
        (self.folder / "armed").touch()

    def go_on(self) -> None:
        (self.folder / "go").touch()
        self.resume()

    def hold(self, raids: Sequence[RaidId]) -> None:
        for raid_id in raids:
            (self.folder / f"hold-{raid_id}").touch()

    def let_go(self, raids: Sequence[RaidId]) -> None:
        for raid_id in raids:
            (self.folder / f"hold-{raid_id}").unlink(missing_ok=True)


class Stage:
    """One Postgres database, one Redis, and every process started against them."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres, redis: EmbeddedRedis, database_url: str) -> None:
        self.postgres = postgres
        self.redis = redis
        self.database_url = database_url
        self._folder = folder
        self._numbers = itertools.count(1)
        self._started: list[FaultyProcess] = []

    @property
    def redis_url(self) -> str:
        return self.redis.url

    def settings(self) -> Settings:
        """For services within the test's own process."""
        urls = {"database_url": self.database_url, "redis_url": self.redis_url}
        return load_settings().model_copy(update={**urls, "admin_token": SecretStr(ADMIN_TOKEN)})

    def start(self, role: str, point: str = "", kind: str = "", **environment: str) -> FaultyProcess:
        """Does not wait until it serves."""
        port = free_port()
        settings = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "RAIDLINE_ADMIN_TOKEN": ADMIN_TOKEN,
            "PORT": str(port),
            "FAULT_POINT": point,
            "FAULT_KIND": kind,
            **environment,
        }
        folder = self._folder / f"{role}-{next(self._numbers)}"
        process = FaultyProcess(role, clean_environment(**settings), folder)
        process.url = f"http://127.0.0.1:{port}"
        self._started.append(process)
        return process

    async def web(self, point: str = "", kind: str = "", **environment: str) -> FaultyProcess:
        process = self.start("web", point, kind, **environment)
        await process.serving(process.url)
        return process

    def finish(self) -> None:
        finish_all(self._started)


async def reached(process: FaultyProcess, deadline: float = 60.0) -> None:
    try:
        await eventually(lambda: process.reached, deadline)
    except AssertionError as error:
        raise AssertionError(f"the point was not reached: {error}\n{process.output[-3000:]}") from None


@contextlib.asynccontextmanager
async def own_services(folder: Path, *, aof: bool = True, save: str = "") -> AsyncIterator[Stage]:
    """A stage whose services nobody else uses: they may be killed, stopped, or given older data."""
    postgres, redis = EmbeddedPostgres(folder / "postgres"), EmbeddedRedis(folder / "redis", aof=aof, save=save)
    async with postgres, redis:
        await prepare_database(postgres.url)
        stage = Stage(folder, postgres, redis, postgres.url)
        try:
            yield stage
        finally:
            stage.finish()
