"""What the ledger gives and takes: plain frozen values, times in milliseconds since 1970 (UTC)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

import asyncpg
import orjson

from raidline.ids import CommandId, ContributionId, Epoch, InviteCode, RaidId, Seq, UserId

EntryKey = tuple[RaidId, Epoch, Seq]
"""The name of a log entry."""


@dataclass(frozen=True, slots=True)
class Recall:
    """A question: does the ledger hold this contribution, and with which answer?"""

    raid_id: RaidId
    contribution_id: ContributionId


class RecordedKey(NamedTuple):
    """A contribution the ledger holds. `fresh` where the call that gives it has recorded it."""

    epoch: Epoch
    seq: Seq
    fingerprint: str
    effects: bytes
    fresh: bool


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Something to be told to all servers, kept until it has been."""

    id: int
    topic: str
    payload: bytes

    @classmethod
    def of(cls, row: asyncpg.Record | Mapping[str, Any]) -> "OutboxRow":
        """The payload in the one form everybody gives it: Postgres writes JSON with spaces."""
        return cls(row["id"], row["topic"], orjson.dumps(orjson.loads(row["payload"])))


@dataclass(slots=True)
class Recorded:
    """What became of a batch."""

    keys: dict[tuple[RaidId, ContributionId], RecordedKey] = field(default_factory=dict)
    """Every contribution of the batch that the ledger holds now, and every recall it could answer."""
    stale: dict[RaidId, Epoch] = field(default_factory=dict)
    """Raids with entries of another epoch than the row's (the value), unknown to the ledger: refused."""
    quarantined: set[EntryKey] = field(default_factory=set)
    """Entries put aside, now or before; also those of recalls that nothing else could answer."""
    unmet: set[RaidId] = field(default_factory=set)
    """Raids with an end the ledger cannot take: nothing of their entries is recorded. They have to heal."""
    unknown: set[RaidId] = field(default_factory=set)
    """Raids the ledger has no row for: nothing of their entries is recorded."""
    outbox: list[OutboxRow] = field(default_factory=list)
    """What this call has left to be told."""

    def add(self, other: "Recorded") -> None:
        """Take in what became of another part of the same batch."""
        self.keys.update(other.keys)
        self.stale.update(other.stale)
        self.quarantined |= other.quarantined
        self.unmet |= other.unmet
        self.unknown |= other.unknown
        self.outbox += other.outbox


@dataclass(frozen=True, slots=True)
class EntryName:
    """A log entry to be looked for: by its contribution where it is one, else by its seq."""

    seq: Seq
    contribution_id: ContributionId | None


@dataclass(frozen=True, slots=True)
class QuarantinedEntry:
    id: int
    raid_id: RaidId
    contribution_id: ContributionId | None


@dataclass(frozen=True, slots=True)
class AuditedRow:
    epoch: Epoch
    audited_seq: Seq


@dataclass(frozen=True, slots=True)
class RaidRow:
    """A raid as the ledger has it."""

    id: RaidId
    epoch: Epoch
    last_seq: Seq
    audited_seq: Seq
    unloaded: bool
    title: str
    description: str
    public: bool
    open_join: bool
    invite_code: InviteCode
    target_xp: int
    target_tasks: int
    time_limit_hours: int
    max_members: int
    max_xp_per_contribution: int
    max_xp_per_member_per_day: int | None
    status: Literal["recruiting", "active", "completed", "failed", "cancelled"]
    leader_id: UserId | None
    member_count: int
    created_at_ms: int
    started_at_ms: int | None
    ended_at_ms: int | None
    deadline_ms: int | None
    last_at_ms: int
    current_xp: int
    current_tasks: int
    contribution_count: int

    @classmethod
    def of(cls, row: asyncpg.Record) -> "RaidRow":
        return cls(**dict(row))


@dataclass(frozen=True, slots=True)
class MemberRow:
    user_id: UserId
    username: str
    joined_at_ms: int


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A contribution as a retry or a void needs it."""

    contribution_id: ContributionId
    epoch: Epoch
    seq: Seq
    fingerprint: str
    user_id: UserId
    xp: int
    at_ms: int
    day: str
    voided: bool

    @classmethod
    def of(cls, row: asyncpg.Record) -> "KnownKey":
        day: date = row["day"]
        return cls(**{**dict(row), "day": day.isoformat()})


@dataclass(frozen=True, slots=True)
class HealedRaid:
    """Everything a state in Redis is made of, read under the lock of the raid's row."""

    raid: RaidRow
    members: list[MemberRow]
    past: dict[UserId, Literal["left", "removed"]]
    xp: dict[UserId, int]
    tasks: dict[UserId, int]
    day_xp: list[tuple[UserId, str, int]]
    """By user and local day; only where the raid caps a member's day."""
    contribution_count: int
    command_ids: list[tuple[CommandId, Seq]]
    """The newest, newest first."""
    keys: list[KnownKey] | None
    """None where there are more than the ledger's `key_limit`: an unknown key is then looked up."""


@dataclass(frozen=True, slots=True)
class LiveRaid:
    raid_id: RaidId
    epoch: Epoch
    last_seq: Seq
    audited_seq: Seq
    status: str
