"""The life of a raid as its people live it: in, out, handed over, called off, too late, seen by strangers."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
import redis.asyncio

from raidline.ids import RaidId
from realtime.keys import RAIDS_DEADLINES, raid_key
from tests.conftest import Launch
from tests.end_to_end.client import at, client_of, rows, servers, watchers
from tests.end_to_end.event_log import shape
from tests.helpers import eventually
from tests.server.people import People, Person, code_of


@pytest.fixture
async def server(launch: Launch) -> AsyncIterator[People]:
    async with servers(launch, 1) as (people,):
        yield people


async def answered(call: Any, status: int = 200) -> dict[str, Any]:
    answer: httpx.Response = await call
    assert answer.status_code == status, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def test_lead_leaving_and_removal_are_told_to_all_and_held_by_the_ledger(
    server: People, database_url: str
) -> None:
    leader, second, third, late = [await server.person() for _ in range(4)]
    raid = await leader.starts_raid(second, third, openJoin=True, maxMembers=4)
    path = f"/raids/{raid['id']}"
    async with watchers(raid["id"], (third, "ws"), (third, "sse")) as watching:
        await answered(second.post(f"{path}/contributions", {"xp": 5}), 201)
        left = await answered(leader.post(f"{path}/leave"))
        assert left == {"raidId": raid["id"], "userId": leader.id, "left": True}, "and nothing of the raid"
        assert (await answered(second.get(path)))["leaderId"] == second.id, "the longest-standing member leads now"
        assert await answered(leader.post(f"{path}/leave")) == left, "again: the same answer"
        assert code_of(await leader.get(path)) == (404, "not_found")
        assert code_of(await third.post(f"{path}/lead", {"userId": third.id})) == (403, "not_leader")
        handed = await answered(second.post(f"{path}/lead", {"userId": third.id}))
        assert handed["leaderId"] == third.id
        assert code_of(await third.post(f"{path}/lead", {"userId": late.id})) == (404, "unknown_member")
        out = await answered(third.call("DELETE", f"{path}/members/{second.id}"))
        assert [one["userId"] for one in out["members"]] == [third.id]
        assert out["currentXp"] == 5, "what was contributed stays"
        joining = {"inviteCode": out["inviteCode"]}
        assert code_of(await second.post("/raids/join", joining)) == (404, "unknown_invite_code")
        gone = await second.post(f"{path}/contributions", {"xp": 5})
        assert code_of(gone)[0] == 404
        back = await answered(leader.post("/raids/join", joining))
        assert back["leaderId"] == third.id
        code = (await answered(third.post(f"{path}/invite-code")))["inviteCode"]
        assert code != joining["inviteCode"]
        assert code_of(await late.post("/raids/join", joining)) == (404, "unknown_invite_code")
        assert (await late.post("/raids/join", {"inviteCode": f" {code.lower()} "})).status_code == 200
        assert (await late.post("/raids/join", {"inviteCode": code})).status_code == 200, "in it already"
        for one in (leader, late):
            await answered(one.post(f"{path}/leave"))
        await answered(third.post(f"{path}/leave"))
        assert [tuple(row) for row in await rows(database_url, "SELECT status, member_count FROM raids")] == [
            ("cancelled", 0)
        ]
        for watcher in watching:
            # Who leaves a raid that is not public hears of it, and no more.
            await eventually(watcher.ended.is_set)
            assert [one["userId"] for one in watcher.log.named("member_leave")] == [
                leader.id, second.id, leader.id, late.id, third.id,
            ]  # fmt: skip
            assert watcher.log.raid["members"] == {}
    states = await rows(database_url, "SELECT user_id, state FROM raid_members")
    assert dict(map(tuple, states)) == {
        leader.id: "left", second.id: "removed", third.id: "left", late.id: "left",
    }  # fmt: skip


async def test_a_raid_can_be_called_off_before_and_while_it_runs(server: People) -> None:
    leader, member = await server.person(), await server.person()
    for raid in (await leader.makes_raid(), await leader.starts_raid(member)):
        path = f"/raids/{raid['id']}"
        assert code_of(await member.post(f"{path}/cancel"))[0] in (403, 404)
        first = await answered(leader.post(f"{path}/cancel"))
        assert first["status"] == "cancelled"
        assert await answered(leader.post(f"{path}/cancel")) == first
        assert code_of(await leader.post(f"{path}/start")) == (409, "raid_ended")
        refused = await member.post("/raids/join", {"inviteCode": raid["inviteCode"]})
        assert refused.status_code == (200 if raid["members"][1:] else 409)
        assert code_of(await leader.post(f"{path}/contributions", {"xp": 1})) == (409, "raid_ended")


async def test_a_raid_fails_at_its_deadline_though_nobody_writes(
    launch: Launch, database_url: str, redis_url: str
) -> None:
    """A machine that stands still for a moment is late that time; who looks too seldom is late each time."""
    async with servers(launch) as (here, there):
        await launch("worker")
        leader = await here.person()
        for _ in range(5):
            late = await _fails_after_its_deadline(leader, at(leader, there), database_url, redis_url)
            assert late >= 0
            if late < 2.0:
                return
    raise AssertionError("never within 2 s")


async def _fails_after_its_deadline(here: Person, there: Person, database_url: str, redis_url: str) -> float:
    """By how many seconds both who watch have heard of it."""
    raid = await here.starts_raid()
    await answered(here.post(f"/raids/{raid['id']}/contributions", {"xp": 3}), 201)
    async with watchers(raid["id"], (here, "sse"), (there, "ws")) as watching:
        deadline = time.time() + 1.5
        await _set_deadline(raid["id"], round(deadline * 1000), database_url, redis_url)
        for one in watching:
            log = await one.until(lambda log: bool(log.named("raid_failed")))
            assert log.named("raid_failed")[0]["reason"] == "deadline"
        late = time.time() - deadline
        end = await answered(there.get(f"/raids/{raid['id']}"))
        assert (end["status"], end["currentXp"]) == ("failed", 3)
        assert {**watching[0].log.raid, "deadline": end["deadline"]} == shape(end)
        refused = await here.post(f"/raids/{raid['id']}/contributions", {"xp": 3})
        assert code_of(refused) == (409, "deadline_passed")
    return late


async def test_whoever_comes_first_after_the_deadline_finds_the_raid_failed(
    server: People, database_url: str, redis_url: str
) -> None:
    """Without a worker: a contribution that is late fails the raid itself, and the ledger has the end."""
    leader = await server.person()
    raid = await leader.starts_raid()
    await _set_deadline(raid["id"], round(time.time() * 1000) - 1, database_url, redis_url)
    answers = await asyncio.gather(*(leader.post(f"/raids/{raid['id']}/contributions", {"xp": 3}) for _ in range(10)))
    assert {code_of(one) for one in answers} == {(409, "deadline_passed")}
    assert (await answered(leader.get(f"/raids/{raid['id']}")))["status"] == "failed"

    async def recorded() -> bool:
        found = await rows(database_url, "SELECT event FROM raid_events WHERE event LIKE 'raid_%' ORDER BY seq")
        return [row["event"] for row in found] == ["raid_start", "raid_failed"]

    await eventually(recorded)


async def _set_deadline(raid_id: int, deadline_ms: int, database_url: str, redis_url: str) -> None:
    """As if the raid had been started just long enough ago."""
    connection = await asyncpg.connect(database_url)
    statement = "UPDATE raids SET deadline = to_timestamp($2::float8 / 1000) WHERE id = $1"
    await connection.execute(statement, raid_id, deadline_ms)
    await connection.close()
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.hset(raid_key(RaidId(raid_id), "state"), "deadline", str(deadline_ms))
        await client.zadd(RAIDS_DEADLINES, {str(raid_id): deadline_ms})


async def test_strangers_find_nothing_of_a_raid_and_everything_of_a_public_one(server: People) -> None:
    leader, stranger = await server.person(), await server.person()
    raid = await leader.starts_raid()
    path = f"/raids/{raid['id']}"
    doors: list[tuple[str, str, Any]] = [
        ("GET", path, None), ("PATCH", path, {"title": "mine"}), ("POST", f"{path}/start", None),
        ("POST", f"{path}/cancel", None), ("POST", f"{path}/leave", None), ("GET", f"{path}/events", None),
        ("POST", f"{path}/lead", {"userId": stranger.id}), ("POST", f"{path}/invite-code", None),
        ("DELETE", f"{path}/members/{leader.id}", None), ("POST", f"{path}/contributions", {"xp": 1}),
        ("GET", f"{path}/contributions", None), ("GET", f"{path}/stream", None),
        ("DELETE", f"{path}/contributions/7d4b1a2e-0000-4000-8000-000000000000", None),
    ]  # fmt: skip
    for method, door, body in doors:
        hidden = await stranger.call(method, door, body)
        nowhere = await stranger.call(method, door.replace(path, "/raids/999999"), body)
        assert code_of(hidden) == code_of(nowhere), (method, door)
        assert hidden.status_code == 404
    listed = await answered(stranger.get("/raids"))
    assert listed["raids"] == []
    ids = {"ids": [raid["id"], raid["id"], 999999]}
    assert await answered(stranger.post("/raids/hydrate", ids)) == {"raids": {str(raid["id"]): None, "999999": None}}

    await answered(leader.call("PATCH", path, {"public": True, "title": "For all to see"}))
    seen = await answered(stranger.get(path))
    assert seen["title"] == "For all to see"
    assert "inviteCode" not in seen
    assert [one["id"] for one in (await answered(stranger.get("/raids")))["raids"]] == [raid["id"]]
    assert (await answered(stranger.get("/raids?mine=true")))["raids"] == []
    both = await answered(stranger.post("/raids/hydrate", ids))
    assert both["raids"][str(raid["id"])]["title"] == "For all to see"
    assert code_of(await stranger.call("PATCH", path, {"title": "mine"})) == (403, "not_leader")
    assert code_of(await stranger.post(f"{path}/contributions", {"xp": 1}))[0] == 404
    async with watchers(raid["id"], (stranger, "sse"), (stranger, "ws")) as watching:
        await answered(leader.call("PATCH", path, {"public": False}))
        for one in watching:
            await eventually(one.ended.is_set)
            assert one.log.raid["public"] is False, "the last word a stranger hears"
    assert code_of(await stranger.get(path)) == (404, "not_found")


async def test_caps_hold_under_concurrency_and_the_batch_tells_each_item_its_own(server: People) -> None:
    leader, member = await server.person(), await server.person()
    raid = await leader.starts_raid(member, targetXp=10**6, maxXpPerContribution=50, maxXpPerMemberPerDay=100)
    path = f"/raids/{raid['id']}/contributions"
    answers = await asyncio.gather(*(member.post(path, {"xp": 30}) for _ in range(20)))
    told = sorted((one.status_code, one.json().get("code", "")) for one in answers)
    assert told == [(201, "")] * 3 + [(422, "daily_cap_reached")] * 17
    assert code_of(await leader.post(path, {"xp": 51})) == (422, "xp_above_cap")
    items: list[Any] = [
        {"raidId": raid["id"], "key": "a", "xp": 50}, {"raidId": raid["id"], "key": "a", "xp": 50},
        {"raidId": raid["id"], "key": "a", "xp": 1}, {"raidId": raid["id"], "key": "b", "xp": 51},
        {"raidId": 999999, "key": "c", "xp": 1}, {"raidId": raid["id"], "key": "d", "xp": -1}, "no item",
        {"raidId": raid["id"], "key": "e", "xp": 50, "occurredAt": "2001-01-01T00:00:00Z"},
        {"raidId": raid["id"], "key": "f", "xp": 50}, {"raidId": raid["id"], "key": "g", "xp": 1},
    ]  # fmt: skip
    results = (await answered(leader.post("/contributions", {"items": items})))["results"]
    assert [(one["status"], one.get("problem", {}).get("code", "")) for one in results] == [
        (201, ""), (200, ""), (422, "idempotency_key_reused"), (422, "xp_above_cap"), (404, "not_found"),
        (422, "validation_failed"), (422, "validation_failed"), (422, "occurred_at_out_of_range"), (201, ""),
        (422, "daily_cap_reached"),
    ]  # fmt: skip
    first, again = results[0]["contribution"], results[1]["contribution"]
    assert (again["contributionId"], again["cursor"]) == (first["contributionId"], first["cursor"])
    # What is taken back makes room under the day's cap again, and may not be taken back twice.
    voided = await answered(leader.call("DELETE", f"{path}/{first['contributionId']}"))
    assert (voided["currentXp"], voided["currentTasks"]) == (140, 4)
    twice = await answered(leader.call("DELETE", f"{path}/{first['contributionId']}"))
    assert twice["cursor"] == voided["cursor"]
    assert (await answered(leader.post(path, {"xp": 50}), 201))["raid"]["currentXp"] == 190


async def test_a_backend_contributes_for_a_member_and_for_nobody_else(server: People) -> None:
    leader, member, outsider = [await server.person() for _ in range(3)]
    backend = await server.person(scopes=("contributions:write", "backdate"))
    raid = await leader.starts_raid(member)
    path = f"/raids/{raid['id']}/contributions"
    body = {"xp": 4, "userId": member.id, "occurredAt": "2001-01-01T12:00:00+14:00"}
    first = await answered(backend.post(path, body, Idempotency_Key="k"), 201)
    assert first["member"] == {"userId": member.id, "xpContributed": 4, "tasksContributed": 1}
    again = await answered(backend.post(path, body, Idempotency_Key="k"))
    assert again["contributionId"] == first["contributionId"]
    refused = await backend.post(path, {**body, "userId": outsider.id})
    assert code_of(refused)[0] == 404
    assert code_of(await leader.post(path, {"xp": 4, "userId": member.id})) == (403, "insufficient_scope")
    assert (await leader.post(path, {"xp": 4, "userId": leader.id})).status_code == 201
    by_admin = await server.admin.post(path, {"xp": 1, "userId": member.id})
    assert by_admin.status_code == 201
    assert code_of(await server.admin.post(path, {"xp": 1})) == (403, "user_required")


async def test_a_session_that_ends_ends_its_streams_on_every_server_at_once(launch: Launch) -> None:
    async with servers(launch) as (here, there):
        leader = await here.person()
        raid = await leader.starts_raid()
        places = [(at(leader, to), via) for to in (here, there) for via in ("sse", "ws", "ws_since")]
        async with watchers(raid["id"], *places) as watching:
            assert (await leader.call("DELETE", "/sessions/current")).status_code == 204
            for one, (_, via) in zip(watching, places, strict=True):
                await eventually(one.ended.is_set)
                assert one.close_code == (None if via == "sse" else 3500)
        async with client_of(str(there.client.base_url)) as client:
            refused = await Person(client, leader.id, leader.token, "").get(f"/raids/{raid['id']}")
            assert refused.status_code == 401
