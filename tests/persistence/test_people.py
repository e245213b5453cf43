"""An identity leads to one user for ever; a session is somebody's until it ends."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest

from persistence.errors import BadData
from persistence.people import User
from raidline.ids import TokenHash, UserId
from tests.persistence.conftest import World

SOON = datetime.now(UTC) + timedelta(days=30)


async def test_the_same_identity_is_the_same_user_with_the_first_name(world: World) -> None:
    made = await world.people.find_or_make_user("guest", "1", "Ada", "Europe/Rome")
    found = await world.people.find_or_make_user("guest", "1", "Bob", "UTC")
    other = await world.people.find_or_make_user("admin", "1", "Ada", "UTC")
    assert made == found == await world.people.user(made.id)
    assert (made.name, made.tz) == ("Ada", "Europe/Rome")
    assert other.id != made.id
    assert await world.people.user(UserId(made.id + 1000)) is None


async def test_many_at_once_make_one_user(world: World) -> None:
    tried = [world.people.find_or_make_user("guest", "1", "Ada", "UTC") for _ in range(20)]
    made: list[User] = await asyncio.gather(*tried)
    assert len({user.id for user in made}) == 1
    assert await world.value("SELECT count(*) FROM users") == 1


async def test_a_name_postgres_refuses_is_the_callers_bad_data(world: World) -> None:
    with pytest.raises(BadData):
        await world.people.find_or_make_user("guest", "1", "A\x00a", "UTC")


async def test_a_session_is_found_until_it_ends_and_its_end_is_announced(world: World) -> None:
    user = await world.people.find_or_make_user("guest", "1", "Ada", "UTC")
    token_hash = TokenHash(uuid4().hex)
    await world.people.make_session(user.id, token_hash, {"backdate", "admin"}, SOON)
    session = await world.people.session(token_hash)
    assert session is not None
    assert (session.user, session.expires_at) == (user, SOON)
    assert session.scopes == frozenset({"admin", "backdate"})
    (told,) = await world.people.end_session(token_hash)
    assert (told.topic, orjson.loads(told.payload)) == ("session_revoked", {"tokenHash": token_hash})
    assert await world.ledger.send_outbox(0, 10) == [told]
    assert await world.people.session(token_hash) is None
    assert await world.people.end_session(token_hash) == []


async def test_a_session_that_has_run_out_is_none(world: World) -> None:
    user = await world.people.find_or_make_user("guest", "1", "Ada", "UTC")
    old, new = TokenHash("old"), TokenHash("new")
    await world.people.make_session(user.id, old, [], datetime.now(UTC) - timedelta(seconds=1))
    await world.people.make_session(user.id, new, [], SOON)
    assert await world.people.session(old) is None
    await world.people.delete_expired_sessions()
    assert await world.rows("SELECT token_hash FROM sessions") == [(new,)]
