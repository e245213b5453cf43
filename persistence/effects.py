"""What a contribution or a check-in did for somebody, as its answer has it, and what their own log is told."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson

from persistence.folding import StandingStreak
from persistence.telling import Event
from persistence.unlocking import Unlocked, time_text
from raidline.ids import UserId


def effects_json(
    streak: StandingStreak, day: date, unlocked: Sequence[Unlocked] = (), level: int | None = None
) -> bytes:
    """`{streak: {current, longest, day, state}, unlocked, rewards, level}`; `level` only where it rose."""
    head = b'{"streak":{"current":%d,"longest":%d,"day":"%s","state":"%s"},"unlocked":[' % (
        streak.current,
        streak.longest,
        day.isoformat().encode(),
        streak.state.encode(),
    )
    told = b",".join(one.achievement for one in unlocked)
    rewards = orjson.dumps([_reward(one) for one in unlocked if one.reward is not None]) if unlocked else b"[]"
    reached = b"null" if level is None else b"%d" % level
    return head + told + b'],"rewards":' + rewards + b',"level":' + reached + b"}"


def streak_event(user_id: UserId, at_ms: int, streak: StandingStreak, day: date) -> Event:
    """A streak has become longer or shorter."""
    data = {
        "at": time_text(at_ms),
        "current": streak.current,
        "longest": streak.longest,
        "day": day.isoformat(),
        "state": streak.state,
    }
    return {"userId": user_id, "raidId": None, "event": "streak", "data": data}


def _reward(one: Unlocked) -> dict[str, Any]:
    assert one.reward is not None
    return {
        "achievementId": one.achievement_id,
        "group": one.reward.group,
        "tier": one.reward.tier,
        "xp": one.reward.xp,
        "credits": one.reward.credits,
    }
