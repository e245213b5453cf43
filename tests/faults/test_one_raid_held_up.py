"""A raid that cannot be had now, for a process that stands still holds its row, holds up no other."""

import asyncio
import contextlib

from persistence.pool import connection
from persistence.preparing import UNDER_LOCKS
from persistence.statements import statement
from raidline.ids import RaidId
from tests.faults.world import World

PATIENCE = 30.0


async def test_those_who_wait_to_heal_it_hold_up_no_other_heal(world: World) -> None:
    ledger = world.one.services.ledger
    async with contextlib.AsyncExitStack() as stack:
        for number in range(2):
            await stack.enter_async_context(world.two.services.ledger.heal_lock(RaidId(1000 + number)))
        held_up = [ledger.heal_lock(RaidId(1000 + number % 2), 2 * PATIENCE) for number in range(6)]
        waiting = [asyncio.create_task(_lock(one)) for one in held_up]
        async with asyncio.timeout(PATIENCE), ledger.heal_lock(RaidId(2000)) as mine:
            assert mine
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)


async def test_a_statement_under_locks_is_known_before_the_locks_are_taken(world: World) -> None:
    """Postgres has no bound for a client that is silent while it gets to know a statement."""
    async with connection(world.one.services.pool) as held:
        rows = await held.fetch("SELECT statement FROM pg_prepared_statements")
    assert {statement(name) for name in UNDER_LOCKS} <= {row["statement"] for row in rows}


async def _lock(waiting: contextlib.AbstractAsyncContextManager[bool]) -> None:
    async with waiting:
        pass
