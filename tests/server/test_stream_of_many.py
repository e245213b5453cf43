"""Several raids and one's own events on one SSE connection, over real sockets and services."""

import functools
import json

import orjson
import pytest
from redis.asyncio import Redis

from persistence.rows import OutboxRow
from realtime.heartbeat import Heartbeat
from realtime.hub import HubSettings
from realtime.keys import raid_key
from server.settings import Settings
from tests.helpers import eventually
from tests.realtime.many import Many
from tests.server.following_many import OWN, following_many
from tests.server.people import Person, code_of
from tests.server.serving import Served, served
from tests.server.watching import contribute


async def tell_streak(server: Served, person: Person, current: int) -> None:
    data = {"at": "2026-11-21T10:00:00.000Z", "current": current, "longest": current, "day": "2026-11-21"}
    event = {"userId": person.id, "raidId": None, "event": "streak", "data": {**data, "state": "active"}}
    row = OutboxRow(current, "progress", orjson.dumps({"people": [], "events": [event], "boards": {}}))
    await server.app.state.services.notifier.send([row])


async def test_every_log_begins_with_its_own_hello_and_snapshot(server: Served) -> None:
    person = await server.people.person()
    first, second = await person.starts_raid(), await person.starts_raid()
    async with following_many(person, first["id"], second["id"]) as stream:
        assert stream.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        await stream.cursor_moves()
        assert stream.raw.startswith(b": raidline\nretry: ")
        for log in (OWN, first["id"], second["id"]):
            assert [told.event for told in stream.many.of(log)] == ["hello", "snapshot"]
            assert stream.many.verdicts(log) == ["none"]
        hello = stream.many.last("hello", OWN)
        assert hello.keys() == {"at", "recovered", "head", "from"}
        assert stream.many.last("snapshot", OWN)["name"] == person.name
        assert stream.many.last("snapshot", first["id"])["id"] == first["id"]
    stream.many.assert_seamless()


async def test_events_carry_no_id_and_a_cursor_of_all_follows_each_write(server: Served) -> None:
    person = await server.people.person()
    first, second = await person.starts_raid(), await person.starts_raid()
    async with following_many(person, first["id"], second["id"]) as stream:
        await stream.cursor_moves()
        before, begun = stream.many.cursor, len(stream.raw)
        answer = await contribute(person, first, 7)
        assert (await stream.until_told("contribution", first["id"])) == {
            **json.loads(stream.raw[begun:].split(b"data: ")[1].split(b"\n")[0]),
            "seq": answer["seq"],
        }
        await stream.cursor_moves()
        text = stream.raw[begun:].decode()
        assert text.startswith("event: contribution\ndata: {")
        assert text.endswith(f"\n\nid: {stream.many.cursor}\n\n")
        assert before is not None
        assert stream.many.cursor is not None
        assert len(stream.many.cursor) < 40


@pytest.mark.parametrize("in_query", [False, True])
async def test_all_logs_resume_by_one_cursor(server: Served, in_query: bool) -> None:
    person = await server.people.person()
    raids = [await person.starts_raid(targetTasks=1000) for _ in range(3)]
    ids, many = [raid["id"] for raid in raids], Many()
    async with following_many(person, *ids, many=many) as stream:
        await stream.cursor_moves()
        for raid in raids:
            await contribute(person, raid)
        await stream.until(lambda many: all(many.seqs(raid_id) for raid_id in ids))
        await stream.cursor_moves()
    for _ in range(4):
        for raid in raids[:2]:
            await contribute(person, raid)
    await tell_streak(server, person, 1)
    async with following_many(person, *ids, many=many, in_query=in_query) as stream:
        await stream.cursor_moves()
        assert [many.verdicts(log) for log in (OWN, *ids)] == [["none", "full"]] * 4
        assert [len(many.seqs(raid_id)) for raid_id in ids] == [5, 5, 1]
        # The ledger's own news of these contributions may come before it.
        await stream.until(lambda many: any(told.data.get("state") == "active" for told in many.of(OWN)))
    many.assert_seamless()


async def test_a_raid_that_the_cursor_does_not_know_begins_and_one_not_asked_for_is_ignored(server: Served) -> None:
    person = await server.people.person()
    first, second, third = [await person.starts_raid() for _ in range(3)]
    many = Many()
    async with following_many(person, first["id"], second["id"], many=many) as stream:
        await stream.cursor_moves()
    async with following_many(person, second["id"], third["id"], many=many) as stream:
        await stream.cursor_moves()
    assert many.verdicts(first["id"]) == ["none"]
    assert many.verdicts(second["id"]) == ["none", "full"]
    assert many.verdicts(third["id"]) == ["none"]
    many.assert_seamless()


async def test_a_cursor_that_cannot_be_read_is_a_reset_of_all(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    for cursor in ("nonsense", "7-1", "p!", "pAAAA", "q", "p" + "A" * 5000, "%F0%9F%8E%B2"):
        async with following_many(person, raid["id"], many=Many(cursor)) as stream:
            await stream.cursor_moves()
            assert stream.many.verdicts(OWN) == stream.many.verdicts(raid["id"]) == ["reset"]
            assert [told.event for told in stream.many.of(raid["id"])] == ["hello", "snapshot"]


async def test_without_raids_only_ones_own_events_come(server: Served) -> None:
    person = await server.people.person()
    async with following_many(person) as stream:
        await stream.cursor_moves()
        assert {told.raid_id for told in stream.many.told} == {OWN}
        await tell_streak(server, person, 3)
        assert (await stream.until_told("streak", OWN))["current"] == 3


async def test_who_has_no_user_gets_raids_only(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid(public=True)
    admin = server.people.admin
    async with following_many(admin, raid["id"]) as stream:
        await stream.cursor_moves()
        assert [told.raid_id for told in stream.many.told] == [raid["id"]] * 2
    assert code_of(await admin.get("/stream")) == (403, "user_required")


async def test_a_bad_list_is_refused_by_name(server: Served) -> None:
    person = await server.people.person()
    for raids in ("x", "1,", ",", "1,,2", "-1", "0", "1.5", "1 2", "%0a1", "9" * 19, "1&raids=2", "²"):
        answer = await person.get(f"/stream?raids={raids}")
        assert code_of(answer) == (422, "validation_failed")
        assert answer.json()["errors"][0]["field"] == "raids"


async def test_at_most_fifty_raids_each_counted_once(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    answer = await person.get("/stream?raids=" + ",".join(map(str, range(1, 52))))
    assert code_of(answer) == (422, "validation_failed")
    async with following_many(person, *[raid["id"]] * 60) as stream:
        await stream.cursor_moves()
        assert stream.many.verdicts(raid["id"]) == ["none"]


async def test_what_may_not_be_seen_is_told_and_the_others_go_on(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    own, foreign = await person.starts_raid(), await stranger.starts_raid()
    async with following_many(person, foreign["id"], own["id"], 999_999) as stream:
        gone = await stream.until_told("gone", foreign["id"])
        assert gone == {**await stream.until_told("gone", 999_999), "raidId": foreign["id"], "at": gone["at"]}
        assert gone["code"] == "no_permission"
        assert [told.event for told in stream.many.of(foreign["id"])] == ["gone"]
        await stream.cursor_moves()
        await contribute(person, own)
        await stream.until_told("contribution", own["id"])


async def test_a_raid_that_is_made_private_midway_is_told_and_the_others_go_on(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    hidden, shown = await person.starts_raid(public=True), await person.starts_raid(public=True)
    many = Many()
    async with following_many(stranger, hidden["id"], shown["id"], many=many) as stream:
        await stream.cursor_moves()
        await person.call("PATCH", f"/raids/{hidden['id']}", {"public": False})
        await stream.until_told("gone", hidden["id"])
        assert [told.event for told in many.of(hidden["id"])] == ["hello", "snapshot", "raid_update", "gone"]
        await contribute(person, hidden)
        await contribute(person, shown)
        await stream.until_told("contribution", shown["id"])
        await stream.cursor_moves()
    async with following_many(stranger, hidden["id"], shown["id"], many=many) as stream:
        await stream.until_told("gone", hidden["id"], times=2)
        await stream.until_told("hello", shown["id"], times=2)
    assert many.verdicts(shown["id"]) == ["none", "full"]
    await person.call("PATCH", f"/raids/{hidden['id']}", {"public": True})
    async with following_many(stranger, hidden["id"], shown["id"], many=many) as stream:
        await stream.until_told("snapshot", hidden["id"], times=2)
    assert many.verdicts(hidden["id"]) == ["none", "none"]
    many.assert_seamless()


async def test_another_epoch_of_one_raid_begins_only_that_anew(server: Served, redis_url: str) -> None:
    person = await server.people.person()
    first, second = await person.starts_raid(), await person.starts_raid()
    many = Many()
    async with (
        following_many(person, first["id"], second["id"], many=many) as stream,
        Redis.from_url(redis_url) as redis,
    ):
        await stream.cursor_moves()
        await redis.hset(raid_key(first["id"], "state"), "frozen", "x")
        await contribute(person, first)
        await stream.until_told("snapshot", first["id"], times=2)
        await contribute(person, second)
        await stream.until_told("contribution", second["id"])
        await stream.cursor_moves()
    async with following_many(person, first["id"], second["id"], many=many) as stream:
        await stream.until_told("hello", first["id"], times=3)
        await stream.until_told("hello", second["id"], times=2)
    assert many.verdicts(first["id"]) == ["none", "reset", "full"]
    assert many.verdicts(second["id"]) == ["none", "full"]


async def test_it_ends_with_its_session(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with following_many(person, raid["id"]) as stream:
        await stream.cursor_moves()
        assert (await person.call("DELETE", "/sessions/current")).status_code == 204
        told = len(stream.many.told)
        await stream.rest()
        # That its reader is online may have been on its way.
        assert {one.event for one in stream.many.told[told:]} <= {"presence"}
    assert code_of(await person.get("/stream")) == (401, "unauthenticated")
    await eventually(lambda: server.hub.stream_count == 0)


async def test_a_server_that_ends_says_goodbye_once(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with following_many(person, raid["id"]) as stream:
        await stream.cursor_moves()
        server.hub.drain()
        await stream.rest()
        assert [told.event for told in stream.many.told].count("goaway") == 1
        assert stream.many.told[-1].data["retryMs"] > 0
        assert "raidId" not in stream.many.told[-1].data


async def test_a_heartbeat_is_one_comment_and_a_head_of_each_log_in_one_write(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = 0
    beat = Heartbeat._beat

    async def counted(heartbeat: Heartbeat) -> None:
        nonlocal beats
        beats += 1
        await beat(heartbeat)

    monkeypatch.setattr(Heartbeat, "_beat", counted)
    monkeypatch.setattr("server.services.HubSettings", functools.partial(HubSettings, heartbeat=0.2))
    async with served(settings) as server:
        person = await server.people.person()
        raids = [await person.starts_raid() for _ in range(3)]
        async with following_many(person, *(raid["id"] for raid in raids)) as stream:
            await stream.cursor_moves()
            begun = len(stream.raw)
            for raid in raids:
                sync = await stream.until_told("sync", raid["id"], times=3)
                assert sync["head"] == (await person.get(f"/raids/{raid['id']}")).json()["cursor"]
            assert 3 <= stream.raw.count(b": heartbeat") <= beats
            assert b"id: " not in stream.raw[begun:]


async def test_who_follows_nothing_that_is_there_still_hears_the_heartbeat(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.services.HubSettings", functools.partial(HubSettings, heartbeat=0.1))
    async with served(settings) as server, following_many(server.people.admin, 999_999) as stream:
        await stream.until_told("gone", 999_999)
        await stream.until(lambda many: stream.raw.count(b": heartbeat") >= 2)


async def test_a_lost_subscription_is_told_of_each_log_and_nothing_is_missed(server: Served, redis_url: str) -> None:
    person = await server.people.person()
    raids = [await person.starts_raid(targetTasks=1000) for _ in range(2)]
    ids = [raid["id"] for raid in raids]
    async with following_many(person, *ids) as stream, Redis.from_url(redis_url) as redis:
        await stream.cursor_moves()
        await redis.client_kill_filter(_type="pubsub")
        for raid in raids * 4:
            await contribute(person, raid)
        await stream.until(lambda many: all(len(many.seqs(one)) == 4 for one in ids))
        await stream.until(lambda many: all(many.last("status", one)["live"] for one in ids if many.of(one)))
    stream.many.assert_seamless()


async def test_head_is_answered_and_does_not_hang(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    answer = await person.call("HEAD", f"/stream?raids={raid['id']}")
    assert answer.status_code == 200
    assert server.hub.stream_count == 0
