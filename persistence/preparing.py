"""Statements made known to a connection before it is used.

Postgres ends a transaction whose client has fallen silent between two commands (idle_in_transaction_session_timeout).
It has no such bound within one: and asyncpg, when it first uses a statement, waits for its description before it
goes on. A process stopped just there, in a transaction, would hold its raids until it is gone or goes on. So the
statements of the transactions that lock raids are described outside of one.
"""

import re
from contextlib import suppress
from typing import Any

import asyncpg

from persistence.statements import statement

UNDER_LOCKS = (
    *("lock", "fold", "days", "skips", "streaks", "streaks_seen", "midnights", "conclude", "keys_known", "names_held"),
    *("targets_met_at", "heal_known_end", "heal_raid", "checkin", "checkin_answer", "checkin_answered"),
    *("raid_row", "raid_members_of", "raid_commands", "raid_keys", "raid_day_xp", "raid_lock_unloaded"),
    *("unlock", "users_lock", "progress_row", "outbox_leave", "job_make", "job_step"),
    *("streak_appends", "streak_standing", "streak_repairable", "streak_repaired", "streak_paused", "streak_rezone"),
    *("midnights_due", "risks_due", "risks_told"),
    *("recompute_page", "recompute_due", "recompute_done", "complete_members", "progress_erase", "definition_erase"),
)

_PARAMETER = re.compile(r"\$(\d+)")


async def prepare_ahead(connection: Any) -> None:
    """Run each with nothing but NULLs, which touches no row. Before the migrations, or on a standby, none is run."""
    with suppress(asyncpg.PostgresError):
        for name in UNDER_LOCKS:
            text = statement(name)
            parameters = max(int(number) for number in _PARAMETER.findall(text))
            await connection.fetch(text, *[None] * parameters)
