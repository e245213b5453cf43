"""How achievements go, from tallies alone: no person is looked at."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg
import orjson

from persistence.pool import Pool, connection, transaction
from persistence.statements import statement

ADDED_UP_AT_ONCE = 1000
ROUNDS = 100

RARITIES = ((0.5, "common"), (0.2, "uncommon"), (0.05, "rare"), (0.01, "epic"))
"""From which unlock rate on it is called what; below all of them it is legendary."""


async def analytics(pool: Pool, first: date, last: date) -> bytes:
    """JSON of every achievement: what it came to ever, and its unlocks per day (UTC) from `first` to `last`."""
    async with connection(pool) as held:
        totals = await held.fetch(statement("analytics_totals"))
        days = await held.fetch(statement("analytics_days"), first, last)
    per_day = _per_day(days)
    return orjson.dumps({"achievements": [_shown(row, per_day.get(row["id"], [])) for row in totals]})


async def people_count(pool: Pool) -> int:
    async with connection(pool) as held:
        count: int = await held.fetchval(statement("people_count"))
    return count


async def add_up_tallies(pool: Pool) -> None:
    """Fewer rows of the same sums. Any number at once."""
    async with transaction(pool) as held:
        await held.execute(statement("people_add_up"))
    for _ in range(ROUNDS):
        async with connection(pool) as held:
            if await held.fetchval(statement("tallies_add_up"), ADDED_UP_AT_ONCE) < ADDED_UP_AT_ONCE:
                return


def _per_day(rows: Sequence[asyncpg.Record]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["achievement_id"], []).append({"day": row["day"].isoformat(), "unlocks": row["unlocks"]})
    return found


def _shown(row: asyncpg.Record, per_day: list[dict[str, Any]]) -> dict[str, Any]:
    rate = row["unlocked"] / row["people"] if row["people"] > 0 else 0.0
    return {
        "id": row["id"],
        "name": row["name"],
        "unlocked": row["unlocked"],
        "unlockRate": round(rate, 4),
        "rarity": next((name for least, name in RARITIES if rate >= least), "legendary"),
        "medianHoursToUnlock": row["median_hours"],
        "perDay": per_day,
    }
