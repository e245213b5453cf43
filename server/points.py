"""The points where a crash matters, by name (DESIGN, *When a part fails*).

Whoever builds the services may have something awaited at each of them; tests stop, kill or overtake a process
there. Nothing happens by default. `realtime` and `persistence` know their own points by the same words.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum


class Point(StrEnum):
    AFTER_LUA_BEFORE_REPLY = "after_lua_before_reply"  # Redis may have decided; nobody has read its answer
    AFTER_DECIDE_BEFORE_RECORD = "after_decide_before_record"  # published, not in the ledger
    BETWEEN_LOCK_AND_FOLD = "between_lock_and_fold"  # the rows are locked, nothing is written
    AFTER_COMMIT_BEFORE_REPLY = "after_commit"  # in the ledger, the caller does not know
    AFTER_RECORD_BEFORE_NOTIFY = "after_record_before_notify"  # the outbox holds what is to be said
    HEAL_AFTER_FREEZE = "heal_after_freeze"
    HEAL_AFTER_COMMIT = "heal_after_commit"  # the row has a new epoch, Redis the old state
    BETWEEN_LOAD_CHUNKS = "between_load_chunks"
    AUDIT_BEFORE_ADVANCE = "audit_before_advance"  # the row's watermark is ahead of the state's
    BETWEEN_SEAL_AND_FLAG = "between_seal_and_flag"  # sealed in Redis, not yet unloaded in the ledger


Pause = Callable[[str], Awaitable[None]]


async def no_pause(_point: str) -> None:
    """Go on at once."""
