"""What can be asked of a raid. Each command is one script and one JSON object, named in the script's header."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from raidline.ids import CommandId, ContributionId, Epoch, InviteCode, RaidId, UserId

OWN_VOID_WINDOW_MS = 15 * 60 * 1000
"""How long one may take back one's own contribution (CONTRACT, *Raids*)."""


def new_command_id() -> CommandId:
    return CommandId(str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What the ledger says of a contribution id that a partly loaded state does not know.

    `packed` as in `lua/includes/contribution.lua`, None when the ledger has none. Counts only in `epoch`.
    """

    epoch: Epoch
    packed: str | None


@dataclass(slots=True, kw_only=True)
class Command:
    """Something to be decided in one Lua call. `fields()` is its JSON object, without absent values.

    Never changed once made. Not frozen: each field of a frozen one is set by a call, and a contribution has sixteen.
    """

    script: ClassVar[str]
    more_parts: ClassVar[tuple[str, ...]] = ()
    """Of the raid's keys, those that its script takes besides the ten."""
    raid_id: RaidId
    command_id: CommandId = field(default_factory=new_command_id)

    def fields(self) -> dict[str, Any]:
        return {"id": self.command_id}

    @property
    def contribution(self) -> ContributionId | None:
        """The contribution it is about, for the two commands that are about one."""
        return None


@dataclass(slots=True, kw_only=True)
class Contribute(Command):
    script: ClassVar[str] = "contribute"
    contribution_id: ContributionId
    fingerprint: str
    user_id: UserId
    actor_id: UserId | None
    may_write_for_others: bool = False
    xp: int
    type: str
    task_id: str | None = None
    occurred_at_ms: int | None = None
    day: str
    live: bool = False
    """That day is not over yet where the member is."""
    late_ms: int | None
    """How old `occurred_at_ms` may be; None: as old as it likes (scope `backdate`)."""

    @property
    def contribution(self) -> ContributionId:
        return self.contribution_id

    def fields(self) -> dict[str, Any]:
        fields = {
            "id": self.contribution_id,
            "fingerprint": self.fingerprint,
            "user_id": self.user_id,
            "may_write_for_others": self.may_write_for_others,
            "xp": self.xp,
            "type": self.type,
            "day": self.day,
            "live": self.live,
        }
        if self.actor_id is not None:
            fields["actor_id"] = self.actor_id
        if self.task_id is not None:
            fields["task_id"] = self.task_id
        if self.occurred_at_ms is not None:
            fields["occurred_at"] = self.occurred_at_ms
        if self.late_ms is not None:
            fields["late_ms"] = self.late_ms
        return fields


@dataclass(slots=True, kw_only=True)
class Void(Command):
    script: ClassVar[str] = "void"
    contribution_id: ContributionId
    actor_id: UserId | None
    is_admin: bool = False
    reason: str = "by_request"

    @property
    def contribution(self) -> ContributionId:
        return self.contribution_id

    def fields(self) -> dict[str, Any]:
        fields = {
            "id": self.command_id,
            "contribution_id": self.contribution_id,
            "is_admin": self.is_admin,
            "own_window_ms": OWN_VOID_WINDOW_MS,
            "reason": self.reason,
        }
        if self.actor_id is not None:
            fields["actor_id"] = self.actor_id
        return fields


@dataclass(slots=True, kw_only=True)
class Join(Command):
    script: ClassVar[str] = "join"
    more_parts: ClassVar[tuple[str, ...]] = ("presence", "online")
    user_id: UserId
    username: str
    invite_code: InviteCode

    def fields(self) -> dict[str, Any]:
        return {
            "id": self.command_id,
            "user_id": self.user_id,
            "username": self.username,
            "invite_code": self.invite_code,
        }


@dataclass(slots=True, kw_only=True)
class Leave(Command):
    script: ClassVar[str] = "leave"
    user_id: UserId

    def fields(self) -> dict[str, Any]:
        return {"id": self.command_id, "user_id": self.user_id}


@dataclass(slots=True, kw_only=True)
class Rename(Command):
    script: ClassVar[str] = "rename"
    user_id: UserId
    username: str

    def fields(self) -> dict[str, Any]:
        return {"id": self.command_id, "user_id": self.user_id, "username": self.username}


@dataclass(slots=True, kw_only=True)
class LeaderCommand(Command):
    """What only the leader may do."""

    actor_id: UserId

    def fields(self) -> dict[str, Any]:
        return {"id": self.command_id, "actor_id": self.actor_id}


@dataclass(slots=True, kw_only=True)
class Start(LeaderCommand):
    script: ClassVar[str] = "start"


@dataclass(slots=True, kw_only=True)
class Cancel(LeaderCommand):
    script: ClassVar[str] = "cancel"


@dataclass(slots=True, kw_only=True)
class MemberCommand(LeaderCommand):
    """What the leader does to one member."""

    user_id: UserId

    def fields(self) -> dict[str, Any]:
        return {"id": self.command_id, "actor_id": self.actor_id, "user_id": self.user_id}


@dataclass(slots=True, kw_only=True)
class Lead(MemberCommand):
    script: ClassVar[str] = "lead"


@dataclass(slots=True, kw_only=True)
class Remove(MemberCommand):
    script: ClassVar[str] = "remove"


@dataclass(slots=True, kw_only=True)
class Update(LeaderCommand):
    """`changes`: any of title, description (text), open_join, public (bool), as they shall stand."""

    script: ClassVar[str] = "update"
    changes: Mapping[str, str | bool]

    def fields(self) -> dict[str, Any]:
        return {"id": self.command_id, "actor_id": self.actor_id, "changes": dict(self.changes)}


@dataclass(slots=True, kw_only=True)
class NewCode(LeaderCommand):
    """`invite_code` has been claimed in the ledger for this raid before."""

    script: ClassVar[str] = "update"
    invite_code: InviteCode

    def fields(self) -> dict[str, Any]:
        return {"id": self.command_id, "actor_id": self.actor_id, "changes": {"invite_code": self.invite_code}}


@dataclass(slots=True, kw_only=True)
class Settle(Command):
    """Append the end that is due: the deadline passed, or both targets met and no end yet."""

    script: ClassVar[str] = "settle"
