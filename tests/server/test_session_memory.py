"""What is remembered of a session, where, and that its end cannot be overtaken by a look-up."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from redis.asyncio import Redis

from persistence.people import People, SessionRow
from persistence.people import User as UserRow
from raidline.ids import SessionToken, TokenHash, UserId
from realtime.connection import Scripted
from realtime.keys import SESSION_ENDED, session_key
from server.caller import User, hash_of
from server.sessions import Sessions

TOKEN = SessionToken("a-token")
HASH = hash_of(TOKEN)
ANNA = UserRow(UserId(7), "Anna", "Europe/Berlin", 0)


class Ledger:
    """Stands for Postgres: holds one session, counts how often it is asked, and may be overtaken."""

    def __init__(self, expires_in: timedelta = timedelta(days=30)) -> None:
        self.row: SessionRow | None = SessionRow(ANNA, frozenset({"backdate"}), datetime.now(UTC) + expires_in)
        self.asked = 0
        self.meanwhile: Callable[[], object] = lambda: None

    async def session(self, token_hash: TokenHash) -> SessionRow | None:
        self.asked += 1
        found = self.row if token_hash == HASH else None
        happened = self.meanwhile()
        if happened is not None:
            await happened  # type: ignore[misc]
        return found


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def scripted(redis_url: str) -> AsyncIterator[Scripted]:
    scripted = Scripted(redis_url, timeout=10, connections=4)
    yield scripted
    await scripted.close()


def sessions_over(ledger: Ledger, scripted: Scripted) -> Sessions:
    return Sessions(cast(People, ledger), scripted)


async def test_the_ledger_is_asked_once_and_redis_remembers_for_other_servers(redis: Redis, scripted: Scripted) -> None:
    ledger = Ledger()
    here, there = sessions_over(ledger, scripted), sessions_over(ledger, scripted)
    first = await here.resolve(TOKEN)
    assert first is not None
    assert first.user == User(ANNA.id, ANNA.name, ANNA.tz)
    assert (first.scopes, first.token_hash) == (frozenset({"backdate"}), HASH)
    assert await here.resolve(TOKEN) == await there.resolve(TOKEN) == first
    assert ledger.asked == 1
    assert 0 < await redis.ttl(session_key(HASH)) <= 24 * 3600


async def test_an_unknown_token_is_remembered_nowhere(redis: Redis, scripted: Scripted) -> None:
    ledger = Ledger()
    sessions = sessions_over(ledger, scripted)
    for _ in range(2):
        assert await sessions.resolve(SessionToken("unknown")) is None
    assert ledger.asked == 2
    assert await redis.dbsize() == 0


async def test_redis_remembers_no_longer_than_the_session_lasts(redis: Redis, scripted: Scripted) -> None:
    await sessions_over(Ledger(timedelta(seconds=90)), scripted).resolve(TOKEN)
    assert 0 < await redis.ttl(session_key(HASH)) <= 90


async def test_a_session_that_ran_out_is_nobodys(scripted: Scripted) -> None:
    assert await sessions_over(Ledger(timedelta(seconds=-1)), scripted).resolve(TOKEN) is None


async def test_a_look_up_that_began_before_the_end_does_not_bring_it_back(redis: Redis, scripted: Scripted) -> None:
    ledger = Ledger()
    sessions = sessions_over(ledger, scripted)
    ledger.meanwhile = lambda: redis.set(session_key(HASH), SESSION_ENDED)
    assert await sessions.resolve(TOKEN) is None
    assert await redis.get(session_key(HASH)) == SESSION_ENDED.encode()
    assert await sessions.gone([HASH, TokenHash("other")]) == [HASH]


class Overtaken(Sessions):
    """While the answer of Redis is on its way, the session ends and its end is announced here."""

    async def _cached(self, token_hash: TokenHash) -> bytes | None:
        found = await super()._cached(token_hash)
        await self._scripted.plain([["SET", session_key(token_hash), SESSION_ENDED]])
        self.forget(token_hash)
        return found


async def test_an_end_that_is_announced_during_a_look_up_is_its_answer(scripted: Scripted) -> None:
    """A stream that is opened with it would never hear of it again."""
    ledger = Ledger()
    assert await sessions_over(ledger, scripted).resolve(TOKEN) is not None
    assert await Overtaken(cast(People, ledger), scripted).resolve(TOKEN) is None


async def test_whoever_else_is_forgotten_during_a_look_up_takes_nothing_from_it(scripted: Scripted) -> None:
    ledger = Ledger()
    sessions = sessions_over(ledger, scripted)
    ledger.meanwhile = lambda: sessions.forget(TokenHash("other"))
    assert await sessions.resolve(TOKEN) is not None
    assert await sessions.resolve(TOKEN) is not None
    assert ledger.asked == 1


async def test_one_whose_end_was_missed_is_looked_up_again(redis: Redis, scripted: Scripted) -> None:
    sessions = sessions_over(Ledger(), scripted)
    assert await sessions.resolve(TOKEN) is not None
    await redis.set(session_key(HASH), SESSION_ENDED)
    sessions.forget(None)
    assert await sessions.resolve(TOKEN) is None


async def test_the_ledger_answers_while_redis_cannot() -> None:
    nowhere = Scripted("unix:///nowhere/redis.sock", timeout=10, connections=1)
    assert await sessions_over(Ledger(), nowhere).resolve(TOKEN) is not None
    await nowhere.close()
