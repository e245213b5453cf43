"""A raid's log as Redis would write it: numbers entries and keeps the header, knows no rules."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson

from raidline.ids import ContributionId, Epoch, RaidId, Seq, UserId

START_MS = (round(time.time()) + 86_400) * 1000 + 123
"""A day after whatever the ledger itself dates, so that whoever creates a raid is its first member."""

DAY = "2026-11-20"
NAMESPACE = UUID("7d0f3a52-6f0c-4ac2-9b53-7a5f2c7f6f10")


def contribution_id(raid_id: RaidId, user_id: UserId, key: str) -> ContributionId:
    return ContributionId(str(uuid5(NAMESPACE, f"{raid_id}/{user_id}/{key}")))


def fields_of(entry: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = orjson.loads(entry)
    return fields


def changed(entry: bytes, **fields: Any) -> bytes:
    """The same entry with other values in it."""
    return json.dumps({**fields_of(entry), **fields}).encode()


def id_of(entry: bytes) -> ContributionId:
    return ContributionId(fields_of(entry)["contribution_id"])


@dataclass(slots=True)
class Log:
    """Each method appends one entry and returns its `ledger` bytes."""

    raid_id: RaidId
    epoch: Epoch
    leader_id: UserId
    status: str = "recruiting"
    member_count: int = 1
    seq: int = 0
    xp: int = 0
    tasks: int = 0
    started_at: int | None = None
    ended_at: int | None = None
    deadline: int | None = None
    entries: list[bytes] = field(default_factory=list)

    @property
    def at(self) -> int:
        return START_MS + self.seq * 1000

    def append(self, event: str, command_id: str | None = None, **fields: Any) -> bytes:
        self.seq += 1
        entry = orjson.dumps(
            {
                "v": 1,
                "raid_id": self.raid_id,
                "epoch": self.epoch,
                "seq": self.seq,
                "event": event,
                "command_id": command_id or str(uuid4()),
                "at": self.at,
                "status": self.status,
                "leader_id": self.leader_id,
                "member_count": self.member_count,
                "started_at": self.started_at,
                "ended_at": self.ended_at,
                "deadline": self.deadline,
                "current_xp": self.xp,
                "current_tasks": self.tasks,
                **fields,
            }
        )
        self.entries.append(entry)
        return entry

    def join(self, user_id: UserId, name: str = "Ada") -> bytes:
        self.member_count += 1
        return self.append("member_join", user_id=user_id, username=name, joined_at=self.at + 1000)

    def leave(self, user_id: UserId, *, removed: bool = False) -> bytes:
        self.member_count -= 1
        return self.append("member_leave", user_id=user_id, removed=removed, new_leader_id=None)

    def lead(self, user_id: UserId) -> bytes:
        self.leader_id = user_id
        return self.append("member_update", user_id=user_id, role="leader")

    def update(self, **changes: Any) -> bytes:
        whole = {
            "title": "A title",
            "description": "",
            "open_join": False,
            "public": True,
            "invite_code": "ABCDEFGH",
        }
        return self.append("raid_update", **{**whole, **changes})

    def start(self) -> bytes:
        self.status, self.started_at = "active", self.at
        self.deadline = self.at + 86_400_000
        return self.append("raid_start")

    def contribute(self, user_id: UserId, xp: int = 10, key: str | None = None, **fields: Any) -> bytes:
        self.xp += xp
        self.tasks += 1
        known = contribution_id(self.raid_id, user_id, key or str(uuid4()))
        return self.append(
            "contribution",
            known,
            **{
                "contribution_id": known,
                "fingerprint": f"{self.seq:064x}",
                "user_id": user_id,
                "actor_id": None,
                "xp": xp,
                "type": "task_complete",
                "task_id": None,
                "occurred_at": self.at,
                "day": DAY,
                **fields,
            },
        )

    def void(self, contribution: bytes) -> bytes:
        told = fields_of(contribution)
        self.xp -= told["xp"]
        self.tasks -= 1
        return self.append(
            "contribution_voided",
            contribution_id=told["contribution_id"],
            user_id=told["user_id"],
            xp=told["xp"],
            day=told["day"],
            contributed_at=told["at"],
            actor_id=None,
            reason="by hand",
        )

    def end(self, event: str = "raid_complete", *, caused_by: bytes | None = None) -> bytes:
        self.status = {"raid_complete": "completed", "raid_failed": "failed"}.get(event, "cancelled")
        self.ended_at = self.at + 1000
        command = fields_of(caused_by)["command_id"] if caused_by else None
        return self.append(event, command, reason=None)

    def reborn(self, epoch: Epoch, last_seq: Seq) -> "Log":
        """The log's next life, which goes on from what the ledger knew."""
        return Log(
            self.raid_id,
            epoch,
            self.leader_id,
            self.status,
            self.member_count,
            last_seq,
            self.xp,
            self.tasks,
            self.started_at,
            self.ended_at,
            self.deadline,
        )
