"""A day counts once by a check-in, however often, from wherever and by whichever server it is told."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.reconciliation import Reconciliation
from server.settings import Settings
from tests.conftest import Launch
from tests.end_to_end.client import client_of
from tests.helpers import eventually
from tests.server.conftest import OpenServer
from tests.server.people import People, code_of
from tests.server.test_me import contributes, fields_of

pytestmark = pytest.mark.usefixtures("one_day")


def ago(**delta: int) -> str:
    return (datetime.now(UTC) - timedelta(**delta)).isoformat()


async def test_the_first_of_a_day_counts_and_says_what_it_did(people: People) -> None:
    anna = await people.person()
    answer = await anna.post("/me/checkin")
    assert answer.status_code == 201, answer.text
    assert "idempotent-replayed" not in answer.headers
    today = str(datetime.now(UTC).date())
    told = answer.json()
    assert told["streak"] == {"current": 1, "longest": 1, "day": today, "state": "active"}
    assert told.keys() == {"streak", "unlocked", "rewards", "level"}
    assert (await anna.get("/me/stats")).json()["totals"]["checkIns"] == 1
    assert (await anna.get("/me/streak?days=1")).json()["days"][0]["why"] == "There was a check-in."


async def test_every_other_of_the_day_has_the_same_answer(people: People) -> None:
    anna = await people.person()
    first = await anna.post("/me/checkin", {})
    for body in (None, {}, {"occurredAt": ago(seconds=1)}):
        again = await anna.post("/me/checkin", body)
        assert (again.status_code, again.json()) == (200, first.json())
        assert again.headers["idempotent-replayed"] == "true"


async def test_twenty_at_once_count_once_whichever_server_they_reach(launch: Launch, settings: Settings) -> None:
    servers = [await launch(), await launch()]
    async with client_of(servers[0].url) as one, client_of(servers[1].url) as other:
        here, there = People(one), People(other)
        anna = await here.person()
        callers = [anna, there.with_token(anna)] * 10
        answers = await asyncio.gather(*(caller.post("/me/checkin") for caller in callers))
        assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
        assert len({answer.text for answer in answers}) == 1
        assert (await anna.get("/me")).json()["streak"]["current"] == 1
        assert (await anna.get("/me/stats")).json()["totals"] == {
            "xp": 0,
            "tasks": 0,
            "checkIns": 1,
            "activeDays": 1,
        }


async def test_a_checkin_and_contributions_are_one_day(open_server: OpenServer) -> None:
    app, people = await open_server()
    anna = await people.person()
    raid = await anna.starts_raid(targetXp=1000, targetTasks=100)
    assert (await anna.post("/me/checkin")).status_code == 201
    for _ in range(3):
        await contributes(anna, raid["id"])
    assert (await anna.get("/me")).json()["streak"]["current"] == 1

    async def clean() -> bool:
        return [one async for one in Reconciliation(app.state.services).look()] == []

    await eventually(clean)


async def test_the_day_is_that_of_its_own_offset_else_of_the_zone(people: People) -> None:
    anna = await people.person(tz="Pacific/Kiritimati", scopes=("backdate",))
    there = datetime.now(UTC) + timedelta(hours=14)
    assert (await anna.post("/me/checkin")).json()["streak"]["day"] == str(there.date())
    told = await anna.post("/me/checkin", {"occurredAt": "2026-03-01T23:30:00-10:00"})
    assert (told.status_code, told.json()["streak"]["day"]) == (201, "2026-03-01")


async def test_late_checkins_bridge_two_runs(people: People) -> None:
    anna = await people.person(scopes=("backdate",))
    for day in (1, 2, 4, 5):
        await anna.post("/me/checkin", {"occurredAt": f"2026-03-{day:02d}T12:00:00Z"})
    await anna.post("/me/checkin", {"occurredAt": "2026-03-03T12:00:00Z"})
    me = (await anna.get("/me")).json()["streak"]
    assert (me["current"], me["longest"], me["lastDay"], me["state"]) == (0, 5, "2026-03-05", "none")


async def test_only_so_late_and_never_ahead_unless_it_may(people: People) -> None:
    anna, backdating = await people.person(), await people.person(scopes=("backdate",))
    refused = await anna.post("/me/checkin", {"occurredAt": ago(days=7, minutes=1)})
    assert code_of(refused) == (422, "occurred_at_out_of_range")
    assert [error["field"] for error in refused.json()["errors"]] == ["occurredAt"]
    assert (await anna.post("/me/checkin", {"occurredAt": ago(days=6, hours=23)})).status_code == 201
    assert (await anna.post("/me/checkin", {"occurredAt": ago(minutes=-4)})).status_code == 201
    ahead = await backdating.post("/me/checkin", {"occurredAt": ago(minutes=-6)})
    assert code_of(ahead) == (422, "occurred_at_out_of_range")
    assert (await backdating.post("/me/checkin", {"occurredAt": ago(days=700)})).status_code == 201


@pytest.mark.parametrize(
    "occurred_at", ["yesterday", "2026-03-01", "2026-03-01T12:00:00", 1764000000, "2026-02-30T12:00:00Z", ""]
)
async def test_a_bad_time_names_the_field(people: People, occurred_at: Any) -> None:
    anna = await people.person()
    assert fields_of(await anna.post("/me/checkin", {"occurredAt": occurred_at})) == ["occurredAt"]


async def test_only_somebody_can_check_in(people: People) -> None:
    assert code_of(await people.admin.post("/me/checkin")) == (403, "user_required")


async def test_those_who_go_take_their_checkins_along(open_server: OpenServer) -> None:
    app, people = await open_server()
    anna = await people.person(scopes=("backdate",))
    raid = await anna.starts_raid(targetXp=1000, targetTasks=100)
    await contributes(anna, raid["id"])
    for day in range(1, 9):
        await anna.post("/me/checkin", {"occurredAt": f"2026-03-{day:02d}T12:00:00Z"})
    assert (await anna.get("/me")).json()["credits"] >= 0
    assert (await anna.call("DELETE", "/me")).status_code == 204
    assert [one async for one in Reconciliation(app.state.services).look()] == []
