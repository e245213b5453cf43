"""The caller's own events over real sockets, from the outbox to the stream, and unlocks shown to the raid."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
from redis.asyncio import Redis

from persistence.rows import OutboxRow
from raidline.ids import UserId
from realtime.own_log import OwnLogs
from server.services import Services, open_services
from server.settings import Settings
from tests.faults.stage import own_services
from tests.helpers import eventually, next_millisecond
from tests.server.people import People, Person, code_of
from tests.server.serving import Served, hear, say, served
from tests.server.watching import Stream, contribute, watching

AT = "2026-11-21T10:00:00.000Z"
ACHIEVEMENT = {"id": 9, "name": "Night owl", "description": "Up late", "category": "", "group": "owl", "tier": "gold"}
MASKED = {**ACHIEVEMENT, "name": None, "description": None}


@contextlib.asynccontextmanager
async def following(person: Person, cursor: str | None = None) -> AsyncIterator[Stream]:
    headers = {"Authorization": f"Bearer {person.token}"}
    if cursor is not None:
        headers["Last-Event-ID"] = cursor
    async with person.client.stream("GET", "/api/v1/me/stream", headers=headers) as answer:
        assert answer.status_code == 200
        yield Stream(answer)


def streak(person: Person, current: int) -> dict[str, Any]:
    data = {"at": AT, "current": current, "longest": current, "day": "2026-11-21", "state": "active"}
    return {"userId": person.id, "raidId": None, "event": "streak", "data": data}


def unlock(person: Person, raid_id: int) -> dict[str, Any]:
    data = {"at": AT, "userId": person.id, "achievement": ACHIEVEMENT, "unlockedAt": AT}
    shown = {**data, "achievement": MASKED}
    return {"userId": person.id, "raidId": raid_id, "event": "achievement_unlocked", "data": data, "shown": shown}


def row(number: int, *events: dict[str, Any], people: Sequence[int] = ()) -> OutboxRow:
    return OutboxRow(number, "progress", orjson.dumps({"people": people, "events": events, "boards": {}}))


def services_of(server: Served) -> Services:
    services: Services = server.app.state.services
    return services


async def test_a_first_visit_gets_what_me_answers_and_then_events(server: Served) -> None:
    person, other = await server.people.person(), await server.people.person()
    async with following(person) as stream:
        assert stream.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        _, no_id, hello = await stream.next("hello")
        assert no_id == ""
        assert json.loads(hello).keys() == {"at", "recovered", "head", "from"}
        _, cursor, data = await stream.next("snapshot")
        assert cursor == json.loads(hello)["head"]
        snapshot = json.loads(data)
        assert snapshot.keys() >= {"userId", "at", "id", "name", "tz", "level", "xp", "credits", "streak"}
        assert (snapshot["userId"], snapshot["name"], snapshot["level"]) == (person.id, person.name, 1)
        await services_of(server).notifier.send([row(1, streak(other, 1), streak(person, 1), streak(person, 2))])
        told = [await stream.next() for _ in range(2)]
        assert [json.loads(data)["current"] for _, _, data in told] == [1, 2]
        epoch, seq = cursor.split("-")
        assert [one for _, one, _ in told] == [f"{epoch}-{int(seq) + 1}", f"{epoch}-{int(seq) + 2}"]


async def test_what_is_told_twice_and_by_two_at_once_comes_once(server: Served, settings: Settings) -> None:
    person, friend = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(friend, targetXp=10_000)
    rows = [row(number, streak(person, number), unlock(person, raid["id"])) for number in range(1, 6)]
    async with (
        open_services(settings) as other,
        following(person) as own,
        watching(friend, raid["id"]) as shown,
    ):
        await own.next("snapshot")
        await shown.next("snapshot")
        await asyncio.gather(*(one.notifier.send(rows) for one in (services_of(server), other) for _ in range(3)))
        await services_of(server).notifier.send([row(6, streak(person, 6), unlock(person, raid["id"]))])
        told = [await own.next() for _ in range(12)]
        assert [json.loads(data)["current"] for event, _, data in told if event == "streak"] == [1, 2, 3, 4, 5, 6]
        assert [event for event, _, _ in told].count("achievement_unlocked") == 6
        await contribute(person, raid)
        seen = [await shown.next() for _ in range(7)]
        assert [event for event, _, _ in seen] == ["achievement_unlocked"] * 6 + ["contribution"]


async def test_an_unlock_reaches_the_raid_without_an_id_and_secrets_masked(server: Served) -> None:
    person, friend = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(friend, targetXp=10_000)
    async with watching(friend, raid["id"]) as stream, following(person) as own:
        await stream.next("snapshot")
        cursor = (await contribute(person, raid))["cursor"]
        await services_of(server).notifier.send([row(99, unlock(person, raid["id"]))])
        after = (await contribute(person, raid))["cursor"]
        seen = [await stream.next() for _ in range(3)]
        assert [(event, one) for event, one, _ in seen] == [
            ("contribution", cursor), ("achievement_unlocked", ""), ("contribution", after),
        ]  # fmt: skip
        shown = json.loads(seen[1][2])
        assert shown == {"raidId": raid["id"], "at": AT, "userId": person.id, "achievement": MASKED, "unlockedAt": AT}
        _, own_id, data = await own.next("achievement_unlocked")
        assert own_id
        assert json.loads(data)["achievement"] == ACHIEVEMENT


async def test_who_resumes_after_a_restart_of_the_server_gets_what_was_missed(settings: Settings) -> None:
    async with served(settings) as server:
        person = await server.people.person()
        async with following(person) as stream:
            await services_of(server).notifier.send([row(1, streak(person, 1))])
            _, cursor, _ = await stream.next("streak")
    async with open_services(settings) as elsewhere:
        await elsewhere.notifier.send([row(2, streak(person, 2)), row(3, streak(person, 3))])
    async with served(settings) as server:
        person = server.people.with_token(person)
        async with following(person, cursor) as stream:
            assert '"recovered":"full"' in (await stream.next())[2]
            assert [json.loads((await stream.next())[2])["current"] for _ in range(2)] == [2, 3]
        async with following(person, "1-1") as stream:
            assert '"recovered":"reset"' in (await stream.next())[2]
            assert (await stream.next())[0] == "snapshot"


async def test_the_epoch_rises_when_redis_lost_everything(server: Served, redis_url: str) -> None:
    person = await server.people.person()
    async with following(person) as stream, Redis.from_url(redis_url) as redis:
        _, before, _ = await stream.next("snapshot")
        await next_millisecond(redis)
        await redis.flushall()
        await services_of(server).notifier.send([row(1, streak(person, 1))])
        assert '"recovered":"reset"' in (await stream.next("hello"))[2]
        _, after, _ = await stream.next("snapshot")
        assert int(after.split("-")[0]) > int(before.split("-")[0])
    async with following(person, before) as stream:
        assert '"recovered":"reset"' in (await stream.next("hello"))[2]


async def test_it_ends_with_its_session(server: Served) -> None:
    person = await server.people.person()
    async with following(person) as stream:
        await stream.next("snapshot")
        assert (await person.call("DELETE", "/sessions/current")).status_code == 204
        assert await stream.rest() == []
    assert code_of(await person.get("/me/stream")) == (401, "unauthenticated")
    assert code_of(await server.people.admin.get("/me/stream")) == (403, "user_required")
    await eventually(lambda: server.hub.stream_count == 0)


async def test_a_server_that_ends_says_goodbye(server: Served) -> None:
    person = await server.people.person()
    async with following(person) as stream:
        await stream.next("snapshot")
        server.hub.drain()
        event, _, data = await stream.next()
        assert event == "goaway"
        assert "raidId" not in json.loads(data)


async def test_a_socket_follows_its_own_events_beside_raids(server: Served) -> None:
    person = await server.people.person()
    raid = await person.starts_raid()
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="subscribe", ref=1, raidId=raid["id"])
        await hear(socket, "reply")
        await say(socket, type="subscribe", ref=2, own=True)
        hello = await hear(socket, "hello")
        assert "raidId" not in hello
        assert hello["data"]["recovered"] == "none"
        assert (await hear(socket, "reply")) == {"type": "reply", "ref": 2, "ok": True, "own": True}
        await services_of(server).notifier.send([row(1, streak(person, 1))])
        event = await hear(socket, "streak")
        assert event["data"]["current"] == 1
        assert event["id"] == hello["data"]["head"][:-1] + "1"
        await say(socket, type="subscribe", ref=3, own=True)
        assert (await hear(socket, "error"))["code"] == "already_subscribed"
        await say(socket, type="unsubscribe", ref=4, own=True)
        assert (await hear(socket, "reply"))["own"] is True
        await say(socket, type="unsubscribe", ref=5, own=True)
        assert (await hear(socket, "error"))["code"] == "not_subscribed"


async def test_a_row_that_cannot_be_told_stays_and_holds_up_no_other(server: Served, database_url: str) -> None:
    person = await server.people.person()
    ledger = await asyncpg.connect(database_url)
    insert = "INSERT INTO outbox (topic, payload) VALUES ('progress', $1::jsonb) RETURNING id"
    good = row(0, streak(person, 1), people=[person.id]).payload.decode()
    ids = [await ledger.fetchval(insert, payload) for payload in ('{"people": [1]}', good)]
    rows = await services_of(server).ledger.send_outbox(0, 10)
    await services_of(server).notifier.send(rows)
    assert [one["id"] for one in await ledger.fetch("SELECT id FROM outbox")] == ids[:1]
    page = await OwnLogs(services_of(server).scripted).read(UserId(person.id), None)
    assert page.head.seq == 1
    await ledger.close()


async def test_a_thousand_people_in_one_row(server: Served) -> None:
    events = [streak(Person(server.people.client, number, "", ""), number) for number in range(1, 1001)]
    await services_of(server).notifier.send([row(1, *events, people=list(range(1, 1001)))])
    heads = await OwnLogs(services_of(server).scripted).heads([UserId(number) for number in range(1, 1001)])
    assert len(heads) == 1000
    assert {head.seq for head in heads.values()} == {1}


async def test_while_the_ledger_is_away_who_resumes_goes_on(service_folder: Path) -> None:
    async with own_services(service_folder) as stage:
        server = await stage.web()
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            person = await People(client).person()
            async with following(person) as stream:
                _, cursor, _ = await stream.next("snapshot")
            await stage.postgres.stop()
            async with following(person, cursor) as stream:
                assert '"recovered":"full"' in (await stream.next("hello"))[2]
            assert code_of(await person.get("/me/stream")) == (503, "unavailable")
