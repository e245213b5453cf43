"""Users, the identities that lead to them, and their sessions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from persistence.errors import BadData, zone_refused
from persistence.pool import Pool, connection
from persistence.rows import OutboxRow
from persistence.statements import statement
from raidline.ids import TokenHash, UserId


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    tz: str
    created_at_ms: int

    @classmethod
    def of(cls, row: asyncpg.Record) -> "User":
        return cls(row["id"], row["name"], row["tz"], row["created_at_ms"])


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session that has not ended."""

    user: User
    scopes: frozenset[str]
    expires_at: datetime


class People:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find_or_make_user(self, provider: str, subject: str, name: str, tz: str) -> User:
        """The user of this identity; made with this name and zone where there is none, by one caller only.

        Raises `ZoneUnknown`.
        """
        found = await self._by_identity(provider, subject)
        if found:
            return found
        try:
            with zone_refused():
                async with connection(self._pool) as held:
                    rows = await held.fetch(statement("user_make"), provider, subject, name, tz)
            return User.of(rows[0])
        except BadData as error:
            # Somebody else made the same identity meanwhile; anything else is the caller's bad data.
            found = await self._by_identity(provider, subject)
            if error.sqlstate != asyncpg.UniqueViolationError.sqlstate or not found:
                raise
            return found

    async def _by_identity(self, provider: str, subject: str) -> User | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("user_by_identity"), provider, subject)
        return User.of(row) if row else None

    async def user(self, user_id: UserId) -> User | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("user_row"), user_id)
        return User.of(row) if row else None

    async def make_session(
        self, user_id: UserId, token_hash: TokenHash, scopes: Collection[str], expires_at: datetime
    ) -> None:
        async with connection(self._pool) as held:
            await held.execute(statement("session_make"), token_hash, user_id, sorted(scopes), expires_at)

    async def session(self, token_hash: TokenHash) -> SessionRow | None:
        """The session with this hash, unless it has ended or run out."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(statement("session_row"), token_hash)
        return SessionRow(User.of(row), frozenset(row["scopes"]), row["expires_at"]) if row else None

    async def end_session(self, token_hash: TokenHash) -> list[OutboxRow]:
        """End a session and leave word of it in the outbox, as returned; nothing where there was none."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("session_end"), token_hash)
        return [OutboxRow.of(row) for row in rows]

    async def delete_expired_sessions(self) -> None:
        async with connection(self._pool) as held:
            await held.execute(statement("sessions_expired"))
