"""The raid of the model: what it is made of, its log, and how it ends. Its rules stand in `model.py`."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from raidline.ids import CommandId, ContributionId, InviteCode, UserId

ENDS = ("raid_complete", "raid_failed", "raid_cancelled")
TOTAL_MAX = 10**12
CONTRIBUTIONS_MAX = 1_000_000
AHEAD_MAX_MS = 5 * 60 * 1000
HOUR_MS = 3600 * 1000


@dataclass
class Entry:
    seq: int
    event: str
    command_id: CommandId
    data: dict[str, Any]
    header: dict[str, Any]


@dataclass
class Answer:
    """`seqs`: the entries that the reply hands over to be recorded."""

    outcome: str
    seqs: list[int]


@dataclass
class Counted:
    """A contribution that was accepted."""

    fingerprint: str
    seq: int
    user_id: UserId
    xp: int
    at: int
    day: str
    voided: bool = False
    ended_raid: bool = False


@dataclass
class RaidBook:
    id: int
    now: int
    leader_id: UserId
    members: dict[UserId, int]
    """Who is in, and since when."""
    invite_code: InviteCode
    target_xp: int
    target_tasks: int
    max_members: int
    max_xp_per_contribution: int
    max_xp_per_member_per_day: int | None
    time_limit_hours: int
    open_join: bool
    public: bool
    title: str
    description: str
    current_xp: int = 0
    current_tasks: int = 0
    contribution_count: int = 0
    status: str = "recruiting"
    started_at: int | None = None
    ended_at: int | None = None
    deadline: int | None = None
    seq: int = 0
    audited_seq: int = 0
    xp: dict[UserId, int] = field(default_factory=dict)
    tasks: dict[UserId, int] = field(default_factory=dict)
    past: dict[UserId, str] = field(default_factory=dict)
    day_xp: dict[tuple[UserId, str], int] = field(default_factory=dict)
    counted: dict[ContributionId, Counted] = field(default_factory=dict)
    done: dict[CommandId, list[int]] = field(default_factory=dict)
    """The entries of each command that was carried out."""
    log: list[Entry] = field(default_factory=list)

    def _is_over(self, command_id: CommandId | ContributionId) -> bool:
        """Whoever meets an active raid past its deadline lets it fail."""
        if self.status == "active" and self.deadline is not None and self.now >= self.deadline:
            self._end("failed", "raid_failed", command_id, reason="deadline")
        return self.status not in ("recruiting", "active")

    def _complete_if_met(self, command_id: CommandId | ContributionId) -> None:
        both = self.current_xp >= self.target_xp and self.current_tasks >= self.target_tasks
        if self.status == "active" and both:
            totals = {"currentXp": self.current_xp, "currentTasks": self.current_tasks}
            self._end("completed", "raid_complete", command_id, **totals)

    def _end(self, status: str, event: str, command_id: CommandId | ContributionId, **data: Any) -> None:
        self.status, self.ended_at = status, self.now
        self._append(event, command_id, data | {"endedAt": rfc3339(self.now)})

    def _add(self, user: UserId, day: str, xp: int, *, tasks: int) -> None:
        self.current_xp += xp
        self.current_tasks += tasks
        self.xp[user] = self.xp.get(user, 0) + xp
        self.tasks[user] = self.tasks.get(user, 0) + tasks
        self.day_xp[user, day] = self.day_xp.get((user, day), 0) + xp

    def _totals(self, user: UserId) -> dict[str, int]:
        return {
            "currentXp": self.current_xp,
            "currentTasks": self.current_tasks,
            "xpContributed": self.xp[user],
            "tasksContributed": self.tasks[user],
        }

    def _append(self, event: str, command_id: CommandId | ContributionId, data: dict[str, Any]) -> None:
        self.seq += 1
        always = {"raidId": self.id, "seq": self.seq, "at": rfc3339(self.now)}
        self.log.append(Entry(self.seq, event, CommandId(command_id), data | always, self._header()))

    def _header(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "leader_id": self.leader_id,
            "member_count": len(self.members),
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "deadline": self.deadline,
            "current_xp": self.current_xp,
            "current_tasks": self.current_tasks,
        }


def rfc3339(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
