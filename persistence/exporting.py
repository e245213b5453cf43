"""Everything the ledger holds about one person, section by section, in pages, so that little of it is in memory."""

from collections.abc import AsyncIterator
from typing import Final

from persistence.pool import Pool, connection
from persistence.statements import statement
from raidline.ids import UserId

PAGE = 500

SECTIONS: Final = {
    "identities": "export_identities",
    "raids": "export_raids",
    "contributions": "export_contributions",
    "days": "export_days",
    "checkIns": "export_checkins",
    "streakDays": "export_streak_days",
    "achievements": "export_achievements",
    "rewards": "export_rewards",
}
"""What an export has, by the name it stands under, and the statement that reads a page of it."""


async def export_pages(pool: Pool, user_id: UserId, section: str) -> AsyncIterator[list[str]]:
    """The section's rows as JSON texts, page by page, in a fixed order. Raises `LedgerAway`.

    No connection is held between two pages; what is written meanwhile may or may not be among them.
    """
    place: list[str] | None = None
    while True:
        async with connection(pool) as held:
            rows = await held.fetch(statement(SECTIONS[section]), user_id, place, PAGE)
        if rows:
            yield [row["body"] for row in rows]
        if len(rows) < PAGE:
            return
        place = rows[-1]["place"]
