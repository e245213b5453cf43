"""Raids as rows: making them, finding them, listing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from persistence.errors import BadData, LedgerAway
from persistence.invite_codes import new_code
from persistence.pool import Pool, connection
from persistence.rows import LiveRaid, RaidRow
from persistence.statements import statement
from raidline.ids import ContributionId, Epoch, InviteCode, RaidId, Seq, UserId

CODE_TRIES = 10
LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class NewRaid:
    """What a raid begins with; whoever creates it leads it."""

    title: str
    description: str
    public: bool
    open_join: bool
    target_xp: int
    target_tasks: int
    time_limit_hours: int
    max_members: int
    max_xp_per_contribution: int
    max_xp_per_member_per_day: int | None
    leader_id: UserId
    leader_name: str


@dataclass(frozen=True, slots=True)
class RaidPage:
    raids: list[RaidRow]
    next_cursor: str | None
    """Where the next page begins; None on the last."""


@dataclass(frozen=True, slots=True)
class ContributionRow:
    epoch: Epoch
    seq: Seq
    contribution_id: ContributionId
    user_id: UserId
    actor_id: UserId | None
    xp: int
    type: str
    task_id: str | None
    occurred_at_ms: int
    day: str
    created_at_ms: int
    voided: bool

    @classmethod
    def of(cls, row: asyncpg.Record) -> "ContributionRow":
        return cls(**{**dict(row), "day": row["day"].isoformat()})


@dataclass(frozen=True, slots=True)
class ContributionPage:
    contributions: list[ContributionRow]
    next_cursor: str | None


class Raids:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create_raid(self, new: NewRaid) -> RaidId:
        """A new raid with a code of its own and its leader in it. It has no log yet: heal begins one."""
        for _ in range(CODE_TRIES):
            try:
                async with connection(self._pool) as held:
                    return RaidId(await held.fetchval(statement("raid_create"), *_columns(new), new_code()))
            except BadData as error:
                if error.sqlstate != asyncpg.UniqueViolationError.sqlstate:
                    raise
        raise LedgerAway("no free invite code")

    async def claim_invite_code(self, raid_id: RaidId) -> InviteCode:
        """A code nobody ever had, claimed for this raid; it is the raid's only once its log says so."""
        async with connection(self._pool) as held:
            for _ in range(CODE_TRIES):
                code = await held.fetchval(statement("invite_code_claim"), new_code(), raid_id)
                if code is not None:
                    return InviteCode(code)
        raise LedgerAway("no free invite code")

    async def raid_of_code(self, code: str) -> RaidId | None:
        """The raid this code was claimed for, in whatever case; it may be one of the past."""
        if not code.isascii() or not code.isalnum():
            return None
        async with connection(self._pool) as held:
            found = await held.fetchval(statement("invite_code_raid"), code.upper())
        return None if found is None else RaidId(found)

    async def exists(self, raid_id: RaidId) -> bool:
        async with connection(self._pool) as held:
            return bool(await held.fetchval(statement("raid_exists"), raid_id))

    async def known(self, raid_ids: Sequence[RaidId]) -> set[RaidId]:
        """Those of these raids that there are."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("raids_known"), list(raid_ids))
        return {RaidId(row["id"]) for row in rows}

    async def raid(self, raid_id: RaidId) -> RaidRow | None:
        """The row as the ledger has it, which may be behind the raid's state."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("raid_row"), raid_id)
        return RaidRow.of(row) if row else None

    async def list_raids(
        self, user_id: UserId | None, status: str | None, mine: bool, cursor: str | None, limit: int
    ) -> RaidPage:
        """Raids that somebody is in or may see, newest first. A cursor that is none raises `ValueError`."""
        below = LAST_ID if cursor is None else _number(cursor)
        name = "raids_mine" if mine else "raids_visible"
        async with connection(self._pool) as held:
            rows = await held.fetch(statement(name), user_id, status, below, limit + 1)
        raids = [RaidRow.of(row) for row in rows[:limit]]
        return RaidPage(raids, str(raids[-1].id) if len(rows) > limit else None)

    async def contributions_page(self, raid_id: RaidId, cursor: str | None, limit: int) -> ContributionPage:
        """A raid's contributions, newest first. A cursor that is none raises `ValueError`."""
        epoch, seq = (LAST_ID, LAST_ID) if cursor is None else _position(cursor)
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("contributions_page"), raid_id, epoch, seq, limit + 1)
        page = [ContributionRow.of(row) for row in rows[:limit]]
        following = f"{page[-1].epoch}-{page[-1].seq}" if len(rows) > limit else None
        return ContributionPage(page, following)

    async def live_raids(self, after_id: int, limit: int) -> list[LiveRaid]:
        """Raids that Redis ought to hold, by id, above this one."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("raids_live"), after_id, limit)
        return [LiveRaid(*row) for row in rows]

    async def ids(self, after_id: int, limit: int) -> list[RaidId]:
        """Every raid there ever was, by id, above this one."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("raid_ids"), after_id, limit)
        return [RaidId(row["id"]) for row in rows]

    async def marks(self, raid_ids: Sequence[RaidId]) -> list[LiveRaid]:
        """Those of these raids that Redis ought to hold, by id."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("raids_marks"), list(raid_ids))
        return [LiveRaid(*row) for row in rows]

    async def deadlines(self) -> list[tuple[RaidId, int]]:
        """When each active raid ends, in milliseconds since 1970, soonest first."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("raids_deadlines"))
        return [(row["id"], row["deadline_ms"]) for row in rows]


def _columns(new: NewRaid) -> tuple[Any, ...]:
    """The parameters of raid_create.sql before the code, in their order."""
    return (
        new.title,
        new.description,
        new.public,
        new.open_join,
        new.target_xp,
        new.target_tasks,
        new.time_limit_hours,
        new.max_members,
        new.max_xp_per_contribution,
        new.max_xp_per_member_per_day,
        new.leader_id,
        new.leader_name,
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise ValueError("not a cursor")
    return int(text)


def _position(cursor: str) -> tuple[int, int]:
    epoch, dash, seq = cursor.partition("-")
    if not dash:
        raise ValueError("not a cursor")
    return _number(epoch), _number(seq)
