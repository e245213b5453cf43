"""Between the ledger's rows and the forms in which Redis keeps them: the one place that knows both."""

import orjson

from persistence.rows import HealedRaid, KnownKey
from realtime.healing import LoadedState


def pack_known_key(known: KnownKey) -> str:
    """As `lua/includes/contribution.lua` packs it."""
    voided = "1" if known.voided else "0"
    position = f"{known.epoch}-{known.seq}"
    return f"{position}|{known.fingerprint}|{known.user_id}|{known.xp}|{known.at_ms}|{known.day}|{voided}"


def _text(number: int | None) -> str:
    """The empty text for what has not come."""
    return "" if number is None else str(number)


def loaded_state(healed: HealedRaid, run_id: str, *, sealed: bool) -> LoadedState:
    """The whole raid as Redis will hold it, in order and belonging to the Redis with `run_id`."""
    return LoadedState(
        state=_state(healed, run_id, sealed=sealed),
        members={
            str(member.user_id): orjson.dumps({"name": member.username, "joined_at": member.joined_at_ms}).decode()
            for member in healed.members
        },
        xp={str(user_id): xp for user_id, xp in healed.xp.items()},
        tasks={str(user_id): tasks for user_id, tasks in healed.tasks.items()},
        by_join={str(member.user_id): member.joined_at_ms for member in healed.members},
        contributions={known.contribution_id: pack_known_key(known) for known in healed.keys or ()},
        past={str(user_id): how for user_id, how in healed.past.items()},
        day_xp={f"{user_id}:{day}": xp for user_id, day, xp in healed.day_xp},
        commands={str(command_id): int(seq) for command_id, seq in healed.command_ids},
    )


def _state(healed: HealedRaid, run_id: str, *, sealed: bool) -> dict[str, str]:
    raid = healed.raid
    daily_cap = raid.max_xp_per_member_per_day
    return {
        "id": str(raid.id),
        "title": raid.title,
        "description": raid.description,
        "status": raid.status,
        "public": _flag(raid.public),
        "open_join": _flag(raid.open_join),
        "invite_code": raid.invite_code,
        "target_xp": str(raid.target_xp),
        "target_tasks": str(raid.target_tasks),
        "current_xp": str(raid.current_xp),
        "current_tasks": str(raid.current_tasks),
        "contribution_count": str(healed.contribution_count),
        "member_count": str(len(healed.members)),
        "max_members": str(raid.max_members),
        "max_xp_per_contribution": str(raid.max_xp_per_contribution),
        "max_xp_per_member_per_day": _text(daily_cap),
        "time_limit_hours": str(raid.time_limit_hours),
        "leader_id": str(raid.leader_id),
        "created_at": _text(raid.created_at_ms),
        "started_at": _text(raid.started_at_ms),
        "ended_at": _text(raid.ended_at_ms),
        "deadline": _text(raid.deadline_ms),
        "epoch": str(raid.epoch),
        "seq": str(raid.last_seq),
        "audited_seq": str(raid.last_seq),
        "last_at": str(raid.last_at_ms),
        "run_id": run_id,
        "frozen": "",
        "sealed": _flag(sealed),
        "known_keys": "partial" if healed.keys is None else "full",
    }


def _flag(value: bool) -> str:
    return "1" if value else "0"
