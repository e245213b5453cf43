"""Every rule of a raid's life in plain Python, to be read. The scripts in `realtime/lua` have to agree.

A rule answers with its outcome. What happened is in `log`, where each entry has its public data and the
header that the ledger gets. Time is given; nothing here asks a clock.
"""

from collections.abc import Callable
from typing import Any

from raidline.ids import UserId
from realtime.commands import (
    OWN_VOID_WINDOW_MS,
    Cancel,
    Command,
    Contribute,
    Join,
    Lead,
    Leave,
    NewCode,
    Remove,
    Settle,
    Start,
    Update,
    Void,
)
from tests.realtime.model_book import (
    AHEAD_MAX_MS,
    CONTRIBUTIONS_MAX,
    ENDS,
    HOUR_MS,
    TOTAL_MAX,
    Answer,
    Counted,
    RaidBook,
    rfc3339,
)


class Raid(RaidBook):
    """`decide` takes one command, as a script does; `now` is moved by the test."""

    def decide(self, command: Command) -> Answer:
        if isinstance(command, Contribute):
            return self._decide_contribution(command)
        if command.command_id in self.done:
            return Answer("done", self.done[command.command_id])
        first_new = self.seq + 1
        outcome = self._rule_for(command)(command)
        made = list(range(first_new, self.seq + 1))
        if outcome == "done":
            self.done[command.command_id] = made
        return Answer(outcome, self._handed_over(made))

    def _rule_for(self, command: Command) -> Callable[[Any], str]:
        rules: dict[type[Command], Callable[[Any], str]] = {
            Void: self._void,
            Join: self._join,
            Leave: self._leave,
            Remove: self._remove,
            Lead: self._lead,
            Start: self._start,
            Cancel: self._cancel,
            Update: self._update,
            NewCode: self._new_code,
            Settle: self._settle,
        }
        return rules[type(command)]

    def _handed_over(self, made: list[int]) -> list[int]:
        """An end is recorded together with everything before it that the ledger may lack."""
        ended = any(self.log[seq - 1].event in ENDS for seq in made)
        return list(range(self.audited_seq + 1, self.seq + 1)) if ended else made

    # -- contributions -------------------------------------------------------------------------------------

    def _decide_contribution(self, command: Contribute) -> Answer:
        known = self.counted.get(command.contribution_id)
        if known is not None:
            return self._repeat_of(known, command)
        first_new = self.seq + 1
        refused = self._not_taken(command)
        if refused is None:
            self._count(command)
        return Answer(refused or "accepted", self._handed_over(list(range(first_new, self.seq + 1))))

    def _repeat_of(self, known: Counted, command: Contribute) -> Answer:
        if known.fingerprint != command.fingerprint:
            return Answer("idempotency_key_reused", [])
        if known.seq <= self.audited_seq:
            return Answer("duplicate", [])
        if known.ended_raid:
            return Answer("duplicate", list(range(self.audited_seq + 1, known.seq + 2)))
        return Answer("duplicate", [known.seq])

    def _not_taken(self, command: Contribute) -> str | None:
        """Why a contribution is refused, in this order."""
        if not (command.may_write_for_others or command.actor_id in self.members):
            return "not_member"
        if command.user_id not in self.members:
            return "not_member"
        if self.status == "recruiting":
            return "raid_not_active"
        if self._is_over(command.contribution_id):
            missed = self.status == "failed"
            return "deadline_passed" if missed else "raid_ended"
        if command.xp > self.max_xp_per_contribution:
            return "xp_above_cap"
        if self._out_of_range(command):
            return "occurred_at_out_of_range"
        cap, so_far = self.max_xp_per_member_per_day, self.day_xp.get((command.user_id, command.day), 0)
        if cap is not None and so_far + command.xp > cap:
            return "daily_cap_reached"
        if self.current_xp + command.xp > TOTAL_MAX:
            return "total_limit_reached"
        if self.contribution_count >= CONTRIBUTIONS_MAX:
            return "contribution_limit_reached"
        return None

    def _out_of_range(self, command: Contribute) -> bool:
        at, late = command.occurred_at_ms, command.late_ms
        if at is None:
            return False
        return at < 0 or at > self.now + AHEAD_MAX_MS or (late is not None and at < self.now - late)

    def _count(self, command: Contribute) -> None:
        self.contribution_count += 1
        self._add(command.user_id, command.day, command.xp, tasks=1)
        task = {} if command.task_id is None else {"taskId": command.task_id}
        data = {
            "contributionId": command.contribution_id,
            "userId": command.user_id,
            "xp": command.xp,
            "contributionType": command.type,
            **task,
            **self._totals(command.user_id),
        }
        self._append("contribution", command.contribution_id, data)
        self.counted[command.contribution_id] = Counted(
            command.fingerprint, self.seq, command.user_id, command.xp, self.now, command.day
        )
        self._complete_if_met(command.contribution_id)
        self.counted[command.contribution_id].ended_raid = self.status == "completed"

    def _void(self, command: Void) -> str:
        if not command.is_admin and command.actor_id not in self.members:
            return "not_found"
        known = self.counted.get(command.contribution_id)
        if known is None:
            return "unknown_contribution"
        if not command.is_admin and command.actor_id != self.leader_id:
            if command.actor_id != known.user_id:
                return "not_allowed"
            if self.now - known.at > OWN_VOID_WINDOW_MS:
                return "void_window_closed"
        if known.voided:
            return "already"
        if self._is_over(command.command_id):
            return "raid_ended"
        known.voided = True
        self._add(known.user_id, known.day, -known.xp, tasks=-1)
        data = {"contributionId": command.contribution_id, "userId": known.user_id, "xp": known.xp}
        self._append("contribution_voided", command.command_id, data | self._totals(known.user_id))
        return "done"

    # -- coming and going ----------------------------------------------------------------------------------

    def _join(self, command: Join) -> str:
        if command.user_id in self.members:
            return "already"
        if command.invite_code != self.invite_code or self.past.get(command.user_id) == "removed":
            return "not_found"
        if self._is_over(command.command_id):
            return "raid_ended"
        if self.status == "active" and not self.open_join:
            return "raid_not_recruiting"
        if len(self.members) >= self.max_members:
            return "raid_full"
        self.members[command.user_id] = self.now
        self.past.pop(command.user_id, None)
        who = {"userId": command.user_id, "username": command.username, "role": "member"}
        brought = {
            "xpContributed": self.xp.get(command.user_id, 0),
            "tasksContributed": self.tasks.get(command.user_id, 0),
        }
        self._append("member_join", command.command_id, who | brought | {"isOnline": False})
        return "done"

    def _leave(self, command: Leave) -> str:
        if command.user_id not in self.members:
            how = self.past.get(command.user_id)
            is_hidden = how == "removed" and not self.public
            return "already" if how and not is_hidden else "not_found"
        if self._is_over(command.command_id):
            return "raid_ended"
        self._take_out(command.user_id, "left")
        data: dict[str, Any] = {"userId": command.user_id, "removed": False}
        if command.user_id == self.leader_id and self.members:
            self.leader_id = data["newLeaderId"] = self._longest_standing()
        self._append("member_leave", command.command_id, data)
        if not self.members:
            self._end("cancelled", "raid_cancelled", command.command_id, reason="empty")
        return "done"

    def _remove(self, command: Remove) -> str:
        refused = self._not_for(command.actor_id)
        if refused:
            return refused
        if self.past.get(command.user_id) == "removed":
            return "already"
        if self._is_over(command.command_id):
            return "raid_ended"
        if command.user_id == self.leader_id:
            return "leader_cannot_be_removed"
        if command.user_id not in self.members:
            return "unknown_member"
        self._take_out(command.user_id, "removed")
        self._append("member_leave", command.command_id, {"userId": command.user_id, "removed": True})
        return "done"

    def _lead(self, command: Lead) -> str:
        refused = self._not_for(command.actor_id)
        if refused:
            return refused
        if command.user_id == self.leader_id:
            return "already"
        if self._is_over(command.command_id):
            return "raid_ended"
        if command.user_id not in self.members:
            return "unknown_member"
        data = {"userId": command.user_id, "role": "leader", "previousLeaderId": self.leader_id}
        self.leader_id = command.user_id
        self._append("member_update", command.command_id, data)
        return "done"

    def _take_out(self, user: UserId, how: str) -> None:
        del self.members[user]
        self.past[user] = how

    def _longest_standing(self) -> UserId:
        """Of those who came in the same millisecond, the one whose id comes first as text."""
        return min(self.members, key=lambda user: (self.members[user], str(user)))

    # -- the raid as a whole -------------------------------------------------------------------------------

    def _start(self, command: Start) -> str:
        refused = self._not_for(command.actor_id)
        if refused:
            return refused
        if self._is_over(command.command_id):
            return "raid_ended"
        if self.status == "active":
            return "already"
        self.status, self.started_at = "active", self.now
        self.deadline = self.now + self.time_limit_hours * HOUR_MS
        self._append("raid_start", command.command_id, {"deadline": rfc3339(self.deadline)})
        return "done"

    def _cancel(self, command: Cancel) -> str:
        refused = self._not_for(command.actor_id)
        if refused:
            return refused
        if self.status == "cancelled":
            return "already"
        if self._is_over(command.command_id):
            return "raid_ended"
        self._end("cancelled", "raid_cancelled", command.command_id, reason="leader")
        return "done"

    def _update(self, command: Update) -> str:
        return self._change(command, dict(command.changes))

    def _new_code(self, command: NewCode) -> str:
        return self._change(command, {"invite_code": command.invite_code})

    def _change(self, command: Update | NewCode, changes: dict[str, Any]) -> str:
        """Allowed after the end too, but for a new code."""
        refused = self._not_for(command.actor_id)
        if refused:
            return refused
        if self._is_over(command.command_id) and "invite_code" in changes:
            return "raid_ended"
        changed = {name: value for name, value in changes.items() if getattr(self, name) != value}
        if not changed:
            return "already"
        for name, value in changed.items():
            setattr(self, name, value)
        shown = {"open_join": "openJoin"}
        public = {shown.get(name, name): value for name, value in changed.items() if name != "invite_code"}
        self._append("raid_update", command.command_id, public)
        return "done"

    def _not_for(self, actor: UserId) -> str | None:
        """Why this actor may not do what only the leader may. To outsiders a closed raid does not exist."""
        if actor not in self.members:
            return "not_leader" if self.public else "not_found"
        return None if actor == self.leader_id else "not_leader"

    def _settle(self, command: Settle) -> str:
        if self.status not in ("recruiting", "active"):
            return "already"
        self._complete_if_met(command.command_id)
        return "done" if self._is_over(command.command_id) else "not_due"
