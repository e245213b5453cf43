"""Log entries as Redis hands them over, for benchmarks that record without Redis."""

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from loadtests.bench.bare import Row
from persistence.pool import Pool
from persistence.raids import NewRaid, Raids
from raidline.ids import Epoch, RaidId, UserId

DAY_MS = 86_400_000
XP = 47
HOURS_PER_DAY = 12
"""Of a local day, over which its contributions are spread."""

Entry = dict[str, Any]


@dataclass(slots=True)
class RaidLog:
    raid_id: RaidId
    epoch: Epoch
    leader_id: UserId
    members: int
    seq: int = 0

    def entry(self, user_id: UserId, day: date, occurred_ms: int, at_ms: int) -> Entry:
        self.seq += 1
        contribution_id = str(uuid.uuid4())
        return {
            "v": 1, "raid_id": self.raid_id, "epoch": self.epoch, "seq": self.seq, "event": "contribution",
            "command_id": contribution_id, "at": at_ms, "status": "active", "leader_id": self.leader_id,
            "member_count": self.members, "started_at": at_ms, "ended_at": None, "deadline": at_ms + DAY_MS,
            "current_xp": self.seq * XP, "current_tasks": self.seq, "contribution_id": contribution_id,
            "fingerprint": "ab" * 32, "user_id": user_id, "actor_id": user_id, "xp": XP, "type": "task_complete",
            "task_id": None, "occurred_at": occurred_ms, "day": day.isoformat(),
            "live": occurred_ms // DAY_MS == at_ms // DAY_MS,
        }  # fmt: skip


@dataclass(slots=True)
class History:
    """People who contribute to their raid in turn, so often a day, for as many days as it takes.

    The last of `days` is today; whoever wants more than there is gets an error.
    """

    people: Sequence[UserId]
    raids: Sequence[RaidLog]
    days: int
    per_day: int
    _entries: Iterator[Entry] = field(init=False)

    def __post_init__(self) -> None:
        self._entries = self._all()

    def take(self, count: int) -> list[Entry]:
        return [next(self._entries) for _ in range(count)]

    @property
    def rows(self) -> int:
        return len(self.people) * self.days * self.per_day

    def _all(self) -> Iterator[Entry]:
        today = datetime.now(UTC).date()
        for back in range(self.days - 1, -1, -1):
            day = today - timedelta(days=back)
            midnight_ms = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
            for turn in range(self.per_day):
                occurred_ms = midnight_ms + turn * HOURS_PER_DAY * 3_600_000 // self.per_day
                for number, user_id in enumerate(self.people):
                    at_ms = max(round(time.time() * 1000), occurred_ms)
                    yield self.raids[number % len(self.raids)].entry(user_id, day, occurred_ms, at_ms)


async def new_logs(pool: Pool, leaders: Sequence[UserId], members: int) -> list[RaidLog]:
    """One raid, and the log of it, for each leader."""
    raids, logs = Raids(pool), []
    for leader in leaders:
        raid_id = await raids.create_raid(
            NewRaid("bench", "", False, False, 10**12, 0, 24, 10_000, 10_000, None, leader, "person")
        )
        row = await raids.raid(raid_id)
        assert row is not None
        logs.append(RaidLog(raid_id, row.epoch, leader, members))
    return logs


def raw(entries: Sequence[Entry]) -> list[bytes]:
    return [orjson.dumps(entry) for entry in entries]


def bare_rows(entries: Sequence[Entry]) -> list[Row]:
    return [
        (
            *(entry[name] for name in ("raid_id", "epoch", "seq", "contribution_id", "user_id", "xp", "type")),
            date.fromisoformat(entry["day"]),
            _time(entry["occurred_at"]),
            _time(entry["at"]),
        )
        for entry in entries
    ]


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
