"""`raidline replay`: a log through the HTTP API."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from server.replay.client import open_client
from server.replay.over_http import OverHttp
from server.replay.plan import make_plan
from server.replay.rows import ReplayError, read_rows
from server.replay.run import PATIENCE_S, Run, Watcher

CONCURRENCY = 64


async def replay(
    file: Path,
    *,
    url: str,
    admin_token: str,
    concurrency: int = CONCURRENCY,
    patience: float = PATIENCE_S,
    raids_watcher: Watcher | None = None,
    console: Console | None = None,
) -> int:
    """Feed the log through the HTTP API. Returns the exit code.

    0: every row was accepted, was there already, or was refused with a reason. 1: something was
    lost; run it again, it takes up where it was. 2: it could not be begun. Cancelled anywhere, or
    killed, the next run of the same file goes on without counting anything twice.
    """
    console = console or Console()
    try:
        plan = make_plan(read_rows(file))
        async with open_client(url, connections=concurrency, patience=patience) as client:
            way = OverHttp(client, admin_token)
            return await Run(way, plan, concurrency, console, raids_watcher).all()
    except ReplayError as error:
        Console(stderr=True).print(Text(f"raidline replay: {error}"), soft_wrap=True)
        return 2
