"""What is told of unlocks that no contribution tells of: a caller's, a job's."""

from collections.abc import Iterable
from typing import Any

import orjson

from persistence.pool import Connection
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.unlocking import Unlocked, Unlocks, time_text
from raidline.ids import RaidId, UserId

Event = dict[str, Any]


async def tell_unlocks(
    held: Connection,
    unlocks: Unlocks,
    raid_id: RaidId | None = None,
    *,
    people: Iterable[UserId] = (),
    silent: bool = False,
) -> list[OutboxRow]:
    """Leave word of unlocks in the outbox, in the caller's transaction; nothing where nobody is concerned.

    `people` are concerned for another reason. `silent`: no events, only what was kept of these people is dropped.
    """
    concerned = sorted({*people, *unlocks.unlocked})
    if not concerned:
        return []
    events = [] if silent else unlock_events(unlocks, raid_id)
    return await leave_word(held, "progress", {"people": concerned, "events": events, "boards": {}})


async def leave_word(held: Connection, topic: str, payload: dict[str, Any]) -> list[OutboxRow]:
    """Leave something to be told once the caller's transaction is committed."""
    rows = await held.fetch(statement("outbox_leave"), topic, orjson.dumps(payload).decode())
    return [OutboxRow.of(row) for row in rows]


def unlock_events(unlocks: Unlocks, raid_id: RaidId | None) -> list[Event]:
    """Of each person what they unlocked, each followed by what it brought."""
    events = []
    for user_id, unlocked in sorted(unlocks.unlocked.items()):
        for one in unlocked:
            events.append(_unlocked(one, raid_id))
            if one.reward is not None:
                events.append(_rewarded(one, unlocks.levels[user_id]))
    return events


def _unlocked(one: Unlocked, raid_id: RaidId | None) -> Event:
    achievement = orjson.loads(one.achievement)
    at = achievement.pop("unlockedAt")
    data = {"at": at, "userId": one.user_id, "achievement": achievement, "unlockedAt": at}
    event = {"userId": one.user_id, "raidId": raid_id, "event": "achievement_unlocked", "data": data}
    if raid_id is not None:
        hidden = {"name": None, "description": None} if one.secret else {}
        event["shown"] = {**data, "achievement": {**achievement, **hidden}}
    return event


def _rewarded(one: Unlocked, level: int) -> Event:
    assert one.reward is not None
    data = {
        "at": time_text(one.unlocked_at_ms),
        "achievementId": one.achievement_id,
        "group": one.reward.group,
        "tier": one.reward.tier,
        "xp": one.reward.xp,
        "credits": one.reward.credits,
        "level": level,
    }
    return {"userId": one.user_id, "raidId": None, "event": "reward_granted", "data": data}
