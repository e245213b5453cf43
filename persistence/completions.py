"""A completed raid counts for everybody who was in it: in pages, for it may have thousands of members."""

from collections.abc import Iterable

import asyncpg

from persistence.jobs import Job, Step
from persistence.pool import Connection
from persistence.statements import statement
from persistence.telling import tell_unlocks
from persistence.unlocking import Move, lock_people, unlock
from raidline.ids import RaidId

RAID_COMPLETED = "raid_completed"
"""Params: `{"raidId": 42}`. Made with the entry that completes the raid."""

MEMBERS_PER_PAGE = 500

SHOWN_TO = 100
"""Members of a raid that is shown who unlocked what by completing it. In a larger one everybody would be sent the
unlocks of everybody, 100 million messages in one of 10,000."""


async def complete_page(held: Connection, job: Job) -> Step:
    """Count it for the next members."""
    raid_id = RaidId(job.params["raidId"])
    rows = await held.fetch(statement("complete_page"), raid_id, job.place, MEMBERS_PER_PAGE)
    members = [row["user_id"] for row in rows]
    present = await lock_people(held, members)
    fresh = await held.fetch(statement("complete_members"), raid_id, present)
    unlocks = await unlock(held, [move for row in fresh for move in _moves(row)])
    shown_to = raid_id if job.place == 0 and len(members) <= SHOWN_TO else None
    outbox = await tell_unlocks(held, unlocks, shown_to, people=[row["user_id"] for row in fresh])
    result = {"users": job.result.get("users", 0) + len(fresh)}
    return Step(members[-1] if members else job.place, result, len(members) < MEMBERS_PER_PAGE, outbox)


def _moves(row: asyncpg.Record) -> Iterable[Move]:
    user_id, completed, led, at_ms = row["user_id"], row["completed"], row["led"], row["at_ms"]
    yield Move(user_id, "raids_completed", completed - 1, completed, at_ms)
    if row["leads"]:
        yield Move(user_id, "raids_led", led - 1, led, at_ms)
