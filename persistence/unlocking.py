"""Achievements unlock where a metric crosses their threshold, and each tier of a group is rewarded once.

All of it within the caller's transaction, under the locks of the users' rows. Definitions are read by the
statement itself: no server's memory of them decides anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import orjson

from persistence.pool import Connection
from persistence.statements import statement
from raidline.ids import AchievementId, UserId

Cause = Literal["metric", "recompute", "caller"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Move:
    """A metric of somebody's moved, in this transaction."""

    user_id: UserId
    metric: str
    before: int
    after: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Reward:
    """What a tier of a group brought, the one time that it does."""

    group: str
    tier: str
    xp: int
    credits: int


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Something somebody did not have before."""

    user_id: UserId
    achievement: bytes
    """JSON of what is shown of it: `{id, name, description, …, rewardCredits, unlockedAt}`."""
    achievement_id: AchievementId
    secret: bool
    unlocked_at_ms: int
    reward: Reward | None
    """Only where it was granted just now."""


@dataclass(slots=True)
class Unlocks:
    """What a batch of moves has unlocked."""

    unlocked: dict[UserId, list[Unlocked]] = field(default_factory=dict)
    """In the order of the achievements' ids."""
    levels: dict[UserId, int] = field(default_factory=dict)
    """The level after the grants, of those who were granted anything."""


async def unlock(held: Connection, moves: Sequence[Move], cause: Cause = "metric") -> Unlocks:
    """Unlock what these moves crossed (before < threshold <= after). The users must be locked."""
    rising = [move for move in moves if move.before < move.after]
    if not rising:
        return Unlocks()
    return await _unlock(
        held,
        [move.user_id for move in rising],
        [move.metric for move in rising],
        [move.before for move in rising],
        [move.after for move in rising],
        [move.at_ms for move in rising],
        *(None, None, None),
        cause,
    )


async def unlock_pairs(held: Connection, pairs: Sequence[tuple[UserId, AchievementId, int]], cause: Cause) -> Unlocks:
    """Unlock (user, achievement, at in ms), whatever the metric says. The users must be locked.

    What is unlocked already, or is no achievement, is passed over.
    """
    if not pairs:
        return Unlocks()
    users, achievements, times = zip(*pairs, strict=True)
    return await _unlock(held, *(None, None, None, None, None), users, achievements, times, cause)


async def lock_people(held: Connection, users: Sequence[UserId]) -> list[UserId]:
    """Lock people before anything of theirs is written; those of them that exist, ascending."""
    return [row["id"] for row in await held.fetch(statement("users_lock"), users)]


@lru_cache(maxsize=1024)  # a batch shares its times
def time_text(at_ms: int) -> str:
    """A time as the wire has it: RFC 3339 in UTC with milliseconds."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _unlock(held: Connection, *parameters: Any) -> Unlocks:
    definitions: dict[AchievementId, dict[str, Any]] = {}
    found: dict[tuple[AchievementId, UserId], Unlocked] = {}
    levels: dict[UserId, int] = {}
    for kind, achievement_id, user_id, a, b, body in await held.fetch(statement("unlock"), *parameters):
        match kind:
            case "definition":
                definitions[achievement_id] = orjson.loads(body)
            case "unlock":
                found[achievement_id, user_id] = _unlocked(definitions[achievement_id], user_id, a)
            case "reward":
                reward = Reward(**orjson.loads(body), xp=a, credits=b)
                found[achievement_id, user_id] = replace(found[achievement_id, user_id], reward=reward)
            case "level":
                levels[user_id] = a
    return Unlocks(_by_user(found), levels)


def _unlocked(definition: dict[str, Any], user_id: UserId, at_ms: int) -> Unlocked:
    shown = orjson.dumps({**definition, "unlockedAt": time_text(at_ms)})
    return Unlocked(user_id, shown, definition["id"], definition["secret"], at_ms, None)


def _by_user(found: dict[tuple[AchievementId, UserId], Unlocked]) -> dict[UserId, list[Unlocked]]:
    unlocked: dict[UserId, list[Unlocked]] = {}
    for name in sorted(found):
        unlocked.setdefault(name[1], []).append(found[name])
    return unlocked
