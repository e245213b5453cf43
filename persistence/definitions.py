"""Achievements as such: what there is to unlock, by what, and what it brings. Who has them: achievements.py."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from typing import Any

import asyncpg

from persistence.erasing import ERASE
from persistence.jobs import make_job
from persistence.pool import Connection, Pool, connection, transaction
from persistence.recording import again_on_collision
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.telling import leave_word
from persistence.unlocking import time_text
from raidline.ids import AchievementId, UserId

ERASED_AT_ONCE = 10_000
"""People's progress that goes with its achievement in one transaction; a job deletes the rest."""


@dataclass(frozen=True, slots=True)
class DefinitionFields:
    """What a definition is made of, in the order of definition_create.sql."""

    name: str
    description: str = ""
    category: str = ""
    group: str | None = None
    """None: one of its own, `achievement-<id>`."""
    tier: str = ""
    metric: str | None = None
    threshold: int | None = None
    reward_xp: int = 0
    reward_credits: int = 0
    secret: bool = False
    icon: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Definition:
    id: AchievementId
    fields: DefinitionFields
    created_at_ms: int
    updated_at_ms: int

    @classmethod
    def of(cls, row: Mapping[str, Any] | asyncpg.Record) -> "Definition":
        fields = DefinitionFields(
            group=row["group_name"],
            **{
                name: row[name]
                for name in ("name", "description", "category", "tier", "metric", "threshold", "reward_xp")
            },
            **{name: row[name] for name in ("reward_credits", "secret", "icon", "position")},
        )
        return cls(AchievementId(row["id"]), fields, row["created_at_ms"], row["updated_at_ms"])

    def shown(self, *, openly: bool) -> dict[str, Any]:
        """As the wire has it. Of a secret one, name and description only where it is shown openly."""
        fields, hidden = self.fields, self.fields.secret and not openly
        return {
            "id": self.id,
            "name": None if hidden else fields.name,
            "description": None if hidden else fields.description,
            "category": fields.category,
            "group": fields.group,
            "tier": fields.tier,
            "metric": fields.metric,
            "threshold": fields.threshold,
            "rewardXp": fields.reward_xp,
            "rewardCredits": fields.reward_credits,
            "secret": fields.secret,
            "icon": fields.icon,
            "position": fields.position,
            "createdAt": time_text(self.created_at_ms),
            "updatedAt": time_text(self.updated_at_ms),
        }


@dataclass(frozen=True, slots=True)
class SeenDefinition:
    """A definition, and whether the viewer has unlocked it."""

    definition: Definition
    unlocked: bool

    @classmethod
    def of(cls, row: asyncpg.Record) -> "SeenDefinition":
        return cls(Definition.of(row), row["unlocked"])


@dataclass(frozen=True, slots=True)
class Changed:
    """A definition as it is now, and what is to be told of it."""

    definition: Definition
    outbox: list[OutboxRow]


@dataclass(frozen=True, slots=True)
class DefinitionPage:
    definitions: list[SeenDefinition]
    next_cursor: str | None


class Definitions:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool, *, erased_at_once: int = ERASED_AT_ONCE) -> None:
        self._pool = pool
        self._erased_at_once = erased_at_once

    async def create(self, fields: DefinitionFields) -> Changed:
        async with transaction(self._pool) as held:
            definition = Definition.of(await _one(held, "definition_create", *astuple(fields)))
            return Changed(definition, await _tell(held))

    async def change(self, achievement_id: AchievementId, changes: Mapping[str, Any]) -> Changed | None:
        """Change the fields named; None where there is none. Raises `BadData` where they do not go together."""
        async with transaction(self._pool) as held:
            row = await held.fetchrow(statement("definition_lock"), achievement_id)
            if row is None:
                return None
            fields = replace(Definition.of(row).fields, **changes)
            definition = Definition.of(await _one(held, "definition_set", *astuple(fields), achievement_id))
            return Changed(definition, await _tell(held))

    async def delete(self, achievement_id: AchievementId) -> list[OutboxRow] | None:
        """Delete it and what everybody has of it; None where there is none. What it brought stays."""
        return await again_on_collision(lambda: self._delete(achievement_id))

    async def _delete(self, achievement_id: AchievementId) -> list[OutboxRow] | None:
        async with transaction(self._pool) as held:
            if await held.fetchval(statement("definition_hold"), achievement_id) is None:
                return None
            await held.execute(statement("definition_erase"), achievement_id)
            erased = await _one(held, "progress_erase", achievement_id, 0, self._erased_at_once)
            if erased["people"] == self._erased_at_once:
                await make_job(held, ERASE, {"achievementId": achievement_id})
            return await _tell(held)

    async def find(self, achievement_id: AchievementId, viewer: UserId | None) -> SeenDefinition | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("definition_row"), achievement_id, viewer)
        return SeenDefinition.of(row) if row else None

    async def page(self, viewer: UserId | None, cursor: str | None, limit: int) -> DefinitionPage:
        """By position, then name. A cursor that is none raises `ValueError`."""
        after = None if cursor is None else _number(cursor)
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("definitions_page"), viewer, after, limit + 1)
            if after is not None and not rows and await held.fetchval(statement("definition_is"), after) is None:
                raise ValueError("the achievement behind which to go on is deleted: nobody knows where that was")
        page = [SeenDefinition.of(row) for row in rows[:limit]]
        return DefinitionPage(page, str(page[-1].definition.id) if len(rows) > limit else None)


async def _tell(held: Connection) -> list[OutboxRow]:
    """Everybody's pages show definitions, so none that was kept stands any more."""
    return await leave_word(held, "definitions_changed", {})


async def _one(held: Connection, name: str, *parameters: Any) -> asyncpg.Record:
    """The row of a statement that always has one."""
    rows = await held.fetch(statement(name), *parameters)
    return rows[0]


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise ValueError("not a cursor")
    return int(cursor)
