"""Somebody who calls: a person with the scopes of their session, or the admin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from raidline.ids import SessionToken, TokenHash, UserId
from server.problems import Problem, insufficient_scope

SCOPES: Final = frozenset({"backdate", "unlimited", "contributions:write", "achievements:write", "admin"})
ADMIN: Final = "admin"


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    tz: str


@dataclass(frozen=True, slots=True)
class Caller:
    """`user` is None for the admin token, which is nobody; `token_hash` and `expires_at` then too."""

    user: User | None
    scopes: frozenset[str]
    token_hash: TokenHash | None = None
    expires_at: datetime | None = None
    via_cookie: bool = False

    def require_user(self) -> User:
        if self.user is None:
            raise Problem("user_required")
        return self.user

    def require_scope(self, scope: str) -> None:
        if scope not in self.scopes:
            raise insufficient_scope(scope)

    @property
    def viewer(self) -> UserId | None:
        return self.user.id if self.user else None


THE_ADMIN: Final = Caller(user=None, scopes=SCOPES)


def hash_of(token: SessionToken) -> TokenHash:
    return TokenHash(hashlib.sha256(token.encode()).hexdigest())
