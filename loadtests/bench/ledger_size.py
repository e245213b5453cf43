"""Whether recording costs the same in a large ledger as in a small one, and with many definitions as with few.

The ledgers stand side by side and get their batches in turn; medians are compared, for machines are noisy.
"""

import itertools
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from loadtests.bench.bare import bench_sql
from loadtests.bench.filling import Past, fill
from loadtests.bench.history import History, new_logs, raw
from loadtests.bench.world import World, own_connection, world
from persistence.ledger import Ledger
from persistence.pool import Pool, open_pool
from raidline.ids import UserId
from server.commands import prepare_database

SMALL, LARGE = 10_000, 5_000_000
"""Contributions in the ledgers."""

FEW, MANY = 10, 500
"""Definitions of achievements; of both the same ten are reached."""

PEOPLE = 1_000
"""Who contribute, in each ledger as many; in the large one they are spread over fifty times as many."""

LARGE_PEOPLE = 50_000
RAIDS = 20
BATCH = 500
"""Entries in one transaction."""

DAYS = 12
PER_DAY = 2
"""Contributions of each person on each day: half of the rows begin a streak day."""

WARM_UP = 8
"""Batches that are not counted: a person's first rows."""

RATIO_MOST = 1.2


@dataclass(slots=True)
class Side:
    """One ledger, the people in it who contribute, and what each batch took."""

    name: str
    pool: Pool
    history: History
    spent: list[float] = field(default_factory=list)

    async def record(self) -> None:
        raws = raw(self.history.take(BATCH))
        started = time.perf_counter()
        await Ledger(self.pool).record(raws)
        self.spent.append(time.perf_counter() - started)

    @property
    def microseconds(self) -> float:
        """Of one row."""
        return statistics.median(self.spent[WARM_UP:]) / BATCH * 1e6


async def run(*, profiled: bool = False) -> None:
    """`profiled` changes nothing: `ledger-sql` shows the same transaction."""
    async with world() as services:
        started = time.perf_counter()
        await _fill(services)
        print(f"\nledger, its size: {SMALL} and {LARGE} rows, filled in {time.perf_counter() - started:.0f} s")
        async with _sides(services) as sides:
            small, large, many = sides
            await _take_turns(sides)
        batches = len(small.spent) - WARM_UP
        print(f"  medians of {batches} batches of {BATCH} rows, the ledgers in turn; a ratio of at most {RATIO_MOST}")
        print(f"  {small.name:34} {small.microseconds:6.1f} us per row")
        for side in (large, many):
            ratio = side.microseconds / small.microseconds
            print(f"  {side.name:34} {side.microseconds:6.1f} us per row   ratio {ratio:.2f}")


async def _fill(services: World) -> None:
    last_day = datetime.now(UTC).date() - timedelta(days=DAYS)
    small = Past(people=PEOPLE, raids=RAIDS, rows=SMALL, days=SMALL // PEOPLE // 2, last_day=last_day)
    large = replace(small, people=LARGE_PEOPLE, raids=LARGE_PEOPLE // 10, rows=LARGE, days=50)
    async with own_connection(services.urls.database_url) as held:
        for name in ("small", "large"):
            await held.execute(f"CREATE DATABASE {name}")
    for name, past in (("small", small), ("large", large)):
        await prepare_database(services.url_of(name))
        await fill(services.url_of(name), past)
    async with own_connection(services.urls.database_url) as held:
        await held.execute("CREATE DATABASE many TEMPLATE small")
        await held.execute("CHECKPOINT")


@asynccontextmanager
async def _sides(services: World) -> AsyncIterator[list[Side]]:
    pools = [
        await open_pool(services.url_of(name), size=1, statement_timeout_ms=30_000)
        for name in ("small", "large", "many")
    ]
    few = f"{FEW} definitions"
    try:
        yield [
            await _side(f"{SMALL} rows, {few}", pools[0], PEOPLE, FEW, SMALL // PEOPLE),
            await _side(f"{LARGE} rows, {few}", pools[1], LARGE_PEOPLE, FEW, LARGE // LARGE_PEOPLE),
            await _side(f"{SMALL} rows, {MANY} definitions", pools[2], PEOPLE, MANY, SMALL // PEOPLE),
        ]
    finally:
        for pool in pools:
            await pool.close()


async def _side(name: str, pool: Pool, population: int, definitions: int, tasks: int) -> Side:
    """Everybody has done so many tasks already: the definitions in reach lie just beyond."""
    async with pool.acquire() as held:
        await held.execute(bench_sql("definitions"), definitions, FEW, tasks, 2)
    people = [UserId(number) for number in range(1, population + 1, population // PEOPLE)]
    logs = await new_logs(pool, people[:RAIDS], PEOPLE // RAIDS)
    return Side(name, pool, History(people, logs, DAYS, PER_DAY))


async def _take_turns(sides: Sequence[Side]) -> None:
    turns = itertools.cycle(itertools.permutations(sides))
    for _ in range(sides[0].history.rows // BATCH):
        for side in next(turns):
            await side.record()
