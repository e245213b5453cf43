"""What folding costs: `Ledger.record` with every total, beside a bare INSERT of the same rows."""

import time
import uuid
from collections.abc import Sequence
from typing import Any

import orjson

from loadtests.bench.world import world
from persistence.ledger import Ledger
from persistence.people import People
from persistence.pool import Pool, connection, open_pool
from persistence.raids import NewRaid, Raids
from raidline.ids import RaidId, UserId

BATCHES = (32, 200, 1000)
ROWS = 20_000
"""Recorded with each batch size."""

PEOPLE = 500
RAIDS = 20
DAY_MS = 86_400_000

Entry = dict[str, Any]


async def run() -> None:
    async with world() as services:
        pool = await open_pool(services.urls.database_url, size=2, statement_timeout_ms=30_000)
        ledger = Ledger(pool)
        people = [
            (await People(pool).find_or_make_user("bench", f"person-{number}", f"person-{number}", "UTC")).id
            for number in range(PEOPLE)
        ]
        print(f"\nledger: {ROWS} rows for each batch size, {PEOPLE} people, {RAIDS} raids")
        for size in BATCHES:
            entries = await _entries(pool, people)
            bare = await _bare(pool, entries, size)
            folded = await _folded(ledger, entries, size)
            print(
                f"  batches of {size:5}   fold {ROWS / folded:7.0f} rows/s   bare INSERT {ROWS / bare:7.0f} rows/s"
                f"   ratio {folded / bare:.1f}"
            )
        await pool.close()


async def _entries(pool: Pool, people: Sequence[UserId]) -> list[Entry]:
    raids = [await _raid(pool, people[0]) for _ in range(RAIDS)]
    now, entries = round(time.time() * 1000), []
    for number in range(ROWS):
        (raid_id, epoch), user_id = raids[number % RAIDS], people[number * 7 % PEOPLE]
        contribution_id = str(uuid.uuid4())
        entries.append(
            {
                "v": 1, "raid_id": raid_id, "epoch": epoch, "seq": number // RAIDS + 1, "event": "contribution",
                "command_id": contribution_id, "at": now, "status": "active", "leader_id": people[0],
                "member_count": PEOPLE, "started_at": now, "ended_at": None, "deadline": now + DAY_MS,
                "current_xp": 0, "current_tasks": 0, "contribution_id": contribution_id, "fingerprint": "ab" * 16,
                "user_id": user_id, "actor_id": user_id, "xp": 5, "type": "task_complete", "task_id": None,
                "occurred_at": now, "day": "2026-11-20",
            }
        )  # fmt: skip
    return entries


async def _raid(pool: Pool, leader: UserId) -> tuple[RaidId, int]:
    raids = Raids(pool)
    raid_id = await raids.create_raid(
        NewRaid("bench", "", False, False, 10**12, 0, 24, 10_000, 10_000, None, leader, "person-0")
    )
    row = await raids.raid(raid_id)
    assert row is not None
    return raid_id, row.epoch


async def _folded(ledger: Ledger, entries: Sequence[Entry], size: int) -> float:
    raw = [orjson.dumps(entry) for entry in entries]
    started = time.perf_counter()
    for start in range(0, ROWS, size):
        recorded = await ledger.record(raw[start : start + size])
        assert sum(key.fresh for key in recorded.keys.values()) == min(size, ROWS - start)
    return time.perf_counter() - started


async def _bare(pool: Pool, entries: Sequence[Entry], size: int) -> float:
    """Into a table of the same columns with the same primary key and nothing that hangs on it."""
    async with connection(pool) as held:
        await held.execute(
            "CREATE TABLE bare (raid_id bigint, epoch bigint, seq bigint, contribution_id uuid, user_id bigint,"
            " xp integer, type text, day text, occurred_at bigint, at bigint, PRIMARY KEY (raid_id, contribution_id))"
        )
        columns = (
            "raid_id",
            "epoch",
            "seq",
            "contribution_id",
            "user_id",
            "xp",
            "type",
            "day",
            "occurred_at",
            "at",
        )
        types = ("bigint", "bigint", "bigint", "uuid", "bigint", "int", "text", "text", "bigint", "bigint")
        unnest = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, 1))
        rows = [[entry[column] for column in columns] for entry in entries]
        started = time.perf_counter()
        for start in range(0, ROWS, size):
            batch = list(zip(*rows[start : start + size], strict=True))
            await held.execute(f"INSERT INTO bare SELECT * FROM unnest({unnest})", *batch)  # noqa: S608
        spent = time.perf_counter() - started
        await held.execute("DROP TABLE bare")
    return spent
