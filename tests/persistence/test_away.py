"""Postgres in trouble is never the entries' fault: they wait, and everything works again by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from persistence import pool as pools
from persistence.errors import LedgerAway
from persistence.ledger import Ledger
from persistence.migrations import migrate
from persistence.partitions import ensure_partitions
from persistence.pool import connection, open_pool
from server.embedded import EmbeddedPostgres
from tests.helpers import eventually
from tests.persistence.conftest import World, world_of
from tests.persistence.log import id_of

TROUBLE = """
CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '{sqlstate}'; END $$;
CREATE TRIGGER trouble BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION trouble();
"""
NO_TROUBLE = "DROP FUNCTION trouble CASCADE"


@pytest.mark.parametrize(
    "sqlstate", ["53100", "25006", "57P01", "53200", "53300", "55P03", "57014", "58030", "42P01", "XX000"]
)
@pytest.mark.parametrize("table", ["contribution_keys", "user_daily_stats"])
async def test_trouble_of_the_servers_own_condemns_nobody(world: World, table: str, sqlstate: str) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(TROUBLE.format(sqlstate=sqlstate, table=table))
    entries = [log.contribute(ada) for _ in range(4)]
    with pytest.raises(LedgerAway, match=sqlstate):
        await world.ledger.record(entries)
    await world.execute(NO_TROUBLE)
    assert await world.value("SELECT count(*) FROM ledger_quarantine") == 0
    assert await world.sums(log) == (0, 0)
    recorded = await world.ledger.record(entries)
    assert len(recorded.keys) == 4
    assert await world.sums(log) == (40, 4)


async def test_trouble_during_quarantine_puts_nothing_aside(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(TROUBLE.format(sqlstate="53100", table="ledger_quarantine"))
    with pytest.raises(LedgerAway):
        await world.ledger.record([log.contribute(ada, xp=-1)])
    await world.execute(NO_TROUBLE)
    assert (await world.ledger.record(log.entries)).quarantined


async def test_a_lock_held_too_long_means_away_and_leaves_the_pool_usable(
    world: World, plain: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    pool = await open_pool(world.url, size=1, statement_timeout_ms=500)
    async with plain.transaction():
        await plain.execute("SELECT FROM raids FOR UPDATE")
        with pytest.raises(LedgerAway, match="57014"):
            await Ledger(pool).record([log.contribute(ada)])
    async with connection(pool) as same:
        await same.execute("SET statement_timeout = 0")  # it is the same one, and this machine may be slow
    assert len((await Ledger(pool).record(log.entries)).keys) == 1
    await pool.close()


async def test_a_cancelled_caller_leaves_nothing_half_done(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    reached = asyncio.Event()

    async def hang(point: str) -> None:
        if point == "between_lock_and_fold":
            reached.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(Ledger(world.pool, hang).record([log.contribute(ada)]))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len((await world.ledger.record(log.entries)).keys) == 1


async def test_no_server_at_all_is_away_at_once_and_the_pool_opens_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("ACQUIRE_SECONDS", "CONNECT_SECONDS"):
        monkeypatch.setattr(pools, bound, 120.0)
    pool = await open_pool(f"postgresql://nobody@/none?host={tmp_path}", size=2, statement_timeout_ms=1000)
    async with asyncio.timeout(30):
        with pytest.raises(LedgerAway):
            await Ledger(pool).send_outbox(0, 1)
    await pool.close()


@pytest_asyncio.fixture
async def own_postgres(service_folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server of the test's own, to be stopped and killed."""
    server = EmbeddedPostgres(service_folder / "postgres", settings={"fsync": "off"})
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def own_world(own_postgres: EmbeddedPostgres) -> AsyncIterator[World]:
    await migrate(own_postgres.url)
    pool = await open_pool(own_postgres.url, size=3, statement_timeout_ms=30_000)
    await ensure_partitions(pool)
    yield world_of(own_postgres.url, pool)
    pool.terminate()


async def test_a_server_that_stands_still_is_away_within_the_bound_and_back_by_itself(
    own_postgres: EmbeddedPostgres, own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "ACQUIRE_SECONDS", 1.0)
    monkeypatch.setattr(pools, "CONNECT_SECONDS", 1.0)
    monkeypatch.setattr(pools, "COMMAND_SECONDS", 1.0)
    (ada,) = await own_world.users(1)
    log = await own_world.active_raid(ada)
    pool = await open_pool(own_world.url, size=3, statement_timeout_ms=500)
    ledger = Ledger(pool)

    async def known(count: int) -> bool:
        try:
            held = await asyncio.gather(*(ledger.record(log.entries) for _ in range(3)))
        except LedgerAway:
            return False
        return all(len(one.keys) == count for one in held)

    assert await eventually(lambda: known(0))
    own_postgres.pause()
    tried = [ledger.record([log.contribute(ada)]) for _ in range(9)]
    async with asyncio.timeout(30):
        outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LedgerAway] * 9
    own_postgres.resume()
    assert await eventually(lambda: known(9))
    assert await own_world.sums(log) == (90, 9)
    pool.terminate()


async def test_a_server_that_was_killed_is_used_again_after_its_restart(
    own_postgres: EmbeddedPostgres, own_world: World
) -> None:
    (ada,) = await own_world.users(1)
    log = await own_world.active_raid(ada)
    entries = [log.contribute(ada) for _ in range(3)]
    await own_world.ledger.record(entries[:1])
    await own_postgres.kill()
    with pytest.raises(LedgerAway):
        await own_world.ledger.record(entries)
    with pytest.raises(LedgerAway):
        await own_world.raids.exists(log.raid_id)
    await own_postgres.start()
    recorded = await own_world.ledger.record(entries)
    assert [recorded.keys[log.raid_id, id_of(entry)].fresh for entry in entries] == [False, True, True]


async def test_connections_that_the_server_ends_are_replaced(
    world: World, plain: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await plain.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    async def recorded() -> bool:
        try:
            return len((await world.ledger.record([log.contribute(ada)])).keys) == 1
        except LedgerAway:
            return False

    assert await eventually(recorded)
