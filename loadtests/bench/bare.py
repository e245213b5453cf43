"""The baseline of the ledger's benchmarks: the rows alone, into a table on which nothing hangs."""

import time
from collections.abc import Sequence
from importlib import resources
from typing import Any

from persistence.pool import Connection

Row = Sequence[Any]
"""raid_id, epoch, seq, contribution_id, user_id, xp, type, day, occurred_at, created_at."""


def bench_sql(name: str) -> str:
    """A benchmark's own statement: `sql/<name>.sql` with its opening comment."""
    return resources.files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


class Bare:
    """Inserts batches into its own table, each committed by itself. Its time is the sum of their times."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = bench_sql("bare_insert")
        self.spent = 0.0

    async def make(self) -> None:
        await self._connection.execute(bench_sql("bare_make"))

    async def insert(self, rows: Sequence[Row]) -> None:
        columns = list(zip(*rows, strict=True))
        started = time.perf_counter()
        await self._connection.execute(self._insert, *columns)
        self.spent += time.perf_counter() - started

    async def drop(self) -> None:
        await self._connection.execute("DROP TABLE bare")
