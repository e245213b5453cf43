"""Sessions: Postgres holds them, Redis and each server's memory remember them for a while.

A token is shown once and stored nowhere; everything here goes by its hash. The announcement that a session
has ended (`server/notifier.py`) leaves a mark in its place in Redis, which no look-up overwrites.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from persistence.people import People
from persistence.rows import OutboxRow
from raidline.ids import SessionToken, TokenHash, UserId
from realtime.errors import RedisAway
from realtime.keys import SESSION_ENDED, SESSION_IN_DOUBT, SESSION_SECONDS, session_key
from realtime.scripting import Scripting
from server.cache import ExpiringCache
from server.caller import Caller, User, hash_of
from server.problems import Problem

LIFETIME: Final = timedelta(days=30)
IN_MEMORY_S: Final = 30
IN_MEMORY_MAX: Final = 10_000
ZONES_IN_MEMORY_S: Final = 300
ASKED_AT_ONCE: Final = 500
"""Parts of a question of sessions' ends: on a cluster each is in a part of its own."""

_ENDED: Final = SESSION_ENDED.encode()
_IN_DOUBT: Final = SESSION_IN_DOUBT.encode()


@dataclass(frozen=True, slots=True)
class NewSession:
    token: SessionToken
    expires_at: datetime


class Sessions:
    """`forget` is to be called with every token hash that comes on the channel `sessions:revoked`, and with None when
    some may have been missed; `forget_person` with what comes on `people:changed`."""

    def __init__(self, people: People, scripted: Scripting) -> None:
        self._people = people
        self._scripted = scripted
        self._memory: ExpiringCache[TokenHash, Caller] = ExpiringCache(IN_MEMORY_MAX, IN_MEMORY_S)
        self._zones: ExpiringCache[UserId, str] = ExpiringCache(IN_MEMORY_MAX, ZONES_IN_MEMORY_S)
        self._forgotten = 0
        """How often `forget` was called: a session's look-up during which it was begins anew, as it may have been its
        end, and one of a zone is not kept."""

    async def make(self, user: User, scopes: Collection[str] = ()) -> NewSession:
        token = SessionToken(secrets.token_urlsafe(32))
        expires_at = datetime.now(UTC) + LIFETIME
        await self._people.make_session(user.id, hash_of(token), set(scopes), expires_at)
        return NewSession(token, expires_at)

    async def resolve(self, token: SessionToken) -> Caller | None:
        """Whose session it is; None when it is nobody's. Raises LedgerAway when nobody can say."""
        return await self.alive(hash_of(token))

    async def alive(self, token_hash: TokenHash) -> Caller | None:
        """Who has the session of this hash, as `resolve`."""
        known = self._memory.get(token_hash)
        if known is not None and _is_alive(known):
            return known
        found = await self._found(token_hash)
        if found is None or not _is_alive(found):
            return None
        self._memory.put(token_hash, found)
        return found

    async def _found(self, token_hash: TokenHash) -> Caller | None:
        """As it is when this returns: what is opened with it at once will hear of its end."""
        while True:
            forgotten = self._forgotten
            found = await self._look_up(token_hash)
            if found is None or forgotten == self._forgotten:
                return found

    async def time_zone_of(self, user_id: UserId) -> str:
        """Of somebody other than the caller. Raises Problem when there is no such user, LedgerAway."""
        known = self._zones.get(user_id)
        if known is None:
            forgotten = self._forgotten
            user = await self._people.user(user_id)
            if user is None:
                raise Problem("unknown_member")
            known = user.tz
            if forgotten == self._forgotten:
                self._zones.put(user_id, known)
        return known

    async def end(self, token_hash: TokenHash) -> Sequence[OutboxRow]:
        """End it for good; what is returned has yet to be announced (`Notifier.send`). Raises LedgerAway."""
        rows = await self._people.end_session(token_hash)
        self.forget(token_hash)
        return rows

    def forget(self, token_hash: TokenHash | None) -> None:
        """None: any of them may have ended."""
        self._forgotten += 1
        if token_hash is None:
            self._memory = ExpiringCache(IN_MEMORY_MAX, IN_MEMORY_S)
        else:
            self._memory.drop(token_hash)

    def forget_person(self, user_id: UserId, token_hashes: Collection[TokenHash]) -> None:
        """Their name or zone is another: these sessions are looked up again."""
        self._forgotten += 1
        self._zones.drop(user_id)
        for token_hash in token_hashes:
            self.forget(token_hash)

    async def gone(self, token_hashes: Collection[TokenHash]) -> Collection[TokenHash]:
        """Which of them have been ended, for whoever may have missed the announcement. Raises RedisAway."""
        by_key = {session_key(one): one for one in token_hashes}
        parts = self._scripted.together(by_key)
        found: list[TokenHash] = []
        for start in range(0, len(parts), ASKED_AT_ONCE):
            some = parts[start : start + ASKED_AT_ONCE]
            answers = await self._scripted.plain([["MGET", *names] for names in some])
            for names, marks in zip(some, answers, strict=True):
                found += [by_key[name] for name, mark in zip(names, marks, strict=True) if mark == _ENDED]
        return found

    async def _look_up(self, token_hash: TokenHash) -> Caller | None:
        cached = await self._cached(token_hash)
        if cached is not None and cached != _IN_DOUBT:
            return _unpacked(cached, token_hash)
        row = await self._people.session(token_hash)
        if row is None:
            return None
        user = User(row.user.id, row.user.name, row.user.tz)
        caller = Caller(user, row.scopes, token_hash, row.expires_at)
        kept = await self._keep(token_hash, caller)
        return caller if kept else None

    async def _cached(self, token_hash: TokenHash) -> bytes | None:
        try:
            cached = (await self._scripted.plain([["GET", session_key(token_hash)]]))[0]
        except RedisAway:
            return None
        return cached if isinstance(cached, bytes) else None

    async def _keep(self, token_hash: TokenHash, caller: Caller) -> bool:
        """Remember it in Redis. False: it has been ended meanwhile."""
        seconds = min(SESSION_SECONDS, int(_expiry(caller) - time.time()))
        if seconds <= 0:
            return True
        try:
            key = session_key(token_hash)
            stored = (await self._scripted.plain([["SET", key, _packed(caller), "EX", seconds, "NX"]]))[0]
        except RedisAway:
            return True
        return stored is not None or await self._cached(token_hash) != _ENDED


def _expiry(caller: Caller) -> float:
    return caller.expires_at.timestamp() if caller.expires_at else 0.0


def _is_alive(caller: Caller) -> bool:
    return _expiry(caller) > time.time()


def _packed(caller: Caller) -> bytes:
    user = caller.require_user()
    return orjson.dumps(
        {
            "user": {"id": user.id, "name": user.name, "tz": user.tz},
            "scopes": sorted(caller.scopes),
            "expires_at": _expiry(caller),
        }
    )


def _unpacked(cached: bytes, token_hash: TokenHash) -> Caller | None:
    if cached == _ENDED:
        return None
    record: dict[str, Any] = orjson.loads(cached)
    user = User(UserId(record["user"]["id"]), record["user"]["name"], record["user"]["tz"])
    expires_at = datetime.fromtimestamp(record["expires_at"], UTC)
    return Caller(user, frozenset(record["scopes"]), token_hash, expires_at)
