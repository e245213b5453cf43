"""Every statement of `persistence/sql` finds its rows by an index, at a million contributions.

A statement that is added is looked at without anybody thinking of it; one that may read a whole table is named below
with its reason. Plans are the generic ones, which is how the pool has them made: they depend on no value.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
import pytest_asyncio

import persistence
from loadtests.bench.filling import Past, fill
from persistence.statements import statement
from tests.conftest import Embedded

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

DATABASE = "plans"
PAST = Past(
    people=10_000,
    raids=10_000,
    rows=1_000_000,
    days=40,
    last_day=datetime.now(UTC).date() - timedelta(days=1),
)

LARGE = {
    *("users", "identities", "sessions", "raids", "invite_codes", "raid_members", "raid_events"),
    *("contributions", "contribution_keys", "contribution_voids"),
    *("user_stats", "user_daily_stats", "streak_days", "user_streaks", "checkins"),
    *("user_achievements", "user_achievement_rewards", "achievement_tallies", "raid_completions"),
    "leaderboard_final_entries",
}
"""Tables that grow with people, raids or days; their partitions go by their names."""

SMALL = {
    "achievements": "definitions: an operator writes each",
    "jobs": "as many as raids end and operators ask for; open ones have an index",
    "outbox": "emptied within seconds",
    "ledger_quarantine": "what is in it waits for an operator",
    "leaderboard_finals": "two rows a day at most",
    "forgotten": "a request each, until the worker has done it",
    "people_tallies": "added up by the worker",
    "schema_migrations": "one row a release",
    "contributions_default": "emptied by the worker",
}

WHOLE_TABLE = re.compile("^(audit|repair)_")
"""What compares or mends everything there is, on an operator's demand."""

EXCEPTIONS = {
    "analytics_totals": "an operator's page: the tallies are the sums of all unlocks there are",
    "tallies_add_up": "a duty of the worker: it makes one row of many, for all achievements",
}

NOTHING_TO_READ = 10.0
"""The planner's cost of less than that is no thousand rows, the least that every large table here has."""

ORDERS = re.compile(r"^\s*(WITH|SELECT|INSERT|UPDATE|DELETE|MERGE|TABLE|VALUES)\b", re.IGNORECASE)
"""What has a plan: all else (BEGIN, DO, CREATE, SET) has none."""

STATEMENTS = sorted(
    file.stem
    for file in (Path(persistence.__file__).parent / "sql").glob("*.sql")
    if ORDERS.match(statement(file.stem)) and not WHOLE_TABLE.match(file.stem)
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(embedded: Embedded, template_database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection to a ledger with a past, with the pool's settings."""
    admin = await asyncpg.connect(embedded.postgres.url)
    await admin.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {template_database}")
    try:
        url = embedded.postgres.url_of(DATABASE)
        await fill(url, PAST)
        settings = {"timezone": "UTC", "plan_cache_mode": "force_generic_plan", "jit": "off"}
        connection = await asyncpg.connect(url, server_settings=settings)
        yield connection
        await connection.close()
    finally:
        await admin.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        await admin.close()


@pytest.mark.parametrize("name", STATEMENTS)
async def test_it_reads_no_large_table_from_end_to_end(filled: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    read = {scan for scan in scans(await plan_of(filled, name)) if scan in LARGE}
    if name in EXCEPTIONS:
        assert read, f"{name} is no exception any more"
    else:
        assert not read, f"{name} reads all of {sorted(read)}"


async def test_every_table_is_known_to_be_large_or_small(filled: "asyncpg.Connection[asyncpg.Record]") -> None:
    rows = await filled.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    assert {table_of(row["relname"]) for row in rows} == LARGE | SMALL.keys()


async def test_the_past_is_a_large_one(filled: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A plan for few rows would say nothing."""
    for table in LARGE:
        assert await filled.fetchval(f"SELECT count(*) FROM {table}") >= 1_000, table


async def plan_of(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> Mapping[str, Any]:
    text = statement(name)
    parameters = max((int(number) for number in re.findall(r"\$(\d+)", text)), default=0)
    await connection.execute(f"PREPARE plan_of_it AS {text}")
    try:
        call = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
        [[plan]] = await connection.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE plan_of_it{call}")
    finally:
        await connection.execute("DEALLOCATE plan_of_it")
    return orjson.loads(plan)[0]["Plan"]  # type: ignore[no-any-return]


def scans(plan: Mapping[str, Any]) -> Iterator[str]:
    """The tables that a plan reads from end to end, but for months to come, in which nothing is yet."""
    if plan["Node Type"] == "Seq Scan" and plan["Total Cost"] > NOTHING_TO_READ:
        yield table_of(plan["Relation Name"])
    for part in plan.get("Plans", ()):
        yield from scans(part)


def table_of(relation: str) -> str:
    """The table of which this is a partition, or the relation itself."""
    return relation if relation in SMALL else re.sub(r"_(\d{4}_\d\d|\d)$", "", relation)
