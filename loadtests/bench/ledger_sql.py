"""What folding costs: `Ledger.record` with everything that hangs on a contribution, beside a bare INSERT.

Both get the same batches in turn, so that a noisy machine disturbs them alike.
"""

import contextlib
import time
from dataclasses import dataclass

from loadtests.bench.bare import Bare, bench_sql
from loadtests.bench.history import History, bare_rows, new_logs, raw
from loadtests.bench.profiling import Timings
from loadtests.bench.world import own_connection, world
from persistence.ledger import Ledger
from persistence.pool import Pool, connection, open_pool

BATCHES = (32, 200, 1000)
"""Entries in one transaction."""

PEOPLE = 2_000
RAIDS = 20
DAYS = 4
"""Local days, the last of them today."""

PER_DAY = 3
"""Contributions of each person on each day: one in so many begins a streak day."""

LEAST = 12_000
"""Rows a second that batches of 1,000 have to make."""


@dataclass(slots=True)
class Cost:
    rows: int = 0
    folded: float = 0.0
    bare: float = 0.0


async def run(*, profiled: bool = False) -> None:
    async with world() as services:
        with Timings.watching() if profiled else contextlib.nullcontext() as timings:
            await _all(services.urls.database_url, timings)


async def _all(url: str, timings: Timings | None) -> None:
    pool = await open_pool(url, size=1, statement_timeout_ms=30_000)
    print(
        f"\nledger, SQL alone: {PEOPLE * DAYS * PER_DAY} rows for each batch size, {PEOPLE} people, {RAIDS} raids,"
        f" one row in {PER_DAY} begins a streak day"
    )
    for size in BATCHES:
        history = await fresh_history(pool)
        if timings:
            timings.clear()
        cost = await _measure(pool, url, history, size)
        print(
            f"  batches of {size:5}   folded {cost.rows / cost.folded:7.0f} rows/s"
            f"   bare INSERT {cost.rows / cost.bare:7.0f} rows/s   ratio {cost.folded / cost.bare:4.1f}"
            + (f"   (at least {LEAST})" if size == BATCHES[-1] else "")
        )
        if timings:
            timings.print(cost.rows)
    await pool.close()


async def fresh_history(pool: Pool) -> History:
    async with connection(pool) as held:
        people = [row["id"] for row in await held.fetch(bench_sql("people"), PEOPLE)]
    return History(people, await new_logs(pool, people[:RAIDS], PEOPLE // RAIDS), DAYS, PER_DAY)


async def _measure(pool: Pool, url: str, history: History, size: int) -> Cost:
    ledger, cost = Ledger(pool), Cost()
    async with own_connection(url) as one:
        bare = Bare(one)
        await bare.make()
        while cost.rows < history.rows:
            entries = history.take(min(size, history.rows - cost.rows))
            raws = raw(entries)
            started = time.perf_counter()
            recorded = await ledger.record(raws)
            cost.folded += time.perf_counter() - started
            assert sum(key.fresh for key in recorded.keys.values()) == len(entries)
            await bare.insert(bare_rows(entries))
            cost.rows += len(entries)
        cost.bare = bare.spent
        await bare.drop()
    return cost
