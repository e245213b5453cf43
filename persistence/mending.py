"""Set anew what the audit finds wrong, for some raids, people or achievements, within the caller's transaction.

Everything is made of rows, set by set, under the locks that recording takes too. What a person was granted stays
theirs: a longest streak, a level, an unlock is taken back only where not even what was voided could explain it.
"""

import time
from collections.abc import Sequence

import asyncpg

from persistence.pool import Connection
from persistence.statements import statement
from persistence.telling import tell_unlocks
from persistence.unlocking import Unlocks, unlock_pairs
from raidline.ids import AchievementId, UserId

PATIENCE_SECONDS = 65.0
"""A little longer than a comparison may take, see audit_patience.sql."""

OF_RAIDS = (
    "repair_contributions",
    "repair_voids",
    "repair_members",
    "repair_strangers",
    "repair_raids",
    "repair_codes",
    "repair_completions",
)
OF_USERS = ("repair_users", "repair_user_days", "repair_streak_days", "repair_skips")
STREAK = ("first", "last", "last_day", "current", "active_days", "longest", "freezes")
GRANTED = ("reward_xp", "credits", "level")


async def mend_raids(held: Connection, raids: list[int]) -> None:
    """Under the lock of the raids, so that nothing is recorded into them between counting and setting."""
    await held.fetch(statement("lock"), raids, [], timeout=PATIENCE_SECONDS)
    for name in OF_RAIDS:
        await held.fetch(statement(name), raids, timeout=PATIENCE_SECONDS)


async def mend_users(held: Connection, users: list[int]) -> None:
    """Under the lock of the people, which every recorder of their contributions takes too.

    In the order in which one thing follows from another: days, runs of days, unlocks, what these brought. No event
    tells of it; only what was kept of them is dropped.
    """
    await held.fetch(statement("lock"), [], users, timeout=PATIENCE_SECONDS)
    for name in OF_USERS:
        await held.fetch(statement(name), users, timeout=PATIENCE_SECONDS)
    await _set_to_what_is_right(held, "audit_streaks", "repair_streaks", STREAK, users)
    await _mend_unlocks(held, users)
    await _set_to_what_is_right(held, "audit_user_progress", "repair_user_rewards", GRANTED, users)
    await tell_unlocks(held, Unlocks(), people=[UserId(user) for user in users], silent=True)


async def mend_achievements(held: Connection, achievements: list[int]) -> None:
    """The tallies are only ever added to, with what they count: this needs no lock."""
    rows = await _wrong(held, "audit_tallies", achievements)
    columns = [[row[name] for row in rows] for name in ("achievement_id", "day", "lacking")]
    await held.execute(statement("repair_tallies"), *columns)


async def _mend_unlocks(held: Connection, users: list[int]) -> None:
    """What was never earned goes first: its reward may be in the place of one that was."""
    wrong = await _wrong(held, "audit_unlocks", users)
    unearned = _pairs(wrong, "unlock_unearned", "unlock_of_nothing")
    if unearned:
        await held.execute(statement("repair_unlocks"), *zip(*unearned, strict=True))
        wrong = await _wrong(held, "audit_unlocks", users)
    now_ms = time.time_ns() // 1_000_000
    missing = [(user, achievement, now_ms) for user, achievement in _pairs(wrong, "unlock_missing")]
    await unlock_pairs(held, missing, "recompute")
    unrewarded = _pairs(wrong, "reward_missing", "reward_differs")
    if unrewarded:
        await held.execute(statement("repair_rewards"), *zip(*unrewarded, strict=True))


def _pairs(wrong: Sequence[asyncpg.Record], *kinds: str) -> list[tuple[UserId, AchievementId]]:
    return [(row["owner"], row["achievement_id"]) for row in wrong if row["kind"] in kinds]


async def _set_to_what_is_right(
    held: Connection, comparison: str, repair: str, names: Sequence[str], users: list[int]
) -> None:
    """The comparison itself says what is right, once for each person it finds something wrong about."""
    right = {row["owner"]: row for row in await _wrong(held, comparison, users)}
    columns = [[row[name] for row in right.values()] for name in names]
    await held.execute(statement(repair), list(right), *columns, timeout=PATIENCE_SECONDS)


async def _wrong(held: Connection, comparison: str, owners: list[int]) -> list[asyncpg.Record]:
    """What a comparison says of these owners, ascending; it looks at a page, in which they all lie."""
    rows = await held.fetch(statement(comparison), owners[0] - 1, owners[-1], timeout=PATIENCE_SECONDS)
    wanted = frozenset(owners)
    return [row for row in rows if row["owner"] in wanted]
