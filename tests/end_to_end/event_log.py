"""What one client was told of one raid, held against what CONTRACT promises of every stream.

Nothing of the server is imported: what is judged here is only what went over the wire.
"""

from collections.abc import Mapping
from typing import Any

ENDS = {"raid_complete": "completed", "raid_failed": "failed", "raid_cancelled": "cancelled"}
OWN = ("status", "title", "description", "public", "openJoin", "currentXp", "currentTasks", "leaderId")
TIMES = ("startedAt", "deadline", "endedAt")


def shape(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A raid without what no entry tells: presence, the code, and where it stands in the log."""
    members = {
        one["userId"]: (one["username"], one["role"], one["xpContributed"], one["tasksContributed"])
        for one in snapshot["members"]
    }
    return {name: snapshot[name] for name in (*OWN, *TIMES)} | {"members": members}


def parts(cursor: str) -> tuple[int, int]:
    epoch, _, seq = cursor.partition("-")
    return int(epoch), int(seq)


class EventLog:
    """Goes on over any number of connections, transports and servers: every entry once, in order, no gap.

    `wrong` names each promise that was broken. `raid` is what a client makes of it all, as `shape` has it.
    """

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.verdicts: list[str] = []
        self.entries: list[tuple[str, str, dict[str, Any]]] = []
        self.unlocked: list[tuple[int, int]] = []
        """Who unlocked which achievement, as this connection was told."""
        self.cursor: str | None = None
        self.raid: dict[str, Any] = {}
        self.live = True
        self.goaway: dict[str, Any] | None = None
        self._claimed: str | None = None
        self._expected = "hello"
        self._head = ""

    def connected(self, claimed: str | None) -> None:
        """A new connection, opened with this cursor."""
        self._claimed, self._expected, self.goaway = claimed, "hello", None
        self.unlocked = []

    @property
    def greeted(self) -> bool:
        """Whether this connection has told where it begins."""
        return self._expected == "entries"

    @property
    def seqs(self) -> list[int]:
        return [parts(entry_id)[1] for _, entry_id, _ in self.entries]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [data for name, _, data in self.entries if name == event]

    def take(self, event: str, entry_id: str, data: dict[str, Any]) -> None:
        if event == "hello":
            self._hello(data)
        elif event == "snapshot":
            self._snapshot(entry_id, data)
        elif self._expected != "entries":
            self._say(f"{event} where {self._expected} has to be")
        elif event == "status":
            self.live = data["live"]
        elif event == "goaway":
            self.goaway = data
        elif event == "achievement_unlocked":
            self._unlock(entry_id, data)
        elif event not in ("sync", "presence"):
            self._entry(event, entry_id, data)

    def _say(self, what: str) -> None:
        self.wrong.append(f"at {self.cursor}: {what}")

    def _hello(self, data: Mapping[str, Any]) -> None:
        verdict, self._head = data["recovered"], data["head"]
        self.verdicts.append(verdict)
        if self._expected == "entries":
            if verdict != "reset":
                self._say(f"hello {verdict} in the midst of a stream")
        elif self._expected != "hello":
            self._say("hello instead of the snapshot")
        elif (verdict == "none") != (self._claimed is None):
            self._say(f"hello {verdict} for the cursor {self._claimed}")
        if verdict == "full":
            if self.cursor is None or self._claimed != self.cursor:
                self._say(f"hello full for the cursor {self._claimed}")
            elif parts(self._head)[0] != parts(self.cursor)[0] or parts(self._head) < parts(self.cursor):
                self._say(f"hello full with the head {self._head}")
        self._expected = "entries" if verdict == "full" else "snapshot"

    def _snapshot(self, entry_id: str, data: dict[str, Any]) -> None:
        if self._expected != "snapshot":
            self._say("a snapshot that no hello spoke of")
        if not entry_id == data["cursor"] == f"{data['epoch']}-{data['seq']}" == self._head:
            self._say(f"a snapshot with id {entry_id}, cursor {data['cursor']}, head {self._head}")
        if self.cursor is not None and parts(entry_id) < parts(self.cursor):
            self._say(f"a snapshot from before, {entry_id}")
        self.cursor, self._expected = entry_id, "entries"
        self.raid = shape(data)

    def _unlock(self, entry_id: str, data: Mapping[str, Any]) -> None:
        """Not of the log: it has no place in it, and comes once."""
        one = (data["userId"], data["achievement"]["id"])
        if entry_id or "seq" in data:
            self._say(f"an unlock as if it were of the log, {entry_id}")
        if one in self.unlocked:
            self._say(f"{one[0]} unlocks {one[1]} again")
        self.unlocked.append(one)

    def _entry(self, event: str, entry_id: str, data: dict[str, Any]) -> None:
        if self.cursor is not None:
            epoch, seq = parts(self.cursor)
            if entry_id != f"{epoch}-{seq + 1}" or data["seq"] != seq + 1:
                self._say(f"{event} {entry_id} with seq {data['seq']}")
        if self.raid["status"] in ENDS.values() and event != "raid_update":
            self._say(f"{event} {entry_id} after the end")
        self.cursor = entry_id
        self.entries.append((event, entry_id, data))
        getattr(self, f"_on_{event}", self._on_unknown)(data)
        for name in ("currentXp", "currentTasks"):
            if name in data and data[name] != self.raid[name]:
                self._say(f"{event} {entry_id} says {name} {data[name]}, its sum is {self.raid[name]}")

    def _on_unknown(self, data: Mapping[str, Any]) -> None:
        self._say(f"an event that CONTRACT does not name: {dict(data)}")

    def _on_contribution(self, data: Mapping[str, Any]) -> None:
        if self.raid["status"] != "active":
            self._say(f"a contribution to a raid that is {self.raid['status']}")
        self._add(data, 1)

    def _on_contribution_voided(self, data: Mapping[str, Any]) -> None:
        self._add(data, -1)

    def _add(self, data: Mapping[str, Any], sign: int) -> None:
        self.raid["currentXp"] += sign * data["xp"]
        self.raid["currentTasks"] += sign
        member = self.raid["members"].get(data["userId"])
        if member is None:
            if sign > 0:
                self._say(f"a contribution of {data['userId']}, who is no member")
            return
        name, role, xp, tasks = member
        added = (xp + sign * data["xp"], tasks + sign)
        if added != (data["xpContributed"], data["tasksContributed"]):
            self._say(f"{data['userId']} has {added}, the entry says {dict(data)}")
        self.raid["members"][data["userId"]] = (name, role, *added)

    def _on_member_join(self, data: Mapping[str, Any]) -> None:
        if data["userId"] in self.raid["members"]:
            self._say(f"{data['userId']} joins again")
        names = ("username", "role", "xpContributed", "tasksContributed")
        self.raid["members"][data["userId"]] = tuple(data[name] for name in names)

    def _on_member_leave(self, data: Mapping[str, Any]) -> None:
        if self.raid["members"].pop(data["userId"], None) is None:
            self._say(f"{data['userId']} leaves, and is no member")
        if data.get("newLeaderId") is not None:
            self._lead(data["newLeaderId"])

    def _on_member_update(self, data: Mapping[str, Any]) -> None:
        if data["role"] == "leader":
            self._lead(data["userId"])

    def _lead(self, leader: int) -> None:
        self.raid["leaderId"] = leader
        for user_id, (name, _, *sums) in self.raid["members"].items():
            self.raid["members"][user_id] = (name, "leader" if user_id == leader else "member", *sums)

    def _on_raid_update(self, data: Mapping[str, Any]) -> None:
        self.raid.update({name: data[name] for name in OWN if name in data})

    def _on_raid_start(self, data: Mapping[str, Any]) -> None:
        self.raid.update(status="active", startedAt=data["at"], deadline=data["deadline"])

    def _on_raid_complete(self, data: Mapping[str, Any]) -> None:
        self.raid.update(status="completed", endedAt=data["endedAt"])

    def _on_raid_failed(self, data: Mapping[str, Any]) -> None:
        self.raid.update(status="failed", endedAt=data["endedAt"])

    def _on_raid_cancelled(self, data: Mapping[str, Any]) -> None:
        self.raid.update(status="cancelled", endedAt=data["endedAt"])
