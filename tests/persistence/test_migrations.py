"""Migrations apply once, whoever else migrates at the same time, and lead to schema.sql exactly."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from persistence import migrations

SCHEMA = Path(migrations.__file__).parent / "schema.sql"

CATALOG = {
    "columns": """
        SELECT c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               a.attidentity::text, pg_get_expr(d.adbin, d.adrelid), co.collname
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
             LEFT JOIN pg_collation co ON co.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace""",
    "relations": """
        SELECT c.relname, c.relkind::text, c.relpersistence::text, c.relispartition, c.reloptions,
               pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid), c.relrowsecurity
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace""",
    "inheritance": "SELECT inhrelid::regclass::text, inhparent::regclass::text, inhseqno FROM pg_inherits",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid), convalidated,
               condeferrable, conislocal
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle
        FROM pg_sequences WHERE schemaname = 'public'""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal""",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
    "types": """
        SELECT typname, typtype::text FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')""",
    "extensions": "SELECT extname FROM pg_extension",
}


async def catalog(url: str) -> dict[str, list[str]]:
    connection = await asyncpg.connect(url)
    try:
        return {
            name: sorted(str(tuple(row)) for row in await connection.fetch(query)) for name, query in CATALOG.items()
        }
    finally:
        await connection.close()


async def emptied(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()


async def test_schema_sql_is_what_the_migrations_lead_to(empty_database_url: str) -> None:
    await migrations.migrate(empty_database_url)
    migrated = await catalog(empty_database_url)
    await emptied(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(SCHEMA.read_text())
    await connection.close()
    written = await catalog(empty_database_url)
    for name in CATALOG:
        assert written[name] == migrated[name], name
    assert len(migrated["columns"]) > 100


async def test_twice_is_harmless(empty_database_url: str) -> None:
    assert await migrations.migrate(empty_database_url) == migrations.names()
    before = await catalog(empty_database_url)
    assert await migrations.migrate(empty_database_url) == []
    assert await catalog(empty_database_url) == before


async def test_four_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    applied = await asyncio.gather(*(migrations.migrate(empty_database_url) for _ in range(4)))
    assert sorted(applied) == [[], [], [], migrations.names()]


async def test_what_is_lacking_is_named_before_and_after(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        assert await migrations.pending(connection) == migrations.names()
        await migrations.migrate(empty_database_url)
        assert await migrations.pending(connection) == []
        await connection.execute("DELETE FROM schema_migrations WHERE name = $1", migrations.names()[-1])
        assert await migrations.pending(connection) == migrations.names()[-1:]
    finally:
        await connection.close()


async def test_one_that_fails_leaves_nothing_of_itself(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute("CREATE TABLE contributions (blocks integer)")
        with pytest.raises(asyncpg.DuplicateTableError):
            await migrations.migrate(empty_database_url)
        third = migrations.names().index("0003_contributions.sql")
        assert await migrations.pending(connection) == migrations.names()[third:]
        assert await connection.fetchval("SELECT to_regclass('contribution_keys')") is None
        await connection.execute("DROP TABLE contributions")
        assert await migrations.migrate(empty_database_url) == migrations.names()[third:]
    finally:
        await connection.close()


def test_names_are_numbered_without_a_gap() -> None:
    numbers = [int(name.split("_")[0]) for name in migrations.names()]
    assert numbers == list(range(1, len(numbers) + 1))
