"""Who is calling: guests, admin-made sessions, bearer and cookie, and the end of it."""

import httpx
import pytest
from redis.asyncio import Redis

from server.app import create_app
from server.settings import Settings
from tests.helpers import eventually
from tests.server.conftest import OpenServer
from tests.server.people import People, Person, code_of


async def me(person: Person) -> int:
    return (await person.get("/raids")).status_code


def cookie(person: Person) -> dict[str, str]:
    return {"Cookie": f"raidline_session={person.token}"}


async def test_a_guest_gets_a_session_and_the_cookie(people: People) -> None:
    answer = await people.client.post("/api/v1/sessions/guest", json={"name": " Anna ", "tz": "Europe/Berlin"})
    body = answer.json()
    assert answer.status_code == 201
    assert body["user"] == {"id": body["user"]["id"], "name": "Anna", "tz": "Europe/Berlin"}
    assert answer.headers["cache-control"] == "no-store"
    attributes = answer.headers["set-cookie"].lower()
    assert f"raidline_session={body['token']}".lower() in attributes
    assert "httponly" in attributes
    assert "samesite=lax" in attributes
    assert "; secure" not in attributes
    assert await me(Person(people.client, 0, body["token"], "")) == 200


async def test_the_cookie_is_secure_where_the_request_came_by_tls(people: People) -> None:
    answer = await people.client.post(
        "/api/v1/sessions/guest", json={"name": "Anna"}, headers={"X-Forwarded-Proto": "https"}
    )
    assert "; secure" in answer.headers["set-cookie"].lower()


async def test_two_guests_of_one_name_are_two_people(people: People) -> None:
    ids = set()
    for _ in range(2):
        answer = await people.client.post("/api/v1/sessions/guest", json={"name": "Anna"})
        ids.add(answer.json()["user"]["id"])
    assert len(ids) == 2


async def test_an_identity_is_found_again(people: People) -> None:
    first, again = await people.person("same"), await people.person("same")
    assert first.id == again.id
    assert first.token != again.token


async def test_only_the_admin_makes_sessions_for_others(people: People) -> None:
    anna = await people.person()
    body = {"provider": "x", "subject": "y", "name": "z"}
    assert code_of(await anna.post("/admin/sessions", body)) == (403, "insufficient_scope")
    unknown = await people.admin.post("/admin/sessions", {**body, "scopes": ["everything"]})
    assert code_of(unknown) == (422, "validation_failed")
    backend = await people.person(scopes=("admin",))
    assert (await backend.post("/admin/sessions", body)).status_code == 201


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "Bearer " + "x" * 5000]
)
async def test_without_a_valid_token_nothing_is_said_but_401(people: People, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await people.client.get("/api/v1/raids", headers=headers)
    assert code_of(answer) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_header_wins_over_the_cookie_even_where_it_is_wrong(people: People) -> None:
    anna = await people.person()
    answer = await people.client.get("/api/v1/raids", headers={**cookie(anna), "Authorization": "Bearer wrong"})
    assert answer.status_code == 401


async def test_a_write_by_cookie_needs_an_origin_of_this_host(people: People) -> None:
    anna = await people.person()
    body = {"title": "t", "targetXp": 1, "targetTasks": 1}
    assert (await people.client.get("/api/v1/raids", headers=cookie(anna))).status_code == 200
    ours = {**cookie(anna), "Origin": "http://raidline"}
    assert (await people.client.post("/api/v1/raids", json=body, headers=ours)).status_code == 201
    for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        answer = await people.client.post("/api/v1/raids", json=body, headers={**cookie(anna), **origin})
        assert code_of(answer) == (403, "bad_origin")


async def test_the_admin_token_is_nobody(people: People) -> None:
    raid = {"title": "t", "targetXp": 1, "targetTasks": 1}
    assert code_of(await people.admin.post("/raids", raid)) == (403, "user_required")
    assert code_of(await people.admin.call("DELETE", "/sessions/current")) == (403, "user_required")
    assert (await people.admin.get("/raids")).status_code == 200


async def test_an_ended_session_is_over_on_every_server_at_once(
    open_server: OpenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.sessions.IN_MEMORY_S", 3600)  # not only because it is forgotten
    (_, here), (_, there) = await open_server(), await open_server()
    anna = await here.person()
    elsewhere = there.with_token(anna)
    assert await me(elsewhere) == 200
    answer = await anna.call("DELETE", "/sessions/current")
    assert answer.status_code == 204
    assert 'raidline_session=""' in answer.headers["set-cookie"]
    assert await me(anna) == 401

    async def over() -> bool:
        return await me(elsewhere) == 401

    await eventually(over)


async def test_a_session_outlives_the_loss_of_redis(open_server: OpenServer, settings: Settings) -> None:
    _, here = await open_server()
    anna = await here.person()
    assert settings.redis_url is not None
    async with Redis.from_url(settings.redis_url) as redis:
        await redis.flushall()
    _, there = await open_server()
    assert await me(there.with_token(anna)) == 200


async def test_a_session_known_to_redis_needs_no_ledger(open_server: OpenServer) -> None:
    _, here = await open_server()
    anna = await here.person()
    assert await me(anna) == 200
    app, there = await open_server()
    await app.state.services.pool.close()
    known = await there.with_token(anna).get("/raids/hydrate")
    unknown = await there.client.get("/api/v1/raids/1", headers={"Authorization": "Bearer unknown"})
    assert known.status_code == 405
    assert code_of(unknown) == (503, "unavailable")
    caller = await app.state.services.sessions.resolve(anna.token)
    assert caller is not None
    assert caller.user.id == anna.id


async def test_guests_are_only_where_they_are_welcome(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"guests": False}))
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
        answer = await client.post("http://raidline/api/v1/sessions/guest", json={"name": "Anna"})
    assert code_of(answer) == (404, "not_found")
