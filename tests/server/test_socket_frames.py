"""What a client says over a WebSocket: contributions, and frames that mean nothing."""

from typing import Any

import pytest

from tests.server.serving import Served, close_code, hear, say


async def test_a_contribution_over_the_socket_answers_as_the_post_does(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    path = f"/raids/{raid['id']}/contributions"
    async with server.socket(person, f"/raids/{raid['id']}/ws") as socket:
        await say(socket, type="contribute", ref="a", raidId=raid["id"], key="k1", xp=4, contributionType="run")
        reply = await hear(socket, "reply")
        assert (reply["ref"], reply["ok"], reply["status"], reply["outcome"]) == ("a", True, 201, "accepted")
        assert "key" not in reply
        posted = await person.post(path, {"xp": 4, "type": "run"}, Idempotency_Key="k1")
        assert posted.status_code == 200
        same = ("contributionId", "seq", "cursor", "effects")
        assert {name: reply[name] for name in same} == {name: posted.json()[name] for name in same}
        await say(socket, type="contribute", ref="b", xp=1)
        made = await hear(socket, "reply")
        assert made["key"]
        assert (await person.post(path, {"xp": 1}, Idempotency_Key=made["key"])).status_code == 200


async def test_refused_contributions_are_errors_with_their_code(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid(maxXpPerContribution=10)
    other = await person.starts_raid()
    refused: list[tuple[dict[str, Any], str]] = [
        ({"xp": 11}, "xp_above_cap"),
        ({}, "validation_failed"),
        ({"xp": "1"}, "validation_failed"),
        ({"xp": 10**30}, "validation_failed"),
        ({"xp": 1, "key": ""}, "bad_header"),
        ({"xp": 1, "key": "a\0b"}, "bad_header"),
        ({"xp": 1, "key": 7}, "validation_failed"),
        ({"xp": 1, "contributionType": ""}, "validation_failed"),
        ({"xp": 1, "raidId": other["id"]}, "not_allowed"),
        ({"xp": 1, "userId": 999_999}, "insufficient_scope"),
    ]
    async with server.socket(person, f"/raids/{raid['id']}/ws") as socket:
        for ref, (frame, code) in enumerate(refused):
            await say(socket, type="contribute", ref=ref, **frame)
            error = await hear(socket, "error")
            assert (error["ref"], error["code"]) == (ref, code), frame
            assert error["detail"]
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="contribute", ref=1, raidId=999_999, key="k", xp=1)
        assert (await hear(socket, "error"))["code"] == "not_found"


async def test_contributions_that_wait_at_once_are_bounded(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.websocket.MAX_IN_FLIGHT", 3)
    person = await server.people.person()
    raid = await person.starts_raid(targetTasks=1000)
    async with server.socket(person, "/ws") as socket:
        for ref in range(40):
            await say(socket, type="contribute", ref=ref, raidId=raid["id"], key=f"k{ref}", xp=1)
        answers = [await hear(socket, "reply", "error") for _ in range(40)]
    assert {answer["ref"] for answer in answers} == set(range(40))
    refused = [answer for answer in answers if answer["type"] == "error"]
    assert {answer["code"] for answer in refused} <= {"too_many_requests"}
    state = (await person.get(f"/raids/{raid['id']}")).json()
    assert state["currentTasks"] == 40 - len(refused)


BROKEN: list[str | bytes] = [
    "",
    "nonsense",
    "[]",
    "null",
    '{"type":"ping"',
    '{"type":"shout","ref":1}',
    '{"type":"subscribe","raidId":"42"}',
    '{"type":"subscribe","raidId":-1}',
    '{"type":"ping","ref":{}}',
    '{"type":"ping","type":"ping"}',
    "[" * 8000,
    '{"a":' * 3000,
    b"\xff\xfe",
    b'{"type":"ping"}',
    '{"type":"contribute","raidId":1e400,"xp":1}',
]


async def test_broken_frames_are_told_and_the_socket_goes_on(server: Served) -> None:
    person = await server.people.person()
    async with server.socket(person, "/ws") as socket:
        for broken in BROKEN:
            await socket.send(broken)
            assert (await hear(socket, "error"))["code"] in (
                "bad_frame",
                "unknown_type",
                "validation_failed",
                "duplicate_field",
            )
        await say(socket, type="ping", ref="still here")
        assert await hear(socket, "reply") == {"type": "reply", "ref": "still here", "ok": True}


async def test_a_frame_that_is_too_large_closes_with_1009(server: Served) -> None:
    person = await server.people.person()
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="ping", ref=1, padding="x" * (16 * 1024 - 100))
        await hear(socket, "reply")
        await say(socket, type="ping", ref=2, padding="x" * 16 * 1024)
        assert await close_code(socket) == 1009
