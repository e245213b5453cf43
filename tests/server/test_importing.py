"""A log through the write path in-process: to the same effect as a replay, whichever came first."""

import asyncio
import contextlib
import io
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from rich.console import Console

from raidline.ids import RaidId, UserId
from realtime.commands import Command
from server import reading
from server.outcomes import Accepted, Outcome, Unavailable
from server.reconciliation import Reconciliation
from server.replay import replay
from server.replay.importing import import_log
from server.services import open_services
from server.settings import Settings
from server.write_path import WritePath
from tests.conftest import Launch
from tests.helpers import ADMIN_TOKEN, REPOSITORY, eventually

LOG = REPOSITORY / "tests" / "data" / "activity-small.csv.gz"
ROWS = 1499
RAIDS = {"Replay 2011 Q1": (8, 17), "Replay 2011 Q2": (249, 423), "Replay 2011 Q3": (1242, 2178)}
"""Title to tasks and XP, counted from the file by other means."""


@dataclass(frozen=True, slots=True)
class Held:
    """What there is, in every detail that a second run must leave as it was."""

    people: list[tuple[Any, ...]]
    keys: list[tuple[Any, ...]]
    snapshots: list[Mapping[str, Any]]

    @property
    def figures(self) -> dict[str, tuple[int, int]]:
        return {
            raid["title"]: (raid["currentTasks"], raid["currentXp"])
            for raid in self.snapshots
            if raid["status"] == "completed"
        }


async def everything(settings: Settings) -> Held:
    connection = await asyncpg.connect(settings.database_url)
    try:
        people = await connection.fetch("SELECT provider, subject, user_id FROM identities ORDER BY 1, 2")
        keys = await connection.fetch(
            "SELECT raid_id, contribution_id, fingerprint, epoch, seq FROM contribution_keys ORDER BY 1, 2"
        )
        raids = await connection.fetch("SELECT id, leader_id FROM raids ORDER BY id")
    finally:
        await connection.close()
    async with open_services(settings) as services:
        snapshots = [
            orjson.loads(await reading.snapshot_json(services, RaidId(row["id"]), UserId(row["leader_id"])))
            for row in raids
        ]
    return Held([tuple(row) for row in people], [tuple(row) for row in keys], snapshots)


async def differences(settings: Settings) -> list[Any]:
    async with open_services(settings) as services:
        return [one async for one in Reconciliation(services).look()]


class Printed:
    def __init__(self) -> None:
        self.file = io.StringIO()
        self.console = Console(file=self.file, width=100)

    def figure(self, name: str) -> str:
        found = re.search(rf"^│ {name} +│ +(.*?) │$", self.file.getvalue(), re.MULTILINE)
        assert found, self.file.getvalue()
        return found.group(1)

    @property
    def figures(self) -> list[str]:
        return [self.figure(name) for name in ("accepted", "repeated", "refused", "lost")]


async def imported(settings: Settings, file: Path = LOG) -> Printed:
    printed = Printed()
    assert await import_log(file, settings, console=printed.console) == 0, printed.file.getvalue()
    return printed


async def replayed(launch: Launch) -> Printed:
    server = await launch()
    printed = Printed()
    assert await replay(LOG, url=server.url, admin_token=ADMIN_TOKEN, console=printed.console) == 0
    await server.stop()
    return printed


async def test_a_second_run_repeats_every_row_and_changes_nothing(settings: Settings) -> None:
    first = await imported(settings)
    assert first.figures == ["1,499", "0", "1", "0"]
    assert first.figure("raids completed") == "3 of 3"
    assert "refused: line 736: occurred_at is not an RFC 3339 time" in first.file.getvalue()
    before = await everything(settings)
    assert before.figures == RAIDS
    assert len(before.keys) == ROWS

    assert (await imported(settings)).figures == ["0", "1,499", "1", "0"]
    assert await everything(settings) == before
    assert await differences(settings) == []


async def test_what_was_replayed_is_found_again_by_an_import(settings: Settings, launch: Launch) -> None:
    assert (await replayed(launch)).figures == ["1,499", "0", "1", "0"]
    before = await everything(settings)
    assert before.figures == RAIDS
    assert (await imported(settings)).figures == ["0", "1,499", "1", "0"]
    assert await everything(settings) == before


async def test_what_was_imported_is_found_again_by_a_replay(settings: Settings, launch: Launch) -> None:
    await imported(settings)
    before = await everything(settings)
    assert (await replayed(launch)).figures == ["0", "1,499", "1", "0"]
    assert await everything(settings) == before


@pytest.mark.parametrize(("table", "held"), [("raids", 1), ("contribution_keys", 300)])
async def test_one_that_was_killed_goes_on_in_the_next_run(
    settings: Settings, launch: Launch, table: str, held: int
) -> None:
    """In the middle of the people and raids, or of the rows."""
    async with standing_still(settings, table, held) as is_waiting:
        killed = await launch("import", str(LOG), "--concurrency", "8")
        await eventually(is_waiting)
        await killed.kill()

    again = await imported(settings)
    assert again.figure("lost") == "0"
    after = await everything(settings)
    assert after.figures == RAIDS
    assert len(after.keys) == ROWS
    assert await differences(settings) == []


STAND_STILL = """
    CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT count(*) FROM {table}) >= {held} THEN PERFORM pg_advisory_xact_lock(1); END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER stand_still BEFORE INSERT ON {table} EXECUTE FUNCTION stand_still();
    SELECT pg_advisory_lock(1)
"""

WAITING = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextlib.asynccontextmanager
async def standing_still(settings: Settings, table: str, held: int) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """Nobody gets further than so many rows of that table while the block runs; gives whether somebody waits."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute(STAND_STILL.format(table=table, held=held))
        yield lambda: connection.fetchval(WAITING)
        await connection.execute(f"SELECT pg_advisory_unlock(1); DROP TRIGGER stand_still ON {table}")
    finally:
        await connection.close()


async def _more_than(connection: Any, query: str, most: int) -> bool:
    return int(await connection.fetchval(query)) > most


async def test_what_is_unavailable_is_asked_again_with_the_same_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, answered = Counter[str](), Counter[str]()
    submit = WritePath.submit

    async def failing_at_first(path: WritePath, command: Command) -> Outcome:
        name = command.contribution or command.command_id
        if not refused[name]:
            refused[name] += 1
            raise Unavailable("overloaded", retry_after=0)
        outcome = await submit(path, command)
        # On a busy machine the ledger may be late as well: then the same is asked again until it is there.
        answered[name] += outcome.durable if command.contribution and isinstance(outcome, Accepted) else 1
        return outcome

    monkeypatch.setattr(WritePath, "submit", failing_at_first)
    assert (await imported(settings)).figures == ["1,499", "0", "1", "0"]
    assert answered == refused
    assert (await everything(settings)).figures == RAIDS


async def test_what_the_ledger_does_not_hold_yet_is_asked_after_until_it_does(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, int] = {}
    submit = WritePath.submit

    async def late(path: WritePath, command: Command) -> Outcome:
        outcome = await submit(path, command)
        name = command.contribution
        if name is not None and isinstance(outcome, Accepted) and outcome.durable:
            asked[name] = asked.get(name, 0) + 1
            if asked[name] < 3:
                return Accepted(outcome.outcome, outcome.cursor, False, outcome.replayed, outcome.totals)
        return outcome

    monkeypatch.setattr(WritePath, "submit", late)
    monkeypatch.setattr("server.replay.feed._SETTLE_PAUSE_S", 0.01)
    assert (await imported(settings)).figures == ["1,499", "0", "1", "0"]
    assert set(asked.values()) == {3}


async def test_a_row_the_server_breaks_on_is_lost_and_told_and_the_others_go_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = WritePath.submit
    broken: list[str] = []

    async def break_one(path: WritePath, command: Command) -> Outcome:
        if command.contribution is not None and not broken:
            broken.append(command.contribution)
            raise RuntimeError("out of order")
        return await submit(path, command)

    monkeypatch.setattr(WritePath, "submit", break_one)
    printed = Printed()
    assert await import_log(LOG, settings, console=printed.console) == 1
    assert printed.figures == ["1,498", "0", "1", "1"]
    assert re.search(r"failed: line \d+: RuntimeError: out of order", printed.file.getvalue())
    assert (await imported(settings)).figures == ["1", "1,498", "1", "0"]


async def test_a_cancelled_run_ends_in_order_and_the_next_goes_on(settings: Settings) -> None:
    run = asyncio.create_task(import_log(LOG, settings, console=Printed().console))
    connection = await asyncpg.connect(settings.database_url)
    try:
        await eventually(lambda: _more_than(connection, "SELECT count(*) FROM contribution_keys", 0), 30, every=0.005)
    finally:
        await connection.close()
    run.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await run
    assert (await imported(settings)).figure("lost") == "0"
    assert (await everything(settings)).figures == RAIDS


@pytest.mark.parametrize("content", ["", "user,when\n", "\x1f\x8bno gzip"])
async def test_a_file_that_is_no_log_is_told_in_one_line(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(content.encode("latin-1"))
    assert await import_log(file, settings) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"raidline import: {file}: ")
    assert told.count("\n") == 1


async def test_services_that_are_away_are_told_in_one_line(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    assert await import_log(LOG, away, patience=0.5) == 2
    told = capsys.readouterr().err
    assert told.startswith("raidline import: the services: no answer within 0.5 s")
    assert told.count("\n") == 1
