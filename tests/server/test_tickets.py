"""Tickets: one connection each, for whoever cannot send a header, and nothing more than that."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from realtime import tickets
from realtime.ending import Ending
from server.settings import Settings
from tests.conftest import Launch
from tests.end_to_end.client import client_of
from tests.helpers import eventually
from tests.server.following_many import following_many
from tests.server.people import People, Person, code_of
from tests.server.serving import Served, close_code, hear, say, served
from tests.server.watching import Stream

ELSEWHERE = "https://elsewhere.example"


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Served]:
    async with served(settings) as one:
        yield one


async def ticket_of(person: Person, raid_id: int | None = None) -> str:
    answer = await person.post("/stream-tickets", {} if raid_id is None else {"raidId": raid_id})
    assert answer.status_code == 201, answer.text
    ticket: str = answer.json()["ticket"]
    return ticket


async def first_event(server: Served, path: str) -> str:
    """What a stream begins with that is opened without a header."""
    async with server.people.client.stream("GET", "/api/v1" + path) as answer:
        assert answer.status_code == 200, (await answer.aread()).decode()
        return (await Stream(answer).next())[0]


async def refused(server: Served, path: str) -> bool:
    return code_of(await server.people.client.get("/api/v1" + path)) == (401, "unauthenticated")


async def test_a_ticket_is_good_for_a_minute(server: Served) -> None:
    person = await server.people.person()
    for body in ({}, {"raidId": None}, {"raidId": 7}, None):
        before = datetime.now(UTC)
        answer = await person.post("/stream-tickets", body)
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json().keys() == {"ticket", "expiresAt"}
        expires = datetime.fromisoformat(answer.json()["expiresAt"])
        assert timedelta(seconds=59) < expires - before
        assert expires - datetime.now(UTC) < timedelta(seconds=61)


async def test_it_opens_each_kind_of_stream_once(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    raid_path = f"/raids/{raid['id']}/stream?ticket="
    for path, raid_id in [(raid_path, raid["id"]), ("/stream?ticket=", None), ("/me/stream?ticket=", None)]:
        ticket = await ticket_of(person, raid_id)
        assert await first_event(server, path + ticket) == "hello"
        assert await refused(server, path + ticket)


async def test_it_opens_each_kind_of_socket_once_whatever_its_origin(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    for path, raid_id in [(f"/raids/{raid['id']}/ws", raid["id"]), ("/ws", None)]:
        ticket = await ticket_of(person, raid_id)
        async with server.socket(None, f"{path}?ticket={ticket}", Origin=ELSEWHERE) as socket:
            await say(socket, type="contribute", ref=1, raidId=raid["id"], key=path, xp=1)
            assert (await hear(socket, "reply"))["status"] == 201
        async with server.socket(None, f"{path}?ticket={ticket}") as socket:
            assert await close_code(socket) == Ending.SESSION_OVER.value == 3500


async def test_it_opens_only_what_it_was_made_for(server: Served) -> None:
    person = await server.people.person()
    raid, other = await person.starts_raid(), await person.starts_raid()
    for path, raid_id in [
        (f"/raids/{other['id']}/stream", raid["id"]),
        (f"/raids/{raid['id']}/stream", None),
        (f"/stream?raids={raid['id']}", raid["id"]),
        ("/me/stream", raid["id"]),
    ]:
        ticket = await ticket_of(person, raid_id)
        assert await refused(server, path + ("&" if "?" in path else "?") + f"ticket={ticket}")
    for path, raid_id in [(f"/raids/{other['id']}/ws", raid["id"]), (f"/raids/{raid['id']}/ws", None), ("/ws", 7)]:
        async with server.socket(None, f"{path}?ticket={await ticket_of(person, raid_id)}") as socket:
            assert await close_code(socket) == 3500


async def test_what_is_no_ticket_opens_nothing(server: Served) -> None:
    person = await server.people.person()
    ticket = await ticket_of(person)
    forged = [
        "", "x", "0", ticket[:-1], ticket + "x", ticket.replace(".", ""), "%00", "9" * 5000, person.token,
        f"{person.id + 1}.{ticket.split('.')[1]}", f"{ticket}&ticket={ticket}",
    ]  # fmt: skip
    for one in forged:
        assert await refused(server, f"/stream?ticket={one}")
    assert await first_event(server, f"/stream?ticket={ticket}") == "hello"


async def test_it_wins_over_a_header_and_is_taken_nowhere_else(server: Served) -> None:
    person = await server.people.person()
    assert code_of(await person.get("/stream?ticket=x")) == (401, "unauthenticated")
    for path in ("/me", "/raids", "/raids/1/events"):
        assert await refused(server, f"{path}?ticket={await ticket_of(person)}")
    posted = await server.people.client.post(f"/api/v1/stream-tickets?ticket={await ticket_of(person)}")
    assert code_of(posted) == (401, "unauthenticated")


async def test_an_expired_one_opens_nothing(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await server.people.person()
    monkeypatch.setattr(tickets, "TICKET_MS", 1)
    ticket = await ticket_of(person)
    monkeypatch.setattr(tickets, "TICKET_MS", 60_000)
    kept = await ticket_of(person)
    assert await refused(server, f"/stream?ticket={ticket}")
    assert await first_event(server, f"/stream?ticket={kept}") == "hello"


async def test_of_many_who_use_it_at_once_one_gets_in(server: Served) -> None:
    person = await server.people.person()
    ticket = await ticket_of(person)

    async def opens() -> int:
        async with server.people.client.stream("GET", f"/api/v1/stream?ticket={ticket}") as answer:
            return answer.status_code

    assert sorted(await asyncio.gather(*(opens() for _ in range(10)))) == [200] + [401] * 9


async def test_at_most_so_many_are_kept_and_the_oldest_goes(server: Served, redis_url: str) -> None:
    person = await server.people.person()
    held = [await ticket_of(person) for _ in range(tickets.MAX_PER_USER + 1)]
    async with Redis.from_url(redis_url) as redis:
        key = f"user:{{{person.id}}}:stream_tickets"
        assert await redis.hlen(key) == tickets.MAX_PER_USER
        assert 0 < await redis.pttl(key) <= 60_000
        kept = str(await redis.hgetall(key))
    assert not any(one in kept or one.split(".")[1] in kept for one in held)
    assert await first_event(server, f"/stream?ticket={held[-1]}") == "hello"
    refusals = [await refused(server, f"/stream?ticket={one}") for one in held[:1]]
    assert refusals == [True]


async def test_it_dies_with_its_session_and_so_does_what_it_opened(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    unused = await ticket_of(person)
    async with (
        following_many(person, raid["id"], ticket=await ticket_of(person)) as stream,
        server.socket(None, f"/ws?ticket={await ticket_of(person)}") as socket,
    ):
        await stream.cursor_moves()
        await say(socket, type="ping")
        await hear(socket, "reply")
        assert (await person.call("DELETE", "/sessions/current")).status_code == 204
        await stream.rest()
        assert await close_code(socket) == 3500
    assert await refused(server, f"/stream?ticket={unused}")
    await eventually(lambda: server.hub.stream_count == 0)


async def test_who_resumes_takes_a_new_one_and_the_cursor(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with following_many(person, raid["id"], ticket=await ticket_of(person)) as stream:
        await stream.cursor_moves()
    many = stream.many
    async with following_many(person, raid["id"], many=many, ticket=await ticket_of(person), in_query=True) as stream:
        await stream.until_told("hello", raid["id"], times=2)
    assert many.verdicts(raid["id"]) == ["none", "full"]


async def test_only_a_session_of_a_user_gets_one(server: Served) -> None:
    assert code_of(await server.people.admin.post("/stream-tickets")) == (403, "user_required")
    assert code_of(await server.people.client.post("/api/v1/stream-tickets")) == (401, "unauthenticated")
    person = await server.people.person()
    for bad in ({"raidId": "7"}, {"raidId": 0}, {"raidId": -1}, {"raidId": 1.5}):
        answer = await person.post("/stream-tickets", bad)
        assert code_of(answer) == (422, "validation_failed")
    cookie = {"Cookie": f"raidline_session={person.token}", "Origin": ELSEWHERE}
    answer = await server.people.client.post("/api/v1/stream-tickets", headers=cookie)
    assert code_of(answer) == (403, "bad_origin")


async def test_one_from_before_a_restart_of_redis_opens_nothing(server: Served, redis_url: str) -> None:
    """It may have been used since the dump from which Redis came back."""
    person = await server.people.person()
    ticket = await ticket_of(person)
    async with Redis.from_url(redis_url) as redis:
        key = f"user:{{{person.id}}}:stream_tickets"
        held: dict[Any, Any] = dict(await redis.hgetall(key))
        for name, value in held.items():
            expires, _run_id, opens = value.decode().split(" ", 2)
            await redis.hset(key, name, f"{expires} {'f' * 40} {opens}")
    assert await refused(server, f"/stream?ticket={ticket}")


async def test_a_page_of_an_allowed_origin_posts_for_one_and_opens_a_stream(settings: Settings) -> None:
    async with served(settings.model_copy(update={"allowed_origins": (ELSEWHERE,)})) as server:
        person = await server.people.person()
        raid = await person.starts_raid()
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        preflight = await server.people.client.options("/api/v1/stream-tickets", headers={"Origin": ELSEWHERE, **asked})
        assert preflight.headers["access-control-allow-origin"] == ELSEWHERE
        assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
        answer = await person.post("/stream-tickets", {}, Origin=ELSEWHERE)
        assert answer.headers["access-control-allow-origin"] == ELSEWHERE
        for origin, allowed in ((ELSEWHERE, ELSEWHERE), ("https://other.example", None)):
            path = f"/api/v1/stream?raids={raid['id']}&ticket={await ticket_of(person)}"
            async with server.people.client.stream("GET", path, headers={"Origin": origin}) as opened:
                assert opened.headers.get("access-control-allow-origin") == allowed
                assert (await Stream(opened).next())[0] == "hello"
        failed = await server.people.client.get("/api/v1/stream?ticket=x", headers={"Origin": ELSEWHERE})
        assert failed.headers["access-control-allow-origin"] == ELSEWHERE


async def test_it_is_in_no_log_and_in_no_error(launch: Launch) -> None:
    process = await launch(RAIDLINE_LOG_LEVEL="debug", RAIDLINE_LOG_FORMAT="json")
    async with client_of(process.url) as client:
        person = await People(client).person()
        server = Served(process.url, None, People(client))  # type: ignore[arg-type]
        held = [await ticket_of(person) for _ in range(5)]
        assert await first_event(server, f"/stream?ticket={held[0]}") == "hello"
        errors = [
            await client.get(f"/api/v1/stream?ticket={held[0]}"),
            await client.get(f"/api/v1/stream?raids=x&ticket={held[1]}"),
            await client.get(f"/api/v1/nowhere?ticket={held[2]}"),
        ]
        assert [one.status_code for one in errors] == [401, 422, 404]
        async with server.socket(None, f"/ws?ticket={held[3]}") as socket:
            await say(socket, type="ping")
            await hear(socket, "reply")
        async with server.socket(None, f"/raids/7/ws?ticket={held[4]}") as socket:
            assert await close_code(socket) == 3500
    await process.stop()
    secrets = [one.split(".")[1] for one in held]
    for text in [process.output, *(json.dumps(one.json()) for one in errors)]:
        assert not any(secret in text for secret in secrets)
