"""Rows of the ledger as the wire has them."""

from __future__ import annotations

from persistence.raids import ContributionRow
from persistence.rows import RaidRow
from realtime.times import rfc3339


def raid_json(row: RaidRow) -> dict[str, object]:
    """A raid in a list: what the snapshot has but for the members, as the ledger knows it.

    It may be a moment behind the snapshot, so it carries no cursor; nor a code, which a list need not show.
    """
    return {
        "id": row.id,
        "title": row.title,
        "description": row.description,
        "status": row.status,
        "public": row.public,
        "openJoin": row.open_join,
        "targetXp": row.target_xp,
        "targetTasks": row.target_tasks,
        "currentXp": row.current_xp,
        "currentTasks": row.current_tasks,
        "maxMembers": row.max_members,
        "memberCount": row.member_count,
        "leaderId": row.leader_id,
        "createdAt": rfc3339(row.created_at_ms),
        "startedAt": _time(row.started_at_ms),
        "endedAt": _time(row.ended_at_ms),
        "deadline": _time(row.deadline_ms),
    }


def contribution_json(row: ContributionRow) -> dict[str, object]:
    return {
        "contributionId": row.contribution_id,
        "seq": row.seq,
        "cursor": f"{row.epoch}-{row.seq}",
        "userId": row.user_id,
        "actorId": row.actor_id,
        "xp": row.xp,
        "type": row.type,
        "taskId": row.task_id,
        "occurredAt": rfc3339(row.occurred_at_ms),
        "day": row.day,
        "createdAt": rfc3339(row.created_at_ms),
        "voided": row.voided,
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)
