"""Who has which achievement, or is on the way to it. What there is to unlock: definitions.py."""

from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from persistence.definitions import Definition
from persistence.pool import Connection, Pool, connection, transaction
from persistence.recording import again_on_collision
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.telling import tell_unlocks
from persistence.unlocking import Unlocks, lock_people, time_text, unlock_pairs
from raidline.ids import AchievementId, UserId

METADATA_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Progress:
    """What somebody has of an achievement; `unlocked_at_ms` is None while they are under way."""

    user_id: UserId
    achievement_id: AchievementId
    unlocked_at_ms: int | None
    metadata: dict[str, Any]
    created_at_ms: int
    updated_at_ms: int

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Progress":
        return cls(**{**dict(row), "metadata": orjson.loads(row["metadata"])})

    def shown(self) -> dict[str, Any]:
        """As the wire has it."""
        return {
            "userId": self.user_id,
            "achievementId": self.achievement_id,
            "unlockedAt": _time(self.unlocked_at_ms),
            "metadata": self.metadata,
            "createdAt": time_text(self.created_at_ms),
            "updatedAt": time_text(self.updated_at_ms),
        }


@dataclass(frozen=True, slots=True)
class Deleted:
    """Whether it was deleted, and what is to be told of it."""

    deleted: bool
    outbox: list[OutboxRow]


@dataclass(frozen=True, slots=True)
class ProgressPage:
    progress: list[Progress]
    next_cursor: str | None


class Achievements:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, user_id: UserId, achievement_id: AchievementId, metadata: dict[str, Any]) -> Progress | None:
        """Note how far somebody is; when they unlocked it stays. None: no such person, or no such achievement."""
        text = orjson.dumps(metadata).decode()

        async def once() -> Progress | None:
            async with connection(self._pool) as held:
                row = await held.fetchrow(statement("progress_note"), user_id, achievement_id, text)
            return Progress.of(row) if row else None

        return await again_on_collision(once)

    async def find(self, user_id: UserId, achievement_id: AchievementId) -> Progress | None:
        async with connection(self._pool) as held:
            return await _find(held, user_id, achievement_id)

    async def page(
        self, user_id: UserId, cursor: str | None, limit: int, *, unlocked_only: bool = False
    ) -> ProgressPage:
        """By achievement id. A cursor that is none raises `ValueError`."""
        after = 0 if cursor is None else _number(cursor)
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("progress_page"), user_id, unlocked_only, after, limit + 1)
        page = [Progress.of(row) for row in rows[:limit]]
        return ProgressPage(page, str(page[-1].achievement_id) if len(rows) > limit else None)

    async def unlock(
        self, user_id: UserId, achievement_id: AchievementId, at_ms: int
    ) -> tuple[Progress | None, list[OutboxRow]]:
        """Unlock it on a caller's word, and what is to be told of it. Again: the first time stands, nothing is told.

        None: no such person, or no such achievement.
        """

        async def once() -> tuple[Progress | None, list[OutboxRow]]:
            async with transaction(self._pool) as held:
                told: list[OutboxRow] = []
                if await lock_people(held, [user_id]):
                    unlocks = await unlock_pairs(held, [(user_id, achievement_id, at_ms)], "caller")
                    if unlocks.unlocked:
                        told = await tell_unlocks(held, unlocks)
                return await _find(held, user_id, achievement_id), told

        return await again_on_collision(once)

    async def delete(self, user_id: UserId, achievement_id: AchievementId, *, unlocked: bool) -> Deleted | None:
        """Take back what somebody has; what it brought stays. None: they have nothing of it.

        Without `unlocked` only what they are on the way to is deleted.
        """

        async def once() -> Deleted | None:
            async with transaction(self._pool) as held:
                deleted = await held.fetchval(statement("progress_delete"), user_id, achievement_id, unlocked)
                if deleted is None:
                    return None
                return Deleted(deleted, await tell_unlocks(held, Unlocks(), people=[user_id]) if deleted else [])

        return await again_on_collision(once)


async def overview(pool: Pool, user_id: UserId) -> bytes:
    """JSON of all achievements and when this person unlocked each: `{"achievements": [{…, "unlockedAt"}]}`."""
    async with connection(pool) as held:
        rows = await held.fetch(statement("achievements_overview"), user_id)
    return orjson.dumps({"achievements": [_seen(row) for row in rows]})


async def nearest(pool: Pool, user_id: UserId, limit: int) -> bytes:
    """JSON of what a metric leads this person to, nearest first: `{"next": [{…, "value", "ratio"}]}`."""
    async with connection(pool) as held:
        rows = await held.fetch(statement("achievements_nearest"), user_id, limit)
    return orjson.dumps({"next": [_ahead(row) for row in rows]})


async def forget_achievements(held: Connection, user_id: UserId) -> None:
    """Delete what somebody who is leaving has unlocked and was rewarded with. They must be locked."""
    await held.execute(statement("progress_forget"), user_id)


def _seen(row: asyncpg.Record) -> dict[str, Any]:
    at_ms: int | None = row["unlocked_at_ms"]
    return {**Definition.of(row).shown(openly=at_ms is not None), "unlockedAt": _time(at_ms)}


def _ahead(row: asyncpg.Record) -> dict[str, Any]:
    ratio = min(1.0, row["value"] / row["threshold"])
    return {**Definition.of(row).shown(openly=False), "value": row["value"], "ratio": round(ratio, 4)}


async def _find(held: Connection, user_id: UserId, achievement_id: AchievementId) -> Progress | None:
    row = await held.fetchrow(statement("progress_row"), user_id, achievement_id)
    return Progress.of(row) if row else None


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else time_text(at_ms)


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise ValueError("not a cursor")
    return int(cursor)
