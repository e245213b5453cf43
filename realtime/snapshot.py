"""A raid as it stands, read in one moment, and its JSON as CONTRACT gives it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import orjson

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime.cursor import Cursor
from realtime.times import rfc3339

FlatPairs = Sequence[bytes] | Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Member:
    user_id: UserId
    username: str
    joined_at_ms: int
    xp: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Members stand in the order in which they joined."""

    state: Mapping[str, str]
    members: tuple[Member, ...]
    online: frozenset[UserId] = frozenset()
    """Over all servers. Perhaps with some who are no members, and who are shown to nobody."""

    @classmethod
    def read(
        cls, state: FlatPairs, members: FlatPairs, xp: FlatPairs, tasks: FlatPairs, online: Iterable[bytes] = ()
    ) -> Self:
        """From what `view.lua` and `stream_start.lua` hand out."""
        xp_of, tasks_of = _pairs(xp), _pairs(tasks)
        found = [
            _member(user, orjson.loads(packed), int(xp_of.get(user, 0)), int(tasks_of.get(user, 0)))
            for user, packed in _pairs(members).items()
        ]
        found.sort(key=lambda member: (member.joined_at_ms, member.user_id))
        texts = {name.decode(): value.decode() for name, value in _pairs(state).items()}
        return cls(texts, tuple(found), frozenset(UserId(int(user)) for user in online))

    @property
    def raid_id(self) -> RaidId:
        return RaidId(int(self.state["id"]))

    @property
    def cursor(self) -> Cursor:
        return Cursor(Epoch(int(self.state["epoch"])), Seq(int(self.state["seq"])))

    @property
    def public(self) -> bool:
        return self.state["public"] == "1"

    @property
    def status(self) -> str:
        return self.state["status"]

    @property
    def leader_id(self) -> UserId:
        return UserId(int(self.state["leader_id"]))

    @property
    def member_ids(self) -> frozenset[UserId]:
        return frozenset(member.user_id for member in self.members)

    def to_dict(self, *, online: Collection[UserId], for_member: bool) -> dict[str, Any]:
        """CONTRACT's snapshot. `inviteCode` is there only for members."""
        state = self.state
        body: dict[str, Any] = {
            "id": self.raid_id,
            "title": state["title"],
            "description": state["description"],
            "status": self.status,
            "public": self.public,
            "openJoin": state["open_join"] == "1",
            "targetXp": int(state["target_xp"]),
            "targetTasks": int(state["target_tasks"]),
            "currentXp": int(state["current_xp"]),
            "currentTasks": int(state["current_tasks"]),
            "maxMembers": int(state["max_members"]),
            "maxXpPerContribution": int(state["max_xp_per_contribution"]),
            "leaderId": self.leader_id,
            "createdAt": _time(state["created_at"]),
            "startedAt": _time(state["started_at"]),
            "endedAt": _time(state["ended_at"]),
            "deadline": _time(state["deadline"]),
            "epoch": self.cursor.epoch,
            "seq": self.cursor.seq,
            "cursor": str(self.cursor),
            "members": [self._member_dict(member, online) for member in self.members],
        }
        if for_member:
            body["inviteCode"] = state["invite_code"]
        return body

    def to_json(self, *, online: Collection[UserId], for_member: bool) -> bytes:
        return orjson.dumps(self.to_dict(online=online, for_member=for_member))

    def _member_dict(self, member: Member, online: Collection[UserId]) -> dict[str, Any]:
        return {
            "userId": member.user_id,
            "username": member.username,
            "role": "leader" if member.user_id == self.leader_id else "member",
            "xpContributed": member.xp,
            "tasksContributed": member.tasks,
            "isOnline": member.user_id in online,
            "joinedAt": rfc3339(member.joined_at_ms),
        }


def _time(milliseconds: str) -> str | None:
    """None for the empty text of a time that has not come."""
    return rfc3339(int(milliseconds)) if milliseconds else None


def _pairs(flat: FlatPairs) -> Mapping[bytes, bytes]:
    """Inside a script's reply Redis hands out a hash as a flat list."""
    if isinstance(flat, Mapping):
        return flat
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _member(user: bytes, packed: Mapping[str, Any], xp: int, tasks: int) -> Member:
    return Member(UserId(int(user)), packed["name"], int(packed["joined_at"]), xp, tasks)
