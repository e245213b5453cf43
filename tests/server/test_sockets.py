"""WebSockets over real sockets: frames, answers, close codes, and nothing that breaks them."""

import pytest

from server.settings import Settings
from tests.helpers import eventually
from tests.server.people import Person
from tests.server.serving import Served, close_code, hear, say, served


async def test_a_socket_of_one_raid_follows_it_from_the_start(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with server.socket(person, f"/raids/{raid['id']}/ws") as socket:
        assert socket.subprotocol == "raidline.v1"
        hello = await hear(socket, "event")
        assert hello["event"] == "hello"
        assert hello["raidId"] == raid["id"]
        assert hello["data"]["recovered"] == "none"
        assert "id" not in hello
        snapshot = await hear(socket, "event")
        assert snapshot["event"] == "snapshot"
        assert snapshot["id"] == snapshot["data"]["cursor"]
        answer = (await person.post(f"/raids/{raid['id']}/contributions", {"xp": 5})).json()
        event = await hear(socket, "contribution")
        assert event["id"] == answer["cursor"]
        assert event["data"]["xp"] == 5


@pytest.mark.parametrize("offered", [None, "raidline.v2"])
async def test_only_our_subprotocol_is_echoed(server: Served, offered: str | None) -> None:
    person = await server.people.person()
    async with server.socket(person, "/ws", offered=offered) as socket:
        await say(socket, type="ping")
        await hear(socket, "reply")
        assert socket.subprotocol is None


async def test_a_socket_resumes_by_its_query_and_by_since(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    posts = [await person.post(f"/raids/{raid['id']}/contributions", {"xp": 1}) for _ in range(3)]
    cursors = [answer.json()["cursor"] for answer in posts]
    async with server.socket(person, f"/raids/{raid['id']}/ws?lastEventId={cursors[0]}") as socket:
        assert (await hear(socket, "hello"))["data"]["recovered"] == "full"
        assert [(await hear(socket, "event"))["id"] for _ in range(2)] == cursors[1:]
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="subscribe", ref=1, raidId=raid["id"], since=cursors[1])
        assert (await hear(socket, "hello"))["data"]["from"] == cursors[1]
        assert (await hear(socket, "event"))["id"] == cursors[2]
        assert await hear(socket, "reply") == {"type": "reply", "ref": 1, "ok": True, "raidId": raid["id"]}


@pytest.mark.parametrize("since", ["nonsense", "999999999999-1", "", 7, {}, "\0"])
async def test_a_bad_since_is_a_reset(server: Served, since: object) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="subscribe", raidId=raid["id"], since=since)
        assert (await hear(socket, "hello"))["data"]["recovered"] == "reset"
        await hear(socket, "snapshot")


async def test_several_raids_on_one_socket(server: Served) -> None:
    person = await server.people.person()
    raids = [(await person.starts_raid())["id"] for _ in range(3)]
    async with server.socket(person, "/ws") as socket:
        for raid_id in raids:
            await say(socket, type="subscribe", ref=raid_id, raidId=raid_id)
            assert (await hear(socket, "reply"))["ref"] == raid_id
        for raid_id in reversed(raids):
            await person.post(f"/raids/{raid_id}/contributions", {"xp": 1})
            assert (await hear(socket, "contribution"))["raidId"] == raid_id
        await say(socket, type="unsubscribe", ref="bye", raidId=raids[0])
        assert (await hear(socket, "reply"))["ok"] is True
        await person.post(f"/raids/{raids[0]}/contributions", {"xp": 1})
        await person.post(f"/raids/{raids[1]}/contributions", {"xp": 1})
        assert (await hear(socket, "contribution"))["raidId"] == raids[1]
        assert server.hub.online(raids[0]) == set()


async def test_refusals_of_subscriptions_are_errors_with_their_mark(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    raid = await person.starts_raid()
    async with server.socket(stranger, "/ws") as socket:
        for kind, raid_id, code in [
            ("subscribe", raid["id"], "not_found"),
            ("subscribe", 999_999, "not_found"),
            ("unsubscribe", raid["id"], "not_subscribed"),
        ]:
            await say(socket, type=kind, ref=code, raidId=raid_id)
            error = await hear(socket, "error")
            assert (error["ref"], error["code"]) == (code, code)
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="subscribe", raidId=raid["id"])
        await say(socket, type="subscribe", raidId=raid["id"])
        assert (await hear(socket, "error"))["code"] == "already_subscribed"


async def test_a_socket_follows_at_most_fifty_raids(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.websocket.MAX_RAIDS", 2)
    person = await server.people.person()
    raids = [(await person.makes_raid())["id"] for _ in range(3)]
    async with server.socket(person, "/ws") as socket:
        for raid_id in raids:
            await say(socket, type="subscribe", raidId=raid_id)
        assert (await hear(socket, "error"))["code"] == "too_many_subscriptions"


async def test_without_a_valid_session_a_socket_closes_with_3500(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    forged = Person(person.client, person.id, "not-a-token", person.name)
    for caller, path in [(None, "/ws"), (forged, "/ws"), (forged, f"/raids/{raid['id']}/ws")]:
        async with server.socket(caller, path) as socket:
            assert await close_code(socket) == 3500


async def test_a_raid_that_is_not_the_callers_closes_with_3507(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    raid = await person.starts_raid()
    for raid_id in (raid["id"], 999_999):
        async with server.socket(stranger, f"/raids/{raid_id}/ws") as socket:
            assert await close_code(socket) == 3507
    await eventually(lambda: server.hub.stream_count == 0)


async def test_a_cookie_opens_a_socket_only_for_our_own_pages(server: Served) -> None:
    person = await server.people.person()
    cookie = f"raidline_session={person.token}"
    for origin in ("https://elsewhere.example", "null", "http://["):
        async with server.socket(None, "/ws", Cookie=cookie, Origin=origin) as socket:
            assert await close_code(socket) == 3507
    async with server.socket(None, "/ws", Cookie=cookie) as socket:
        assert await close_code(socket) == 3507
    async with server.socket(None, "/ws", Cookie=cookie, Origin=server.url) as socket:
        await say(socket, type="ping", ref=1)
        assert (await hear(socket, "reply"))["ok"] is True


async def test_ending_a_session_closes_its_sockets_with_3500(server: Served) -> None:
    person = await server.people.person()
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="ping", ref=1)
        await hear(socket, "reply")
        await person.call("DELETE", "/sessions/current")
        assert await close_code(socket) == 3500


async def test_who_is_removed_is_sent_away(server: Served) -> None:
    person, friend = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(friend)
    async with (
        server.socket(friend, f"/raids/{raid['id']}/ws") as own,
        server.socket(friend, "/ws") as many,
    ):
        await hear(own, "snapshot")
        await say(many, type="subscribe", raidId=raid["id"])
        await hear(many, "reply")
        await person.call("DELETE", f"/raids/{raid['id']}/members/{friend.id}")
        assert (await hear(many, "member_leave"))["data"]["removed"] is True
        error = await hear(many, "error")
        assert (error["code"], error["raidId"]) == ("no_permission", raid["id"])
        assert await close_code(own) == 3507
        await say(many, type="ping", ref=1)
        assert (await hear(many, "reply"))["ok"] is True


async def test_a_server_that_ends_closes_with_1012_after_a_goodbye(server: Served) -> None:
    person = await server.people.person()
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="ping")
        await hear(socket, "reply")
        server.hub.drain()
        assert (await hear(socket, "goaway"))["data"]["retryMs"] > 0
        assert await close_code(socket) == 1012
    async with server.socket(person, "/ws") as socket:
        assert await close_code(socket) == 1012


async def test_more_sockets_than_allowed_close_with_3504(settings: Settings) -> None:
    async with served(settings.model_copy(update={"max_connections": 1})) as server:
        person = await server.people.person()
        async with server.socket(person, "/ws") as first:
            await say(first, type="ping")
            await hear(first, "reply")
            async with server.socket(person, "/ws") as second:
                assert await close_code(second) == 3504


async def test_a_client_that_goes_away_leaves_nothing_behind(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    for _ in range(3):
        async with server.socket(person, "/ws") as socket:
            await say(socket, type="subscribe", raidId=raid["id"])
            await hear(socket, "snapshot")
            socket.transport.abort()
    await eventually(lambda: server.hub.stream_count == 0)
