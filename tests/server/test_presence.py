"""Presence over two servers and real sockets: what pages and phones are told, also when one of the two dies."""

import contextlib
import functools
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from realtime.hub import HubSettings
from realtime.keys import raid_key
from realtime.presence import PresenceSettings
from server.settings import Settings
from tests.conftest import Launch
from tests.end_to_end.client import client_of
from tests.helpers import eventually
from tests.server.conftest import PATIENCE_S
from tests.server.people import People, Person
from tests.server.serving import Served, hear, served
from tests.server.watching import Stream, watching

QUICK = PresenceSettings(interval=0.1, beat=0.3, lease=60.0, grace=1.0)
"""But for the lease: however long these servers stand still, they are not taken for dead."""

LONG_GRACE = replace(QUICK, grace=60.0)
USUAL = PresenceSettings()

FOR_EVER = 2**53 - 1
"""Until when somebody is online who watches, as Redis has it."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    announce_by(monkeypatch, QUICK)


def announce_by(monkeypatch: pytest.MonkeyPatch, terms: PresenceSettings) -> None:
    """Servers that are opened from now on."""
    patient = functools.partial(HubSettings, presence=terms, join_timeout=PATIENCE_S)
    monkeypatch.setattr("server.services.HubSettings", patient)


@pytest.fixture
async def servers(settings: Settings, quick: None) -> AsyncIterator[Sequence[Served]]:
    async with served(settings) as here, served(settings) as there:
        yield here, there


def through(server: Served | httpx.AsyncClient, person: Person) -> Person:
    """The same person, on that server."""
    client = server.people.client if isinstance(server, Served) else server
    return Person(client, person.id, person.token, person.name)


async def presence(stream: Stream, deadline: float = 30) -> dict[str, Any]:
    event, identity, data = await stream.next("presence", deadline)
    assert (event, identity) == ("presence", "")
    found: dict[str, Any] = json.loads(data)
    return {"online": found["online"], "offline": found["offline"]}


async def online(person: Person, raid_id: int) -> set[int]:
    snapshot = (await person.get(f"/raids/{raid_id}")).json()
    hydrated = (await person.post("/raids/hydrate", {"ids": [raid_id]})).json()["raids"][str(raid_id)]
    assert snapshot["members"] == hydrated["members"]
    return {member["userId"] for member in snapshot["members"] if member["isOnline"]}


async def test_both_servers_know_who_is_there(servers: Sequence[Served]) -> None:
    here, there = servers
    person, friend = await here.people.person(), await here.people.person()
    raid_id = (await person.starts_raid(friend))["id"]
    async with watching(person, raid_id) as stream:
        await stream.next("snapshot")
        assert await presence(stream) == {"online": [person.id], "offline": []}
        async with watching(through(there, friend), raid_id) as other:
            snapshot = json.loads((await other.next("snapshot"))[2])
            assert {one["userId"] for one in snapshot["members"] if one["isOnline"]} == {person.id, friend.id}
            assert await presence(stream) == {"online": [friend.id], "offline": []}
            for server in servers:
                assert await online(through(server, person), raid_id) == {person.id, friend.id}
        assert await presence(stream) == {"online": [], "offline": [friend.id]}
        for server in servers:
            assert await online(through(server, person), raid_id) == {person.id}


async def test_who_follows_by_websocket_is_online_and_is_told(servers: Sequence[Served]) -> None:
    here, there = servers
    person, friend = await here.people.person(), await here.people.person()
    raid_id = (await person.starts_raid(friend))["id"]
    async with here.socket(person, f"/raids/{raid_id}/ws") as socket:
        await hear(socket, "snapshot")
        assert (await hear(socket, "presence"))["data"]["online"] == [person.id]
        async with watching(through(there, friend), raid_id) as stream:
            await stream.next("snapshot")
            frame = await hear(socket, "presence")
    assert frame["data"]["online"] == [friend.id]
    assert frame["raidId"] == frame["data"]["raidId"] == raid_id
    assert "id" not in frame


async def test_who_joins_while_watching_a_public_raid_is_online(servers: Sequence[Served]) -> None:
    here, there = servers
    person, stranger = await here.people.person(), await here.people.person()
    raid = await person.makes_raid(public=True)
    async with watching(person, raid["id"]) as stream, watching(through(there, stranger), raid["id"]) as other:
        await stream.next("snapshot")
        await other.next("snapshot")
        assert await presence(stream) == {"online": [person.id], "offline": []}
        key = f"raid:{{{raid['id']}}}:online"
        redis = here.app.state.services.scripted.redis
        await eventually(lambda: redis.zscore(key, stranger.id))
        assert (await stranger.post("/raids/join", {"inviteCode": raid["inviteCode"]})).status_code == 200
        assert json.loads((await stream.next("member_join"))[2])["isOnline"] is True


async def test_a_drained_server_hands_over_without_a_flicker(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    announce_by(monkeypatch, LONG_GRACE)
    monkeypatch.setattr("realtime.presence._GOODBYE_SECONDS", PATIENCE_S)
    async with served(settings) as here, Redis.from_url(redis_url) as redis:
        person, friend, third = [await here.people.person() for _ in range(3)]
        raid_id = (await person.starts_raid(friend, third))["id"]

        async def to_be_given_up() -> list[Any]:
            return list(await redis.zrange(raid_key(raid_id, "online"), 0, FOR_EVER - 1, byscore=True))

        async with watching(person, raid_id) as stream:
            await stream.next("snapshot")
            assert await presence(stream) == {"online": [person.id], "offline": []}
            async with served(settings) as drained, watching(through(drained, friend), raid_id) as leaving:
                await leaving.next("snapshot")
                assert await presence(stream) == {"online": [friend.id], "offline": []}
                drained.app.state.drain()
                assert "goaway" in await leaving.rest()
            assert await to_be_given_up() == [str(friend.id).encode()]
            async with watching(friend, raid_id) as back, watching(third, raid_id):
                await back.next("snapshot")
                assert await presence(stream) == {"online": [third.id], "offline": []}
                assert await to_be_given_up() == []


@pytest.mark.slow
async def test_the_people_of_a_server_that_was_killed_are_offline_within_the_bound(launch: Launch) -> None:
    """With the times that all servers have."""
    here, killed = await launch(), await launch()
    async with client_of(here.url) as one, client_of(killed.url) as other:
        people = People(one)
        person, friend = await people.person(), await people.person()
        raid_id = (await person.starts_raid(friend))["id"]
        async with contextlib.AsyncExitStack() as stack:
            stream = await stack.enter_async_context(watching(person, raid_id))
            await stream.next("snapshot")
            await presence(stream)
            watched = await stack.enter_async_context(watching(through(other, friend), raid_id))
            await watched.next("snapshot")
            assert await presence(stream) == {"online": [friend.id], "offline": []}
            await killed.kill()
            begin = time.monotonic()
            said = await presence(stream, 40)
            took = time.monotonic() - begin
            with contextlib.suppress(httpx.HTTPError):
                await watched.rest()
    assert said == {"online": [], "offline": [friend.id]}
    assert USUAL.grace <= took <= USUAL.lease + USUAL.grace + 3 * USUAL.interval + 8, "the bound, and some noise"
