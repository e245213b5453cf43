"""Achievements over HTTP: who may read, change and unlock what, and how an operator sees them."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette

from persistence.pool import connection
from server.recompute_command import recompute
from server.settings import Settings
from server.worker import Worker
from tests.server.conftest import OpenServer
from tests.server.people import People, Person, code_of

WRITE = "achievements:write"
DEFINITIONS = "/users/achievements/definitions"
PROGRESS = "/users/achievements/progress"

DEEP: dict[str, Any] = {}
for _ in range(300):
    DEEP = {"a": DEEP}


async def defines(writer: Person, **fields: Any) -> dict[str, Any]:
    answer = await writer.post(DEFINITIONS, {"name": "Ten", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1{DEFINITIONS}/{made['id']}"
    return made


async def worked(app: Starlette) -> None:
    await app.state.services.job_runner.work_all()


async def test_a_definition_is_made_read_changed_and_deleted(people: People) -> None:
    writer, anna = await people.person(scopes=(WRITE,)), await people.person()
    made = await defines(writer, metric="tasks_total", threshold=10, rewardXp=5, tier="gold")
    path = f"{DEFINITIONS}/{made['id']}"
    assert made["group"] == f"achievement-{made['id']}"
    assert (await anna.get(path)).json() == made
    changed = (await writer.call("PUT", path, {"threshold": 12, "rewardCredits": 3})).json()
    assert {**made, "threshold": 12, "rewardCredits": 3, "updatedAt": changed["updatedAt"]} == changed
    assert (await writer.call("DELETE", path)).status_code == 204
    for who, method in ((anna, "GET"), (writer, "PUT"), (writer, "DELETE")):
        assert code_of(await who.call(method, path, {"tier": ""})) == (404, "unknown_achievement")


async def test_a_new_raidline_begins_with_a_set_in_order(people: People) -> None:
    anna = await people.person()
    first = (await anna.get(f"{DEFINITIONS}?limit=15")).json()
    second = (await anna.get(f"{DEFINITIONS}?limit=15&cursor={first['nextCursor']}")).json()
    positions = [one["position"] for one in first["definitions"] + second["definitions"]]
    assert len(positions) == 21
    assert positions == sorted(positions)
    assert second["nextCursor"] is None


async def test_who_may_change_definitions(people: People) -> None:
    anna, writer = await people.person(), await people.person(scopes=(WRITE,))
    path = f"{DEFINITIONS}/{(await defines(writer))['id']}"
    for method, where in (("POST", DEFINITIONS), ("PUT", path), ("DELETE", path)):
        assert code_of(await anna.call(method, where, {"name": "x"})) == (403, "insufficient_scope")
    assert (await people.admin.call("PUT", path, {"name": "x"})).status_code == 200
    nobody = Person(people.client, 0, "no-session", "nobody")
    assert code_of(await nobody.get(path)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": 7}, "name"),
        ({"metric": "steps", "threshold": 1}, "metric"),
        ({"metric": "tasks_total"}, "threshold"),
        ({"threshold": 5}, "threshold"),
        ({"metric": "tasks_total", "threshold": 0}, "threshold"),
        ({"rewardXp": -1}, "rewardXp"),
        ({"rewardCredits": 1_000_001}, "rewardCredits"),
        ({"group": ""}, "group"),
        ({"position": 10**7}, "position"),
        ({"secret": "yes"}, "secret"),
    ],
)
async def test_a_bad_definition_is_refused_by_its_field(people: People, fields: dict[str, Any], field: str) -> None:
    answer = await people.admin.post(DEFINITIONS, {"name": "Ten", **fields})
    assert code_of(answer) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_name_may_have_255_characters(people: People) -> None:
    assert (await defines(people.admin, name="ü" * 255))["name"] == "ü" * 255


async def test_an_empty_change_is_refused(people: People) -> None:
    made = await defines(people.admin)
    answer = await people.admin.call("PUT", f"{DEFINITIONS}/{made['id']}", {"colour": "red"})
    assert code_of(answer) == (422, "validation_failed")


async def test_a_secret_one_shows_neither_name_nor_description_before_it_is_unlocked(people: People) -> None:
    writer, anna = await people.person(scopes=(WRITE,)), await people.person()
    made = await defines(writer, name="Psst", description="what?", secret=True, position=-5)
    path = f"{DEFINITIONS}/{made['id']}"

    async def shown() -> list[tuple[str | None, str | None]]:
        one, listed = (await anna.get(path)).json(), (await anna.get(f"{DEFINITIONS}?limit=1")).json()
        return [(each["name"], each["description"]) for each in (one, *listed["definitions"])]

    assert await shown() == [(None, None)] * 2
    assert (await writer.get(path)).json()["name"] == "Psst"
    assert (await writer.call("PUT", f"{PROGRESS}/unlock", {"userId": anna.id, "achievementId": made["id"]})).is_success
    assert await shown() == [("Psst", "what?")] * 2


async def test_ones_own_progress_is_noted_and_read(people: People) -> None:
    anna, made = await people.person(), await defines(people.admin)
    note = {"achievementId": made["id"], "metadata": {"step": 1, "list": [None, {"deep": 0.5}]}}
    noted = await anna.post(PROGRESS, note)
    assert noted.status_code == 200
    assert noted.json().items() >= {"userId": anna.id, "unlockedAt": None, **note}.items()
    assert (await anna.get(f"{PROGRESS}?achievementId={made['id']}")).json() == noted.json()
    listed = (await anna.get(f"{PROGRESS}/list")).json()
    assert listed == {"progress": [noted.json()], "nextCursor": None}
    assert (await anna.get(f"{PROGRESS}/list?unlockedOnly=true")).json()["progress"] == []
    assert (await anna.call("DELETE", f"{PROGRESS}?achievementId={made['id']}")).status_code == 204
    assert code_of(await anna.get(f"{PROGRESS}?achievementId={made['id']}")) == (404, "not_found")


async def test_other_peoples_progress_needs_the_scope(people: People) -> None:
    writer, anna, ben = await people.person(scopes=(WRITE,)), await people.person(), await people.person()
    made = await defines(writer)
    pair = {"userId": anna.id, "achievementId": made["id"]}
    query = f"?userId={anna.id}&achievementId={made['id']}"
    for method, where, body in (
        ("POST", PROGRESS, pair),
        ("GET", PROGRESS + query, None),
        ("DELETE", PROGRESS + query, None),
        ("GET", f"{PROGRESS}/list?userId={anna.id}", None),
        ("PUT", f"{PROGRESS}/unlock", pair),
    ):
        assert code_of(await ben.call(method, where, body)) == (403, "insufficient_scope")
        assert (await writer.call("POST", PROGRESS, pair)).is_success
        assert (await writer.call(method, where, body)).is_success


async def test_unlocking_twice_answers_with_the_first_time(people: People) -> None:
    writer, anna = await people.person(scopes=(WRITE,)), await people.person()
    made = await defines(writer, rewardXp=100)
    pair = {"userId": anna.id, "achievementId": made["id"]}
    first = await writer.call("PUT", f"{PROGRESS}/unlock", pair)
    again = await writer.call("PUT", f"{PROGRESS}/unlock", pair)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["unlockedAt"]
    noted = await anna.post(PROGRESS, {"achievementId": made["id"], "metadata": {"seen": True}})
    assert noted.json()["unlockedAt"] == first.json()["unlockedAt"]
    assert code_of(await anna.call("DELETE", PROGRESS, {"achievementId": made["id"]})) == (403, "insufficient_scope")
    assert (await writer.call("DELETE", PROGRESS, pair)).status_code == 204


async def test_two_servers_that_unlock_at_once_reward_once(open_server: OpenServer) -> None:
    (app, one), (_, other) = await open_server(), await open_server()
    anna = await one.person()
    made = await defines(one.admin, rewardXp=100)
    pair = {"userId": anna.id, "achievementId": made["id"]}
    admins = [one.admin, other.admin] * 5
    answers = await asyncio.gather(*(admin.call("PUT", f"{PROGRESS}/unlock", pair) for admin in admins))
    assert len({answer.text for answer in answers}) == 1
    async with connection(app.state.services.pool) as held:
        row = await held.fetchrow("SELECT reward_xp, level FROM user_stats WHERE user_id = $1", anna.id)
    assert row is not None
    assert tuple(row) == (100, 2)


async def test_nobody_unlocks_for_themself_what_a_metric_leads_to(people: People) -> None:
    writer, anna = await people.person(scopes=(WRITE,)), await people.person()
    free, ten = await defines(writer), await defines(writer, metric="tasks_total", threshold=10)
    for one in (free, ten):
        answer = await anna.call("PUT", f"{PROGRESS}/unlock", {"achievementId": one["id"]})
        assert code_of(answer) == (403, "insufficient_scope")
    assert (await writer.call("PUT", f"{PROGRESS}/unlock", {"achievementId": free["id"]})).is_success
    answer = await writer.call("PUT", f"{PROGRESS}/unlock", {"achievementId": ten["id"]})
    assert code_of(answer) == (403, "unlocked_by_metric")
    pair = {"userId": anna.id, "achievementId": ten["id"]}
    assert (await writer.call("PUT", f"{PROGRESS}/unlock", pair)).is_success


async def test_what_is_not_there_is_named(people: People) -> None:
    made = await defines(people.admin)
    nobody, nothing = 10**15, 10**15
    for pair, code in (
        ({"userId": nobody, "achievementId": made["id"]}, "unknown_user"),
        ({"userId": nobody, "achievementId": nothing}, "unknown_achievement"),
    ):
        assert code_of(await people.admin.post(PROGRESS, pair)) == (404, code)
        assert code_of(await people.admin.call("PUT", f"{PROGRESS}/unlock", pair)) == (404, code)
        assert code_of(await people.admin.call("DELETE", PROGRESS, pair)) == (404, "not_found")
    answer = await people.admin.post(PROGRESS, {"achievementId": made["id"]})
    assert code_of(answer) == (403, "user_required")


@pytest.mark.parametrize("metadata", ["text", [], {"long": "x" * 8192}, {"nul": "\u0000"}, DEEP])
async def test_metadata_is_a_small_object(people: People, metadata: Any) -> None:
    anna, made = await people.person(), await defines(people.admin)
    answer = await anna.post(PROGRESS, {"achievementId": made["id"], "metadata": metadata})
    assert code_of(answer) == (422, "validation_failed")
    assert answer.json()["errors"][0]["field"] == "metadata"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{PROGRESS}?achievementId=x", "achievementId"),
        (PROGRESS, "achievementId"),
        (f"{PROGRESS}/list?userId=0", "userId"),
        (f"{PROGRESS}/list?unlockedOnly=perhaps", "unlockedOnly"),
        (f"{PROGRESS}/list?limit=501", "limit"),
        (f"{PROGRESS}/list?cursor=-1", "cursor"),
        (f"{DEFINITIONS}?cursor=x", "cursor"),
    ],
)
async def test_a_bad_query_is_refused_by_its_field(people: People, path: str, field: str) -> None:
    answer = await (await people.person()).get(path)
    assert code_of(answer) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_recompute_is_a_job_that_the_worker_does(open_server: OpenServer) -> None:
    app, people = await open_server()
    anna, ben = await people.person(), await people.person()
    for person, count in ((anna, 2), (ben, 1)):
        raid = await person.starts_raid()
        for _ in range(count):
            assert (await person.post(f"/raids/{raid['id']}/contributions", {"xp": 1})).status_code == 201
    made = await defines(people.admin, metric="tasks_total", threshold=2, rewardXp=100)
    path = f"/admin/achievements/{made['id']}/recompute"
    assert code_of(await anna.post(path)) == (403, "insufficient_scope")
    results = []
    for query in ("?dryRun=true", ""):
        begun = await people.admin.post(path + query)
        assert (begun.status_code, begun.json()["state"]) == (202, "waiting")
        await worked(app)
        job = (await people.admin.get(begun.headers["location"].removeprefix("/api/v1"))).json()
        assert (job["id"], job["state"], job["progress"]) == (begun.json()["id"], "done", 1.0)
        results.append(job["result"])
    assert results == [
        {"wouldUnlock": 1, "alreadyHad": 0, "users": 2},
        {"unlocked": 1, "alreadyHad": 0, "users": 2},
    ]
    assert (await anna.get(f"{PROGRESS}?achievementId={made['id']}")).json()["unlockedAt"]
    assert code_of(await anna.get("/admin/jobs/1")) == (403, "insufficient_scope")
    assert code_of(await people.admin.get("/admin/jobs/999")) == (404, "not_found")


async def test_what_cannot_be_recomputed_is_refused(people: People) -> None:
    free = await defines(people.admin)
    for achievement_id, code in ((free["id"], (422, "no_metric")), (10**9, (404, "unknown_achievement"))):
        assert code_of(await people.admin.post(f"/admin/achievements/{achievement_id}/recompute")) == code


async def test_a_completed_raid_unlocks_for_its_members(open_server: OpenServer) -> None:
    app, people = await open_server()
    anna, ben = await people.person(), await people.person()
    raid = await anna.starts_raid(ben, targetXp=1, targetTasks=1)
    assert (await anna.post(f"/raids/{raid['id']}/contributions", {"xp": 1})).json()["raid"]["status"] == "completed"
    await worked(app)
    names = {}
    for person in (anna, ben):
        listed = (await person.get(f"{PROGRESS}/list?unlockedOnly=true")).json()["progress"]
        found = [(await person.get(f"{DEFINITIONS}/{one['achievementId']}")).json()["name"] for one in listed]
        names[person.id] = sorted(found)
    assert names == {anna.id: ["Captain", "First victory"], ben.id: ["First victory"]}


async def test_analytics_are_for_operators(people: People) -> None:
    writer, anna = await people.person(scopes=(WRITE,)), await people.person()
    made = await defines(writer, position=-9)
    await writer.call("PUT", f"{PROGRESS}/unlock", {"userId": anna.id, "achievementId": made["id"]})
    path = "/admin/achievements/analytics"
    assert code_of(await anna.get(path)) == (403, "insufficient_scope")
    first = (await people.admin.get(path)).json()["achievements"][0]
    assert first.items() >= {"id": made["id"], "unlocked": 1, "unlockRate": 0.5, "medianHoursToUnlock": 0}.items()
    assert sum(day["unlocks"] for day in first["perDay"]) == 1
    past = (await people.admin.get(path + "?from=2020-01-01&to=2020-01-31")).json()["achievements"][0]
    assert (past["unlocked"], past["perDay"]) == (1, [])
    for query, field in (
        ("?from=yesterday", "from"),
        ("?to=2020-02-30", "to"),
        ("?from=2020-01-02&to=2020-01-01", "from"),
        ("?from=2018-01-01&to=2020-01-01", "from"),
    ):
        answer = await people.admin.get(path + query)
        assert (code_of(answer), answer.json()["errors"][0]["field"]) == ((422, "validation_failed"), field)


async def test_the_worker_does_jobs_deletes_old_ones_and_adds_tallies_up(open_server: OpenServer) -> None:
    app, _ = await open_server()
    duties = {duty.name: duty for duty in Worker(app.state.services).duties()}
    for name in ("jobs", "jobs_deleted", "tallies"):
        await duties[name].work()
    assert duties["jobs"].every_seconds <= 0.5


async def test_the_command_works_the_job_off(
    settings: Settings, open_server: OpenServer, capsys: pytest.CaptureFixture[str]
) -> None:
    _, people = await open_server()
    anna = await people.person()
    raid = await anna.starts_raid()
    await anna.post(f"/raids/{raid['id']}/contributions", {"xp": 1})
    made = await defines(people.admin, metric="xp_total", threshold=1)
    assert await recompute(settings, made["id"], dry_run=True) == 0
    assert capsys.readouterr().out.endswith("would unlock 1, already had 0, of 1 people\n")
    assert await recompute(settings, made["id"], dry_run=False) == 0
    assert capsys.readouterr().out.endswith("unlocked 1, already had 0, of 1 people\n")
