"""A real Postgres and a real Redis for `raidline up` and the tests.

Both come from Python wheels and run as our own child processes without any port. There is no
second code path behind them: what runs here is what runs in production.

They end with the program: in good order when the block ends, by the kernel's hand when we are
killed (Linux), and at the latest on the next start in the same folder.
"""

import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from server.embedded.errors import EmbeddedError, FolderInUse
from server.embedded.folder import data_folder
from server.embedded.postgres import EmbeddedPostgres
from server.embedded.redis import EmbeddedRedis

__all__ = [
    "EmbeddedError",
    "EmbeddedPostgres",
    "EmbeddedRedis",
    "FolderInUse",
    "ServiceUrls",
    "embedded_services",
    "running_services",
]


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    database_url: str
    redis_url: str


@contextlib.asynccontextmanager
async def embedded_services(data: Path, database_url: str | None, redis_url: str | None) -> AsyncIterator[ServiceUrls]:
    """The services to work with: those given, and for each one not given our own, kept in `data`.

    Raises FolderInUse when another raidline works in `data`, EmbeddedError when a service cannot start.
    """
    if database_url and redis_url:
        yield ServiceUrls(database_url, redis_url)
        return
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder(data))
        if not database_url:
            database_url = (await stack.enter_async_context(EmbeddedPostgres(folder / "postgres"))).url
        if not redis_url:
            redis_url = (await stack.enter_async_context(EmbeddedRedis(folder / "redis"))).url
        urls = ServiceUrls(database_url, redis_url)
        stack.enter_context(_announced(data, urls))
        yield urls


def running_services(data: Path) -> ServiceUrls | None:
    """The services of the raidline at work in `data`, for a command that wants to look at them."""
    try:
        return ServiceUrls(**json.loads((data / "services.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def _announced(data: Path, urls: ServiceUrls) -> Iterator[None]:
    note = data / "services.json"
    note.unlink(missing_ok=True)
    with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(urls), file)  # may hold a password of the service that is not ours
    try:
        yield
    finally:
        note.unlink(missing_ok=True)
