"""A person as they see themselves, and what they change about it: everywhere at once."""

import asyncio
import importlib.resources
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from realtime.commands import Command
from server import times
from server.outcomes import Outcome
from server.reconciliation import Reconciliation
from server.settings import Settings
from tests.helpers import eventually
from tests.server.conftest import OpenServer
from tests.server.people import People, Person, code_of


def fields_of(answer: httpx.Response) -> list[str]:
    assert code_of(answer) == (422, "validation_failed")
    return [error["field"] for error in answer.json()["errors"]]


async def contributes(person: Person, raid_id: int, xp: int = 10, **fields: object) -> httpx.Response:
    answer = await person.post(f"/raids/{raid_id}/contributions", {"xp": xp, **fields})
    assert answer.status_code == 201, answer.text
    return answer


@pytest.fixture
def mars(tmp_path: Path) -> Iterator[str]:
    """A zone that this host has rules of and Postgres has not, as when either is updated before the other."""
    known = zoneinfo.TZPATH
    (tmp_path / "Mars").mkdir()
    rules = importlib.resources.files("tzdata") / "zoneinfo" / "Etc" / "UTC"
    (tmp_path / "Mars" / "Olympus").write_bytes(rules.read_bytes())
    zoneinfo.reset_tzpath([str(tmp_path), *known])
    times._known_zones.cache_clear()
    yield "Mars/Olympus"
    zoneinfo.reset_tzpath(known)
    times._known_zones.cache_clear()


async def test_somebody_new_is_at_the_beginning(people: People) -> None:
    anna = await people.person("Anna", "Europe/Berlin")
    answer = await anna.get("/me")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.json() == {
        "id": anna.id,
        "name": "Anna",
        "tz": "Europe/Berlin",
        "level": 1,
        "xp": 0,
        "credits": 0,
        "levelAt": 0,
        "nextLevelAt": 100,
        "streak": {"current": 0, "longest": 0, "lastDay": None, "freezes": 0, "state": "none"},
    }
    assert (await anna.get("/me", If_None_Match=answer.headers["etag"])).status_code == 304


@pytest.mark.usefixtures("one_day")
async def test_what_was_contributed_shows_with_its_level(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid(targetXp=1000, targetTasks=100)
    await contributes(anna, raid["id"], 320)
    me = (await anna.get("/me")).json()
    assert me["xp"] >= 320
    assert me["levelAt"] <= me["xp"] < me["nextLevelAt"]
    assert (me["streak"]["current"], me["streak"]["longest"], me["streak"]["state"]) == (1, 1, "active")


async def test_a_zone_without_rules_in_the_ledger_is_nobodys(people: People, mars: str) -> None:
    """With it every batch with something of theirs would fail."""
    anna = await people.person("Anna", "Europe/Berlin")
    made = {"provider": "tests", "subject": "eva", "name": "Eva", "tz": mars}
    assert fields_of(await people.admin.post("/admin/sessions", made)) == ["tz"]
    assert fields_of(await anna.post("/sessions/guest", {"name": "Eva", "tz": mars})) == ["tz"]
    assert fields_of(await anna.call("PATCH", "/me", {"name": "Ann", "tz": mars})) == ["tz"]
    me = (await anna.get("/me")).json()
    assert (me["name"], me["tz"]) == ("Anna", "Europe/Berlin")


async def test_the_admin_token_is_nobody_and_has_no_page(people: People) -> None:
    for method, path in [
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("DELETE", "/me"),
        ("GET", "/me/raids"),
        ("GET", "/me/export"),
    ]:
        assert code_of(await people.admin.call(method, path, {})) == (403, "user_required")
    assert code_of(await Person(people.client, 0, "wrong", "").get("/me")) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"nickname": "Bo"}, "body"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"tz": "Nowhere/Land"}, "tz"),
        ({"tz": ""}, "tz"),
        ({"name": "Bo", "tz": "localtime"}, "tz"),
    ],
)
async def test_a_bad_change_names_the_field(people: People, body: dict[str, object], field: str) -> None:
    anna = await people.person("Anna")
    assert fields_of(await anna.call("PATCH", "/me", body)) == [field]
    assert (await anna.get("/me")).json()["name"] == "Anna"


async def test_a_name_and_a_zone_change_on_every_server_at_once(
    open_server: OpenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.sessions.IN_MEMORY_S", 3600)  # not only because the session is forgotten
    (_, here), (_, there) = await open_server(), await open_server()
    anna = await here.person("Anna")
    elsewhere = there.with_token(anna)
    assert (await elsewhere.get("/raids")).status_code == 200  # remembers the session now
    answer = await anna.call("PATCH", "/me", {"name": " Anne ", "tz": "Pacific/Kiritimati"})
    assert (answer.status_code, answer.json()["name"], answer.json()["tz"]) == (200, "Anne", "Pacific/Kiritimati")

    async def known() -> bool:
        raid = await elsewhere.makes_raid()
        return [member["username"] for member in raid["members"]] == ["Anne"]

    await eventually(known)


async def test_a_session_in_doubt_is_looked_up_in_the_ledger(open_server: OpenServer, settings: Settings) -> None:
    _, here = await open_server()
    anna = await here.person("Anna")
    await anna.get("/raids")
    await anna.call("PATCH", "/me", {"name": "Anne"})
    _, there = await open_server()
    raid = await there.with_token(anna).makes_raid()
    assert raid["members"][0]["username"] == "Anne"
    assert settings.redis_url is not None
    async with Redis.from_url(settings.redis_url) as redis:
        kept = [await redis.get(key) async for key in redis.scan_iter("session:*")]
    assert b"asked" in kept
    assert (await anna.call("DELETE", "/sessions/current")).status_code == 204
    assert (await there.with_token(anna).get("/me")).status_code == 401


async def test_raids_that_go_on_tell_of_the_new_name_and_those_that_ended_keep_the_old(people: People) -> None:
    anna, bob = await people.person("Anna"), await people.person("Bob")
    going = await anna.starts_raid(bob)
    over = await anna.starts_raid(bob)
    assert (await anna.post(f"/raids/{over['id']}/cancel")).status_code == 200
    before = (await anna.get(f"/raids/{going['id']}")).json()["cursor"]
    assert (await bob.call("PATCH", "/me", {"name": "Robert"})).status_code == 200
    names = {
        member["userId"]: member["username"] for member in (await anna.get(f"/raids/{going['id']}")).json()["members"]
    }
    assert names == {anna.id: "Anna", bob.id: "Robert"}
    told = (await anna.get(f"/raids/{going['id']}/events?after={before}")).json()["events"]
    assert [(one["event"], one["data"]["userId"], one["data"]["username"]) for one in told] == [
        ("member_update", bob.id, "Robert")
    ]
    names = {
        member["userId"]: member["username"] for member in (await anna.get(f"/raids/{over['id']}")).json()["members"]
    }
    assert names[bob.id] == "Bob"


async def test_the_same_change_again_tells_nobody_anew(people: People) -> None:
    anna = await people.person("Anna")
    raid = await anna.starts_raid()
    for _ in range(2):
        assert (await anna.call("PATCH", "/me", {"name": "Anne"})).status_code == 200
    after = (await anna.get(f"/raids/{raid['id']}/events?after={raid['cursor']}")).json()
    assert [one["event"] for one in after["events"]] == ["member_update"]


async def test_a_new_name_outlives_the_loss_of_redis(open_server: OpenServer, settings: Settings) -> None:
    _app, people = await open_server()
    anna, bob = await people.person("Anna"), await people.person("Bob")
    raid = await anna.starts_raid(bob)
    for person, name in ((anna, "Anne"), (bob, "Robert")):
        assert (await person.call("PATCH", "/me", {"name": name})).status_code == 200
    assert settings.redis_url is not None
    async with Redis.from_url(settings.redis_url) as redis:
        await redis.flushall()
    names = [member["username"] for member in (await anna.get(f"/raids/{raid['id']}")).json()["members"]]
    assert sorted(names) == ["Anne", "Robert"]


async def test_all_agree_on_new_names(open_server: OpenServer) -> None:
    """Also where the ledger learns of the renaming together with the join, and of those who never joined."""
    app, people = await open_server()
    anna, bob = await people.person("Anna"), await people.person("Bob")
    await anna.makes_raid()
    raid = await anna.starts_raid(bob)
    for person, name in ((anna, "Anne"), (bob, "Robert"), (bob, "Rob")):
        assert (await person.call("PATCH", "/me", {"name": name})).status_code == 200
    assert (await anna.post(f"/raids/{raid['id']}/lead", {"userId": bob.id})).status_code == 200
    assert (await bob.post(f"/raids/{raid['id']}/leave")).status_code == 200
    assert [one async for one in Reconciliation(app.state.services).look()] == []


async def test_of_two_changes_at_once_one_stays_everywhere(open_server: OpenServer) -> None:
    (app, here), (_, there) = await open_server(), await open_server()
    anna, bob = await here.person("Anna"), await here.person("Bob")
    raid = await anna.starts_raid(bob)
    names = [f"Bob the {number}." for number in range(8)]
    callers = [bob, there.with_token(bob)] * 4
    changes = (caller.call("PATCH", "/me", {"name": name}) for caller, name in zip(callers, names, strict=True))
    assert {answer.status_code for answer in await asyncio.gather(*changes)} == {200}
    name = (await bob.get("/me")).json()["name"]
    assert name in names
    seen = (await anna.get(f"/raids/{raid['id']}")).json()
    assert [member["username"] for member in seen["members"]] == ["Anna", name]
    assert [one async for one in Reconciliation(app.state.services).look()] == []


async def test_one_who_is_overtaken_again_and_again_does_not_leave_an_old_name_behind(
    open_server: OpenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time it tells the raid a name, the next change is told in full just before."""
    (app, here), (_, there) = await open_server(), await open_server()
    anna, bob = await here.person("Anna"), await here.person("Bob")
    raid = await anna.starts_raid(bob)
    submit = app.state.services.write_path.submit
    names = [f"Bob the {number}." for number in range(5)]

    async def overtaken(command: Command) -> Outcome:
        if len(names) > 1:
            names.pop(0)
            assert (await there.with_token(bob).call("PATCH", "/me", {"name": names[0]})).status_code == 200
        outcome: Outcome = await submit(command)
        return outcome

    monkeypatch.setattr(app.state.services.write_path, "submit", overtaken)
    assert (await bob.call("PATCH", "/me", {"name": names[0]})).status_code == 200
    seen = (await anna.get(f"/raids/{raid['id']}")).json()
    assert [member["username"] for member in seen["members"]] == ["Anna", "Bob the 4."]
    assert [one async for one in Reconciliation(app.state.services).look()] == []


async def test_one_finds_the_raids_one_is_in(people: People) -> None:
    anna, bob = await people.person(), await people.person()
    active = await anna.starts_raid(bob)
    recruiting = await bob.makes_raid()
    await anna.makes_raid(public=True)
    found = (await bob.get("/me/raids")).json()["raids"]
    assert [one["id"] for one in found] == [recruiting["id"], active["id"]]
    found = (await bob.get("/me/raids?status=active")).json()["raids"]
    assert [one["id"] for one in found] == [active["id"]]
    assert fields_of(await bob.get("/me/raids?status=sleeping")) == ["status"]
    assert fields_of(await bob.get("/me/raids?limit=0")) == ["limit"]
    assert fields_of(await bob.get("/me/raids?cursor=x")) == ["cursor"]


@pytest.mark.usefixtures("one_day")
async def test_an_export_has_everything_about_one_person_alone(people: People) -> None:
    anna, bob = await people.person("Anna"), await people.person("Bob")
    raid = await anna.starts_raid(bob, targetXp=10_000, targetTasks=1000)
    for number in range(3):
        await contributes(anna, raid["id"], 5, taskId=f"task-{number}")
    await contributes(bob, raid["id"], 7, taskId="of bob")
    answer = await anna.get("/me/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    everything = answer.json()
    assert everything["profile"]["name"] == "Anna"
    assert [one["provider"] for one in everything["identities"]] == ["tests"]
    assert [(one["raidId"], one["leads"], one["xpContributed"]) for one in everything["raids"]] == [
        (raid["id"], True, 15)
    ]
    assert [one["taskId"] for one in everything["contributions"]] == ["task-0", "task-1", "task-2"]
    assert [(one["xp"], one["tasks"]) for one in everything["days"]] == [(15, 3)]
    assert [one["state"] for one in everything["streakDays"]] == ["active"]
    assert "of bob" not in answer.text


async def test_an_export_is_complete_however_many_pages_it_takes(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.exporting.PAGE", 2)
    anna = await people.person(scopes=("backdate",))
    raid = await anna.starts_raid(targetXp=10_000, targetTasks=1000)
    keys = [f"task-{number}" for number in range(7)]
    for number, key in enumerate(keys):
        await contributes(anna, raid["id"], 1, taskId=key, occurredAt=f"2026-03-{number + 1:02d}T12:00:00Z")
    everything = (await anna.get("/me/export")).json()
    assert [one["taskId"] for one in everything["contributions"]] == keys
    assert [one["day"] for one in everything["days"]] == [f"2026-03-{number + 1:02d}" for number in range(7)]
    assert len(everything["streakDays"]) == 7
