"""SSE over real sockets: the verdict, resuming, who may watch, and every way in which a stream ends."""

import contextlib
import functools
import socket
from collections.abc import Iterator

import pytest
from redis.asyncio import Redis

from realtime.ending import Ending
from realtime.frames import EventFrame
from realtime.hub import HubSettings
from realtime.topics import RaidTopic
from server.settings import Settings
from tests.conftest import Launch
from tests.end_to_end.client import client_of
from tests.helpers import eventually
from tests.server.people import People, Person, code_of
from tests.server.serving import WAYS, Served, served
from tests.server.watching import contribute, watching


async def test_a_stream_begins_with_a_comment_a_pause_and_its_verdict(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with watching(person, raid["id"]) as stream:
        headers = stream.answer.headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-store" in headers["cache-control"]
        assert "no-transform" in headers["cache-control"]
        assert headers["x-accel-buffering"] == "no"
        begin, raw = b"", stream.answer.aiter_raw()
        while b"event: snapshot" not in begin:
            begin += await anext(raw)
        assert begin.startswith(b": raidline\nretry: ")
        assert b"\n\nevent: hello\ndata: " in begin


async def test_what_a_post_answers_is_what_the_stream_tells(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with watching(person, raid["id"]) as stream:
        await stream.next("snapshot")
        answer = await contribute(person, raid, 7)
        _, cursor, data = await stream.next()
        assert cursor == answer["cursor"]
        assert f'"contributionId":"{answer["contributionId"]}"' in data


async def test_who_resumes_gets_what_was_missed(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    cursors = [(await contribute(person, raid))["cursor"] for _ in range(4)]
    for query, headers in [
        (f"?lastEventId={cursors[1]}", {}),
        (f"?last_event_id={cursors[1]}", {}),
        ("", {"Last_Event_ID": cursors[1]}),
        (f"?lastEventId={cursors[3]}", {"Last_Event_ID": cursors[1]}),
    ]:
        async with watching(person, raid["id"], query, **headers) as stream:
            assert f'"from":"{cursors[1]}"' in (await stream.next("hello"))[2]
            assert [(await stream.next())[1] for _ in range(2)] == cursors[2:]


@pytest.mark.parametrize("cursor", ["nonsense", "1-1", "999999999999-1", "%00", "-", "%F0%9F%8E%B2"])
async def test_a_bad_cursor_is_a_reset(server: Served, cursor: str) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with watching(person, raid["id"], f"?lastEventId={cursor}") as stream:
        assert '"recovered":"reset"' in (await stream.next())[2]
        assert (await stream.next())[0] == "snapshot"


async def test_a_raid_that_is_not_the_callers_is_not_there(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    raid = await person.starts_raid()
    assert code_of(await stranger.get(f"/raids/{raid['id']}/stream")) == (404, "not_found")
    assert code_of(await stranger.get("/raids/999999/stream")) == (404, "not_found")
    nobody = await server.people.client.get(f"/api/v1/raids/{raid['id']}/stream")
    assert code_of(nobody) == (401, "unauthenticated")
    assert server.hub.stream_count == 0


async def test_a_public_raid_is_shown_without_its_invite_code(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(public=True)
    for reader, sees_code in ((person, True), (stranger, False)):
        async with watching(reader, raid["id"]) as stream:
            assert ("inviteCode" in (await stream.next("snapshot"))[2]) is sees_code


async def test_head_is_answered_and_does_not_hang(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    answer = await person.call("HEAD", f"/raids/{raid['id']}/stream")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (await person.call("HEAD", "/raids/999999/stream")).status_code == 404
    assert server.hub.stream_count == 0


async def test_a_client_that_goes_away_leaves_nothing_behind(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    for _ in range(3):
        async with watching(person, raid["id"]) as stream:
            await stream.next("snapshot")
            assert server.hub.online(raid["id"]) == {person.id}
    await eventually(lambda: server.hub.stream_count == 0)
    assert server.hub.online(raid["id"]) == set()


async def test_is_online_is_who_watches(server: Served) -> None:
    person, friend = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(friend)
    async with watching(person, raid["id"]) as stream:
        await stream.next("snapshot")
        members = (await friend.get(f"/raids/{raid['id']}")).json()["members"]
        assert {member["userId"]: member["isOnline"] for member in members} == {
            person.id: True,
            friend.id: False,
        }


async def test_ending_a_session_ends_its_streams_at_once(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with watching(person, raid["id"]) as stream:
        await stream.next("snapshot")
        assert (await person.call("DELETE", "/sessions/current")).status_code in (200, 204)
        assert await stream.rest() == []
    assert code_of(await person.get(f"/raids/{raid['id']}/stream")) == (401, "unauthenticated")


async def test_who_leaves_is_told_and_then_sees_no_more(server: Served) -> None:
    person, friend = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(friend)
    async with watching(friend, raid["id"]) as stream:
        await stream.next("snapshot")
        assert (await friend.post(f"/raids/{raid['id']}/leave")).status_code == 200
        assert await stream.rest() == ["member_leave"]


async def test_who_is_removed_sees_no_more(server: Served) -> None:
    person, friend = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(friend)
    async with watching(friend, raid["id"]) as stream:
        await stream.next("snapshot")
        assert (await person.call("DELETE", f"/raids/{raid['id']}/members/{friend.id}")).status_code == 200
        assert await stream.rest() == ["member_leave"]


async def test_strangers_see_no_more_of_a_raid_that_becomes_private(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(public=True)
    async with watching(stranger, raid["id"]) as stream:
        await stream.next("snapshot")
        assert (await person.call("PATCH", f"/raids/{raid['id']}", {"public": False})).status_code == 200
        assert await stream.rest() == ["raid_update"]


async def test_a_server_that_ends_sends_its_streams_elsewhere(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with watching(person, raid["id"]) as stream:
        await stream.next("snapshot")
        server.hub.drain()
        assert await stream.rest() == ["goaway"]
    answer = await person.get(f"/raids/{raid['id']}/stream")
    assert code_of(answer) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_process_told_to_end_says_goodbye_and_ends_soon(launch: Launch) -> None:
    process = await launch()
    async with client_of(process.url) as client:
        person = await People(client).person()
        raid = await person.starts_raid()
        async with watching(person, raid["id"]) as stream:
            await stream.next("snapshot")
            process.process.terminate()
            assert await stream.rest() == ["goaway"]
    assert await process.ended() == 0
    assert "graceful shutdown exceeded" not in process.output


async def test_a_lost_subscription_is_told_and_nothing_is_missed(server: Served, redis_url: str) -> None:
    person = await server.people.person()
    raid = await person.starts_raid(targetTasks=1000)
    async with watching(person, raid["id"]) as stream, Redis.from_url(redis_url) as redis:
        await stream.next("snapshot")
        cursors = [(await contribute(person, raid))["cursor"]]
        await redis.client_kill_filter(_type="pubsub")
        cursors += [(await contribute(person, raid))["cursor"] for _ in range(8)]
        told = [await stream.next() for _ in range(len(cursors) + 2)]
        assert [cursor for _, cursor, _ in told if cursor] == cursors
        statuses = [data for event, _, data in told if event == "status"]
        assert ['"live":true' in data for data in statuses] == [False, True]


async def test_more_streams_than_allowed_are_told_to_come_later(settings: Settings) -> None:
    async with served(settings.model_copy(update={"max_connections": 1})) as server:
        person = await server.people.person()
        raid = await person.starts_raid()
        async with watching(person, raid["id"]) as stream:
            await stream.next("snapshot")
            answer = await person.get(f"/raids/{raid['id']}/stream")
            assert code_of(answer) == (503, "unavailable")
            assert "retry-after" in answer.headers


async def test_an_idle_stream_hears_the_heartbeat_and_the_head(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.services.HubSettings", functools.partial(HubSettings, heartbeat=0.1))
    async with served(settings) as server:
        person = await server.people.person()
        raid = await person.starts_raid()
        async with watching(person, raid["id"]) as stream:
            _, cursor, data = await stream.next("sync")
            assert cursor == ""
            head = (await person.get(f"/raids/{raid['id']}")).json()["cursor"]
            assert f'"head":"{head}"' in data


@pytest.mark.parametrize("plain", WAYS)
async def test_who_does_not_read_is_cut_off_and_the_others_never_notice(
    settings: Settings, plain: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    patient = functools.partial(HubSettings, heartbeat=0.2, slow_limit=0.4)
    monkeypatch.setattr("server.services.HubSettings", patient)
    async with served(settings, plain=plain) as server:
        person = await server.people.person()
        raid = await person.starts_raid()
        with deaf_client(server, person, raid["id"]):
            await eventually(lambda: server.hub.stream_count == 1)
            async with watching(person, raid["id"]) as stream:
                await stream.next("snapshot")
                channel = server.hub._channels.find(RaidTopic(raid["id"]))
                assert channel is not None
                deaf = next(iter(channel.subscribers)).stream
                while deaf.outlet.parked_since is None and deaf.ended is None:
                    # More than the kernel takes in for somebody who never reads.
                    channel.say(EventFrame(raid["id"], "noise", b'"%s"' % (b"x" * 60_000)))
                    await stream.next("noise")
                answer = await contribute(person, raid)
                assert (await stream.next("contribution"))[1] == answer["cursor"]
                await eventually(lambda: server.hub.stream_count == 1)
                assert deaf.ended is Ending.TOO_SLOW
                # Had its request merely ended, uvicorn would say so and wait for the client to read.
                assert "without completing" not in caplog.text


@contextlib.contextmanager
def deaf_client(server: Served, person: Person, raid_id: int) -> Iterator[None]:
    """A client that asks for a stream and never reads it."""
    host, port = server.url.removeprefix("http://").split(":")
    request = [
        f"GET /api/v1/raids/{raid_id}/stream HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Bearer {person.token}",
    ]
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((host, int(port)))
        connection.sendall("\r\n".join([*request, "", ""]).encode())
        yield
