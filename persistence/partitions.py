"""The monthly partitions of `contributions`, made ahead so that no row has to land in the default one."""

from persistence.pool import Pool, connection
from persistence.statements import statement


async def ensure_partitions(pool: Pool, months_ahead: int = 3) -> list[str]:
    """Make what is missing for this month and so many ahead, and say which months that was.

    Rows that have landed in the default partition move to the month they belong to. May be called by
    several workers at once.
    """
    made = []
    async with connection(pool) as held:
        for row in await held.fetch(statement("partitions_wanted"), months_ahead):
            month = row["month"].isoformat()
            async with held.transaction():
                await held.execute(statement("partitions_patience"))
                await held.execute(statement("partitions_lock"))
                if await held.fetchval(statement("partition_exists"), row["month"]):
                    continue
                await held.execute(statement("partitions_month"), month)
                await held.execute(statement("partitions_make"), timeout=PATIENCE_SECONDS)
            made.append(month[:7])
    return made


PATIENCE_SECONDS = 65.0
"""A little longer than the statement may take, see partitions_patience.sql."""
