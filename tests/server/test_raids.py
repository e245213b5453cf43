"""Raids over HTTP: their whole life, who sees them, and what the snapshot's ETag is good for."""

from typing import Any

import pytest

from raidline.ids import Epoch, RaidId
from server.healer import Healer
from tests.server.people import People, code_of

SNAPSHOT_FIELDS = {
    *("id", "title", "description", "status", "public", "openJoin", "inviteCode", "targetXp", "targetTasks"),
    *("currentXp", "currentTasks", "maxMembers", "maxXpPerContribution", "leaderId"),
    *("createdAt", "startedAt", "endedAt", "deadline"),
    *("epoch", "seq", "cursor", "members"),
}


async def test_a_new_raid_is_answered_with_its_snapshot_and_location(people: People) -> None:
    anna = await people.person()
    answer = await anna.post("/raids", {"title": "  Tidy up ", "targetXp": 0, "targetTasks": 5})
    raid = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/raids/{raid['id']}"
    assert raid.keys() == SNAPSHOT_FIELDS
    assert (raid["title"], raid["status"], raid["maxMembers"], raid["leaderId"]) == (
        "Tidy up",
        "recruiting",
        4,
        anna.id,
    )
    assert [member["role"] for member in raid["members"]] == ["leader"]


async def test_every_limit_holds_at_both_ends(people: People) -> None:
    anna = await people.person()
    widest: dict[str, Any] = {
        "title": "t" * 200,
        "description": "d\n\t" * 600,
        "targetXp": 10**12,
        "targetTasks": 10**12,
        "timeLimitHours": 8760,
        "maxMembers": 10_000,
        "maxXpPerContribution": 1_000_000,
        "maxXpPerMemberPerDay": 10**12,
    }
    assert (await anna.post("/raids", widest)).status_code == 201
    for field, value in widest.items():
        beyond = value + ("x" * 201 if field == "description" else "x") if isinstance(value, str) else value + 1
        answer = await anna.post("/raids", {**widest, field: beyond})
        assert code_of(answer) == (422, "validation_failed")
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_raid_that_is_not_public_is_not_there_for_others(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.makes_raid()
    unknown = await ben.get("/raids/999999999")
    hidden = await ben.get(f"/raids/{raid['id']}")
    assert code_of(hidden) == code_of(unknown) == (404, "not_found")
    assert {**hidden.json(), "requestId": ""} == {**unknown.json(), "requestId": ""}


async def test_whatever_an_outsider_tries_the_raid_looks_like_none(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.starts_raid()
    tries = [
        ("POST", "/start", None),
        ("POST", "/leave", None),
        ("POST", "/cancel", None),
        ("POST", "/lead", {"userId": ben.id}),
        ("POST", "/invite-code", None),
        ("PATCH", "", {"title": "mine"}),
        ("DELETE", f"/members/{anna.id}", None),
        ("POST", "/contributions", {"xp": 1}),
        ("GET", "/contributions", None),
        ("GET", "/events", None),
        ("DELETE", "/contributions/00000000-0000-5000-8000-000000000000", None),
    ]
    for method, path, body in tries:
        on_hidden = await ben.call(method, f"/raids/{raid['id']}{path}", body)
        on_nothing = await ben.call(method, f"/raids/999999999{path}", body)
        assert code_of(on_hidden) == code_of(on_nothing) == (404, "not_found"), path


async def test_a_public_raid_is_seen_by_all_but_its_code_only_by_members(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.makes_raid(public=True)
    seen = (await ben.get(f"/raids/{raid['id']}")).json()
    assert seen.keys() == SNAPSHOT_FIELDS - {"inviteCode"}
    assert code_of(await ben.post(f"/raids/{raid['id']}/start")) == (403, "not_leader")


async def test_the_etag_is_the_cursor_and_saves_the_body(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.makes_raid()
    path = f"/raids/{raid['id']}"
    first = await anna.get(path)
    etag = first.headers["etag"]
    assert etag == f'"{first.json()["cursor"]}"'
    assert first.headers["cache-control"] == "private"
    for known in (etag, f"W/{etag}", f'"0-0", {etag}', "*"):
        again = await anna.get(path, If_None_Match=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert code_of(await ben.get(path, If_None_Match=etag)) == (404, "not_found")
    await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    assert (await anna.get(path, If_None_Match=etag)).status_code == 200


async def test_a_raid_from_recruiting_to_completed(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.starts_raid(ben, targetXp=30, targetTasks=2)
    assert (raid["status"], len(raid["members"])) == ("active", 2)
    path = f"/raids/{raid['id']}"
    assert (await anna.post(f"{path}/start")).status_code == 200
    await anna.post(f"{path}/contributions", {"xp": 10})
    last = (await ben.post(f"{path}/contributions", {"xp": 20})).json()
    assert last["raid"] == {
        "status": "completed",
        "currentXp": 30,
        "currentTasks": 2,
        "targetXp": 30,
        "targetTasks": 2,
    }
    assert code_of(await ben.post(f"{path}/contributions", {"xp": 1})) == (409, "raid_ended")
    assert (await anna.get(path)).json()["status"] == "completed"


async def test_joining_twice_and_leaving_twice_answer_the_same(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.makes_raid()
    code = {"inviteCode": raid["inviteCode"].lower()}
    joined = await ben.post("/raids/join", code)
    assert (await ben.post("/raids/join", code)).json() == joined.json()
    left = await ben.post(f"/raids/{raid['id']}/leave")
    assert left.json() == {"raidId": raid["id"], "userId": ben.id, "left": True}
    assert (await ben.post(f"/raids/{raid['id']}/leave")).json() == left.json()


async def test_the_lead_is_handed_over_and_the_code_renewed(people: People) -> None:
    anna, ben, cleo = await people.person(), await people.person(), await people.person()
    raid = await anna.makes_raid()
    path = f"/raids/{raid['id']}"
    await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    assert code_of(await ben.post(f"{path}/lead", {"userId": ben.id})) == (403, "not_leader")
    assert code_of(await anna.post(f"{path}/lead", {"userId": cleo.id})) == (404, "unknown_member")
    assert (await anna.post(f"{path}/lead", {"userId": ben.id})).json()["leaderId"] == ben.id
    assert code_of(await anna.post(f"{path}/invite-code")) == (403, "not_leader")
    fresh = (await ben.post(f"{path}/invite-code")).json()
    assert fresh.keys() == {"inviteCode"}
    assert code_of(await cleo.post("/raids/join", {"inviteCode": raid["inviteCode"]})) == (
        404,
        "unknown_invite_code",
    )
    assert (await cleo.post("/raids/join", fresh)).status_code == 200


async def test_who_is_put_out_is_kept_out(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.makes_raid()
    code, path = {"inviteCode": raid["inviteCode"]}, f"/raids/{raid['id']}/members"
    await ben.post("/raids/join", code)
    assert code_of(await anna.call("DELETE", f"{path}/{anna.id}")) == (422, "leader_cannot_be_removed")
    after = await anna.call("DELETE", f"{path}/{ben.id}")
    assert [member["userId"] for member in after.json()["members"]] == [anna.id]
    assert code_of(await ben.post("/raids/join", code)) == (404, "unknown_invite_code")
    assert code_of(await anna.call("DELETE", f"{path}/999999")) == (404, "unknown_member")


async def test_a_patch_changes_what_it_names_and_nothing_else(people: People) -> None:
    anna = await people.person()
    raid = await anna.makes_raid(description="before", public=True)
    path = f"/raids/{raid['id']}"
    after = (await anna.call("PATCH", path, {"title": "After", "openJoin": True, "unknown": 1})).json()
    assert (after["title"], after["description"], after["openJoin"], after["public"]) == (
        "After",
        "before",
        True,
        True,
    )
    answer = await anna.call("PATCH", path, {"titel": "typo"})
    assert code_of(answer) == (422, "validation_failed")


async def test_hydrate_heals_nothing_that_is_not_there(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would take a lock, a freeze and a transaction, two hundred to a request."""
    healed: list[RaidId] = []

    async def ensure(_healer: Healer, raid_id: RaidId, _least: Epoch) -> None:
        healed.append(raid_id)

    monkeypatch.setattr(Healer, "ensure", ensure)
    anna = await people.person()
    answer = await anna.post("/raids/hydrate", {"ids": [10**12, 10**12 + 1]})
    assert answer.json() == {"raids": {str(10**12): None, str(10**12 + 1): None}}
    assert healed == []


async def test_hydrate_shows_what_may_be_seen_and_null_for_the_rest(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    public, hidden = await anna.makes_raid(public=True), await anna.makes_raid()
    ids = [public["id"], hidden["id"], 999999999, public["id"]]
    raids = (await ben.post("/raids/hydrate", {"ids": ids})).json()["raids"]
    assert list(raids) == [str(public["id"]), str(hidden["id"]), "999999999"]
    assert raids[str(public["id"])]["title"] == public["title"]
    assert raids[str(hidden["id"])] is raids["999999999"] is None
    answer = await ben.post("/raids/hydrate", {"ids": list(range(1, 202))})
    assert code_of(answer) == (422, "validation_failed")


async def test_the_list_goes_from_newest_to_oldest_page_by_page(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    made = [(await anna.makes_raid())["id"] for _ in range(3)]
    public = (await ben.makes_raid(public=True))["id"]
    first = (await anna.get("/raids?limit=3")).json()
    rest = (await anna.get(f"/raids?limit=3&cursor={first['nextCursor']}")).json()
    assert [raid["id"] for raid in first["raids"] + rest["raids"]] == [public, *reversed(made)]
    assert rest["nextCursor"] is None
    mine = (await anna.get("/raids?mine=true&status=recruiting")).json()["raids"]
    assert [raid["id"] for raid in mine] == [*reversed(made)]
    assert (await anna.get("/raids?status=active")).json() == {"raids": [], "nextCursor": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "status=lost", "mine=maybe", "cursor=!", "limit=1&limit=2"]
)
async def test_a_malformed_query_is_refused_by_name(people: People, query: str) -> None:
    answer = await (await people.person()).get(f"/raids?{query}")
    assert code_of(answer) == (422, "validation_failed")
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


async def test_the_log_is_polled_by_cursor(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.makes_raid()
    path = f"/raids/{raid['id']}/events"
    first = (await anna.get(path)).json()
    assert first == {"events": [], "head": raid["cursor"], "recovered": "none"}
    await ben.post("/raids/join", {"inviteCode": raid["inviteCode"]})
    await anna.post(f"/raids/{raid['id']}/start")
    page = (await anna.get(f"{path}?after={first['head']}&limit=1")).json()
    assert page["recovered"] == "full"
    assert [(event["event"], event["data"]["userId"]) for event in page["events"]] == [("member_join", ben.id)]
    rest = (await anna.get(f"{path}?after={page['events'][0]['id']}")).json()
    assert [event["event"] for event in rest["events"]] == ["raid_start"]
    assert rest["events"][0]["id"] == rest["head"] == page["head"]
    for bad in ("1-1", "nonsense", "999999999999-1", f"{raid['epoch']}-99"):
        assert (await anna.get(f"{path}?after={bad}")).json() == {
            "events": [],
            "head": rest["head"],
            "recovered": "reset",
        }
