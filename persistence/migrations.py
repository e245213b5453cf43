"""Migrations: numbered .sql files, forward only. Append a new one; never edit or reorder what was applied."""

from importlib import resources

import asyncpg

from persistence.pool import CONNECT_SECONDS, Connection
from persistence.statements import statement


def names() -> list[str]:
    """All migrations there are, in order."""
    folder = resources.files(__package__).joinpath("migrations")
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))


async def pending(connection: Connection) -> list[str]:
    """The migrations this database still lacks, in order."""
    if not await connection.fetchval(statement("migrations_exist")):
        return names()
    applied = {row["name"] for row in await connection.fetch(statement("migrations_applied"))}
    return [name for name in names() if name not in applied]


async def migrate(url: str) -> list[str]:
    """Bring the database up to date and say which migrations that took.

    Each is applied as a whole or not at all. Others who migrate at the same time wait and find nothing to do.
    """
    connection = await asyncpg.connect(
        url, timeout=CONNECT_SECONDS, server_settings={"application_name": "raidline", "timezone": "UTC"}
    )
    try:
        await connection.execute(statement("migrations_lock"))
        await connection.execute(statement("migrations_table"))
        lacking = await pending(connection)
        for name in lacking:
            await _apply(connection, name)
        return lacking
    finally:
        await connection.close(timeout=CONNECT_SECONDS)


async def _apply(connection: Connection, name: str) -> None:
    text = resources.files(__package__).joinpath("migrations", name).read_text(encoding="utf-8")
    async with connection.transaction():
        await connection.execute(text)
        await connection.execute(statement("migrations_note"), name)
