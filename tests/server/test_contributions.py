"""Contributions over HTTP: every answer there is to one, and the batch of a phone that was offline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.commands import Command
from server.outcomes import Outcome, Unavailable
from tests.server.conftest import OpenServer
from tests.server.people import People, code_of


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


@pytest.mark.usefixtures("one_day")
async def test_the_answer_has_everything_an_app_shows(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid()
    answer = await anna.post(f"/raids/{raid['id']}/contributions", {"xp": 10}, Idempotency_Key="k1")
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["idempotency-key"] == "k1"
    assert body == {
        "contributionId": body["contributionId"],
        "seq": raid["seq"] + 1,
        "cursor": f"{raid['epoch']}-{raid['seq'] + 1}",
        "outcome": "accepted",
        "durable": True,
        "raid": {"status": "active", "currentXp": 10, "currentTasks": 1, "targetXp": 100, "targetTasks": 3},
        "member": {"userId": anna.id, "xpContributed": 10, "tasksContributed": 1},
        "effects": {
            "streak": {"current": 1, "longest": 1, "day": datetime.now(UTC).date().isoformat(), "state": "active"},
            "unlocked": [],
            "rewards": [],
            "level": None,
        },
    }


async def test_a_known_key_has_the_first_answer_again(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid()
    path = f"/raids/{raid['id']}/contributions"
    first = (await anna.post(path, {"xp": 10}, Idempotency_Key="k1")).json()
    again = await anna.post(path, {"xp": 10, "type": "task_complete"}, Idempotency_Key='"k1"')
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert again.headers["idempotency-key"] == "k1"
    for field in ("contributionId", "seq", "cursor", "effects", "durable"):
        assert again.json()[field] == first[field]
    assert again.json()["outcome"] == "duplicate"
    assert code_of(await anna.post(path, {"xp": 11}, Idempotency_Key="k1")) == (422, "idempotency_key_reused")


async def test_without_a_key_the_server_makes_one_and_says_it(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid()
    path = f"/raids/{raid['id']}/contributions"
    first = await anna.post(path, {"xp": 10})
    again = await anna.post(path, {"xp": 10}, Idempotency_Key=first.headers["idempotency-key"])
    assert again.json()["contributionId"] == first.json()["contributionId"]
    refused = await anna.post(path, {"xp": 10**7})
    assert code_of(refused) == (422, "xp_above_cap")
    assert refused.headers["idempotency-key"]


async def test_the_same_key_of_another_member_is_another_contribution(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.starts_raid(ben)
    path = f"/raids/{raid['id']}/contributions"
    assert (await anna.post(path, {"xp": 1}, Idempotency_Key="k")).status_code == 201
    assert (await ben.post(path, {"xp": 2}, Idempotency_Key="k")).status_code == 201


async def test_a_retry_after_leaving_has_the_first_answer(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid = await anna.starts_raid(ben)
    path = f"/raids/{raid['id']}"
    first = await ben.post(f"{path}/contributions", {"xp": 1}, Idempotency_Key="k")
    await ben.post(f"{path}/leave")
    again = await ben.post(f"{path}/contributions", {"xp": 1}, Idempotency_Key="k")
    assert (again.status_code, again.json()["cursor"]) == (200, first.json()["cursor"])
    assert code_of(await ben.post(f"{path}/contributions", {"xp": 1}, Idempotency_Key="l")) == (
        404,
        "not_found",
    )


@pytest.mark.usefixtures("one_day")
async def test_the_raids_caps_are_told_apart(people: People) -> None:
    anna = await people.person()
    waiting = await anna.makes_raid()
    assert code_of(await anna.post(f"/raids/{waiting['id']}/contributions", {"xp": 1})) == (
        409,
        "raid_not_active",
    )
    raid = await anna.starts_raid(maxXpPerContribution=10, maxXpPerMemberPerDay=15)
    path = f"/raids/{raid['id']}/contributions"
    assert code_of(await anna.post(path, {"xp": 11})) == (422, "xp_above_cap")
    assert (await anna.post(path, {"xp": 10})).status_code == 201
    assert code_of(await anna.post(path, {"xp": 6})) == (422, "daily_cap_reached")


async def test_the_day_counted_is_the_one_in_the_times_own_offset(people: People) -> None:
    anna = await people.person(scopes=("backdate",))
    raid = await anna.starts_raid(maxXpPerMemberPerDay=10)
    path = f"/raids/{raid['id']}/contributions"
    for time, status in [
        ("2026-03-01T23:30:00-10:00", 201),
        ("2026-03-02T09:30:00Z", 201),  # the same instant, another day
        ("2026-03-01T00:00:00Z", 422),
    ]:
        assert (await anna.post(path, {"xp": 10, "occurredAt": time})).status_code == status


async def test_how_late_one_may_be_is_limited_unless_the_scope_frees_of_it(people: People) -> None:
    anna, ben = await people.person(), await people.person(scopes=("backdate",))
    raid = await anna.starts_raid(ben)
    path = f"/raids/{raid['id']}/contributions"
    refusal = (422, "occurred_at_out_of_range")
    assert (await anna.post(path, {"xp": 1, "occurredAt": ago(days=6.9)})).status_code == 201
    assert code_of(await anna.post(path, {"xp": 1, "occurredAt": ago(days=7.1)})) == refusal
    assert (await ben.post(path, {"xp": 1, "occurredAt": ago(days=700)})).status_code == 201
    for person in (anna, ben):
        assert code_of(await person.post(path, {"xp": 1, "occurredAt": ago(minutes=-6)})) == refusal


async def test_posting_for_another_member_needs_the_scope(people: People) -> None:
    anna, ben = await people.person(), await people.person(tz="Pacific/Auckland")
    backend = await people.person(scopes=("contributions:write",))
    raid = await anna.starts_raid(ben)
    path = f"/raids/{raid['id']}/contributions"
    refused = await anna.post(path, {"xp": 1, "userId": ben.id})
    assert code_of(refused) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    assert (await anna.post(path, {"xp": 1, "userId": anna.id})).status_code == 201
    for poster, status in [(backend, 201), (people.admin, 200)]:  # one key, one member, whoever posts it
        answer = await poster.post(path, {"xp": 1, "userId": ben.id}, Idempotency_Key="one")
        assert (answer.status_code, answer.json()["member"]["userId"]) == (status, ben.id)
    assert code_of(await backend.post(path, {"xp": 1, "userId": backend.id})) == (404, "not_member")
    assert code_of(await backend.post(path, {"xp": 1, "userId": 999999})) == (404, "unknown_member")
    assert code_of(await people.admin.post(path, {"xp": 1})) == (403, "user_required")


async def test_a_contribution_is_voided_by_its_author_the_leader_or_the_admin(people: People) -> None:
    anna, ben, cleo = await people.person(), await people.person(), await people.person()
    raid = await anna.starts_raid(ben, cleo, maxMembers=5)
    path = f"/raids/{raid['id']}/contributions"

    async def made() -> str:
        return f"{path}/{(await ben.post(path, {'xp': 5})).json()['contributionId']}"

    assert code_of(await cleo.call("DELETE", await made())) == (403, "not_allowed")
    assert (await anna.get(f"/raids/{raid['id']}")).json()["currentXp"] == 5
    for person in (ben, anna, people.admin):
        voided = await person.call("DELETE", await made())
        assert (voided.status_code, voided.json()["currentXp"]) == (200, 5)
    one = await made()
    assert (await ben.call("DELETE", one)).json() == (await ben.call("DELETE", one)).json()
    unknown = await ben.call("DELETE", f"{path}/00000000-0000-5000-8000-000000000000")
    assert code_of(unknown) == (404, "unknown_contribution")


async def test_what_is_not_known_to_have_happened_is_to_be_sent_again_with_its_key(
    open_server: OpenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, people = await open_server()
    anna = await people.person()
    raid = await anna.starts_raid()

    async def away(command: Command) -> Outcome:
        raise Unavailable("redis_away", retry_after=3)

    monkeypatch.setattr(app.state.services.write_path, "submit", away)
    answer = await anna.post(f"/raids/{raid['id']}/contributions", {"xp": 1})
    assert code_of(answer) == (503, "unavailable")
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["idempotency-key"]
    item = {"raidId": raid["id"], "key": "k", "xp": 1}
    batch = await anna.post("/contributions", {"items": [item, {**item, "xp": -1}]})
    assert [result["status"] for result in batch.json()["results"]] == [503, 422]


async def test_the_ledger_is_read_newest_first(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid(targetTasks=50)
    path = f"/raids/{raid['id']}/contributions"
    made = [(await anna.post(path, {"xp": xp})).json()["contributionId"] for xp in range(3)]
    first = (await anna.get(f"{path}?limit=2")).json()
    rest = (await anna.get(f"{path}?limit=2&cursor={first['nextCursor']}")).json()
    seen = [one["contributionId"] for one in first["contributions"] + rest["contributions"]]
    assert seen == [*reversed(made)]
    assert rest["nextCursor"] is None
    assert code_of(await anna.get(f"{path}?cursor=nonsense")) == (422, "validation_failed")


async def test_one_bad_item_of_a_batch_never_spoils_the_others(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    raid, hidden = await anna.starts_raid(targetTasks=50), await ben.starts_raid()
    good: dict[str, Any] = {"raidId": raid["id"], "xp": 1}
    items: list[tuple[object, int, str | None]] = [
        ({**good, "key": "a"}, 201, None),
        ({**good, "key": "a"}, 200, None),
        ({**good, "key": "a", "xp": 2}, 422, "idempotency_key_reused"),
        ({**good, "key": "b", "xp": "1"}, 422, "validation_failed"),
        ({**good}, 422, "validation_failed"),
        ({**good, "key": "c", "occurredAt": "yesterday"}, 422, "validation_failed"),
        ("item", 422, "validation_failed"),
        ({**good, "key": "d", "raidId": hidden["id"]}, 404, "not_found"),
        ({**good, "key": "e", "raidId": 999999999}, 404, "not_found"),
        ({**good, "key": "f", "userId": ben.id}, 403, "insufficient_scope"),
        ({**good, "key": "g"}, 201, None),
    ]
    answer = await anna.post("/contributions", {"items": [item for item, _, _ in items]})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [status for _, status, _ in items]
    assert [result.get("problem", {}).get("code") for result in results] == [code for _, _, code in items]
    assert results[0]["contribution"]["cursor"] == results[1]["contribution"]["cursor"]
    assert results[4]["problem"]["errors"][0]["field"] == "key"


async def test_items_of_one_raid_are_decided_in_their_order(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid(targetXp=0, targetTasks=500)
    items = [{"raidId": raid["id"], "key": f"k{number}", "xp": 1} for number in range(500)]
    results = (await anna.post("/contributions", {"items": items})).json()["results"]
    assert [result["contribution"]["seq"] for result in results] == list(range(raid["seq"] + 1, raid["seq"] + 501))
    assert results[-1]["contribution"]["raid"]["status"] == "completed"


@pytest.mark.parametrize("items", [[], [None] * 501, "items", None])
async def test_a_batch_has_at_most_500_items(people: People, items: object) -> None:
    answer = await (await people.person()).post("/contributions", {"items": items})
    assert answer.status_code == (200 if items == [] else 422)
