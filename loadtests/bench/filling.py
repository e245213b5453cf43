"""A ledger with a past: as many rows as one likes, made by Postgres itself from `sql/fill.sql`."""

from dataclasses import dataclass
from datetime import date
from importlib import resources

import asyncpg

FILL_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Past:
    """What there is before anything is measured. `sql/fill.sql` says how the numbers have to divide."""

    people: int
    raids: int
    rows: int
    days: int
    last_day: date


async def fill(url: str, past: Past) -> None:
    """Fill an empty, migrated database. The planner knows of the rows, and autovacuum has nothing left to do."""
    script = resources.files(__package__).joinpath("sql", "fill.sql").read_text(encoding="utf-8")
    connection = await asyncpg.connect(url, command_timeout=FILL_SECONDS, server_settings={"timezone": "UTC"})
    try:
        for name in ("people", "raids", "rows", "days", "last_day"):
            await connection.execute("SELECT set_config($1, $2, false)", f"fill.{name}", str(getattr(past, name)))
        # A past that a power cut takes away is filled in again.
        await connection.execute("SET synchronous_commit = off; SET work_mem = '256MB'; SET jit = off")
        await connection.execute(script)
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
