"""Connections to Postgres that come back by themselves after it does.

Postgres may also hang without closing a connection (stopped, or its host gone); statement_timeout
does not fire then. So every acquire and every command has a bound on this side too, and a connection
that was interrupted is ended, never returned: nobody knows what it is still in the midst of.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncpg

from persistence.errors import AWAY, LedgerAway, translated
from persistence.preparing import prepare_ahead

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = Any

CONNECT_SECONDS = 5.0
ACQUIRE_SECONDS = 10.0
COMMAND_SECONDS = 10.0
IDLE_IN_TRANSACTION_MS = 10_000
"""A process stopped between lock and fold must not hold its raids for ever."""


async def open_pool(url: str, *, size: int, statement_timeout_ms: int) -> Pool:
    """A pool of up to `size` connections. Opens none yet, so that it also starts while Postgres is away."""
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=CONNECT_SECONDS,
        command_timeout=max(COMMAND_SECONDS, 2 * statement_timeout_ms / 1000),
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,
        init=prepare_ahead,
        reset=_nothing_to_reset,
        server_settings={
            "application_name": "raidline",
            "timezone": "UTC",
            "statement_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
            # The fold is planned once per connection: planning it costs more than folding ten entries.
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
        },
    )


async def _nothing_to_reset(_connection: Any) -> None:
    """Nothing here changes a connection's settings, so the usual round trip on release is saved."""


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for as long as the block runs; what the driver raises becomes a `LedgerError`.

    A block that is cancelled or times out ends its connection, and with it its transaction.
    """
    acquired = await _acquire(pool)
    try:
        yield acquired
    except AWAY as error:
        if _is_interruption(error):
            acquired.terminate()
        raise translated(error) from error
    except BaseException as error:
        if _is_interruption(error):
            acquired.terminate()
        raise
    finally:
        await _release(pool, acquired)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection and a transaction on it, committed unless the block raises.

    Raises `LedgerAway` too where the answer to COMMIT was lost: whether it happened is then not known.
    """
    async with connection(pool) as held:
        await held.execute("BEGIN")
        try:
            yield held
        except BaseException as error:
            # A connection whose answer is still out cannot be asked to roll back; it is ended instead.
            if not _is_interruption(error):
                await held.execute("ROLLBACK")
            raise
        await held.execute("COMMIT")


@asynccontextmanager
async def savepoint(held: Connection) -> AsyncIterator[None]:
    """Undo what the block did if it raises, and keep the transaction around it."""
    await held.execute("SAVEPOINT part")
    try:
        yield
    except BaseException as error:
        if not _is_interruption(error):
            await held.execute("ROLLBACK TO SAVEPOINT part")
        raise
    await held.execute("RELEASE SAVEPOINT part")


def _is_interruption(error: BaseException) -> bool:
    """Did this come in the midst of a command, rather than as its answer or from our own code?"""
    if isinstance(error, asyncpg.PostgresError):
        return False
    return isinstance(error, AWAY) or not isinstance(error, Exception)


async def _acquire(pool: Pool) -> "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]":
    try:
        return await pool.acquire(timeout=ACQUIRE_SECONDS)
    except AWAY as error:
        raise LedgerAway(f"cannot connect: {type(error).__name__}") from error


async def _release(pool: Pool, acquired: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> None:
    """Give it back. One that cannot be tidied up is ended by the pool and concerns nobody any more."""
    with suppress(*AWAY):
        await pool.release(acquired, timeout=COMMAND_SECONDS)
