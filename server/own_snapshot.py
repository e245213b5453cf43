"""Somebody's progress as they see it: what `GET /me` answers, and what a stream of their own events begins with."""

from __future__ import annotations

from typing import Any

import orjson

from persistence.profiles import Profile, Profiles
from persistence.streak_page import StreakPages
from raidline.ids import UserId
from server.problems import unauthenticated
from server.streak_view import glance_json
from server.times import now_ms


async def own_progress(profiles: Profiles, streaks: StreakPages, user_id: UserId) -> dict[str, Any]:
    """Raises LedgerAway, and Problem (401) for somebody who is no more."""
    profile = await profiles.profile(user_id)
    if profile is None:
        raise unauthenticated()
    streak = await streaks.seen(user_id, profile.tz, now_ms())
    return {**profile_json(profile), "streak": glance_json(streak)}


async def own_snapshot(profiles: Profiles, streaks: StreakPages, user_id: UserId) -> bytes:
    return orjson.dumps(await own_progress(profiles, streaks, user_id))


def profile_json(profile: Profile) -> dict[str, Any]:
    """`levelAt` and `nextLevelAt`: with how much XP this level begins, and the next."""
    return {
        "id": profile.id,
        "name": profile.name,
        "tz": profile.tz,
        "level": profile.level,
        "xp": profile.xp,
        "credits": profile.credits,
        "levelAt": level_begins(profile.level),
        "nextLevelAt": level_begins(profile.level + 1),
    }


def level_begins(level: int) -> int:
    return 50 * level * (level - 1)
