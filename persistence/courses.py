"""How a raid came to where it is: its totals along the time."""

from __future__ import annotations

from dataclasses import dataclass

from persistence.pool import Pool, connection
from persistence.rows import RaidRow
from persistence.statements import statement
from raidline.ids import RaidId


@dataclass(frozen=True, slots=True)
class Point:
    """Totals as they stood at a moment, in milliseconds since 1970."""

    at_ms: int
    current_xp: int
    current_tasks: int


@dataclass(frozen=True, slots=True)
class Course:
    """Oldest first; empty for a raid in which nothing was contributed. The ledger's, which may be behind the log."""

    raid: RaidRow
    points: list[Point]


async def read_course(pool: Pool, raid_id: RaidId, spans: int) -> Course | None:
    """At most one point for each of so many equal spans of time; None where there is no such raid.

    Reads all its contributions, a million at most. Raises `LedgerAway`.
    """
    async with connection(pool) as held:
        row = await held.fetchrow(statement("raid_row"), raid_id)
        points = await held.fetch(statement("raid_course"), raid_id, spans)
    return None if row is None else Course(RaidRow.of(row), [Point(*point) for point in points])
