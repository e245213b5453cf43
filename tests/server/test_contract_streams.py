"""Small promises of the contract that no other test is about, on open connections."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from server.settings import Settings
from tests.server.serving import Served, hear, served
from tests.server.watching import contribute, watching


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Served]:
    async with served(settings) as one:
        yield one


async def test_every_event_names_its_raid_and_its_time(server: Served) -> None:
    person, friend = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(targetXp=1, targetTasks=2)
    told: dict[str, dict[str, Any]] = {}
    async with watching(person, raid["id"]) as stream:
        await contribute(person, raid)
        await person.call("PATCH", f"/raids/{raid['id']}", {"openJoin": True})
        await friend.post("/raids/join", {"inviteCode": raid["inviteCode"]})
        await person.post(f"/raids/{raid['id']}/lead", {"userId": friend.id})
        await friend.post(f"/raids/{raid['id']}/leave")
        await contribute(person, raid)
        while "raid_complete" not in told:
            event, cursor, data = await stream.next()
            told[event] = content = json.loads(data)
            assert content["raidId"] == raid["id"]
            assert content["at"].endswith("Z")
            assert bool(cursor) is (event != "hello")
            assert ("seq" in content) is (event != "hello")
    snapshot = (await person.get(f"/raids/{raid['id']}")).json()
    assert told["snapshot"].keys() == snapshot.keys() | {"raidId", "at"}
    assert told.keys() >= {"member_join", "member_leave", "member_update", "raid_update", "contribution"}
    assert told["member_leave"]["newLeaderId"] == person.id
    assert told["raid_complete"]["endedAt"] == snapshot["endedAt"]


async def test_a_sockets_handshake_carries_its_request_id(server: Served) -> None:
    person = await server.people.person()
    async with server.socket(person, "/ws", X_Request_Id="mine-1") as socket:
        assert socket.response is not None
        assert socket.response.headers["x-request-id"] == "mine-1"


async def test_a_socket_to_nowhere_is_a_problem(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    person = await server.people.person()
    with pytest.raises(InvalidStatus) as refused:
        async with server.socket(person, "/raids/abc/ws"):
            pass
    assert "without completing" not in caplog.text
    response = refused.value.response
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(response.body)["requestId"] == response.headers["x-request-id"]


async def test_one_cursor_resumes_on_either_transport(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    first, second = await contribute(person, raid), await contribute(person, raid)
    async with watching(person, raid["id"], f"?last_event_id={first['cursor']}") as stream:
        assert (await stream.next("contribution"))[1] == second["cursor"]
    for name in ("lastEventId", "last_event_id"):
        async with server.socket(person, f"/raids/{raid['id']}/ws?{name}={first['cursor']}") as socket:
            assert (await hear(socket, "contribution"))["id"] == second["cursor"]
