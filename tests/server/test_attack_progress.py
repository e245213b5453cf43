"""What somebody would try who wants more than is theirs: days, pages, names and answers that are not."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from tests.server.people import People, Person, code_of
from tests.server.test_achievements import DEFINITIONS, PROGRESS, WRITE, defines
from tests.server.test_me import contributes, fields_of

pytestmark = pytest.mark.usefixtures("one_day")

NOWHERE = ("-23:59", "-12:01", "+14:01", "+23:59")


def now_at(offset: str) -> str:
    """This instant, as a clock with that offset shows it."""
    sign = -1 if offset[0] == "-" else 1
    zone = timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:])))
    return datetime.now(UTC).astimezone(zone).isoformat()


def nested(depth: int, inner: Any = 1) -> Any:
    for _ in range(depth):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize("offset", NOWHERE)
async def test_an_offset_that_no_clock_has_makes_no_day(people: People, offset: str) -> None:
    anna = await people.person()
    raid = await anna.starts_raid()
    item = {"occurredAt": now_at(offset)}
    assert fields_of(await anna.post("/me/checkin", item)) == ["occurredAt"]
    assert fields_of(await anna.post(f"/raids/{raid['id']}/contributions", {"xp": 1, **item})) == ["occurredAt"]
    batch = await anna.post("/contributions", {"items": [{"raidId": raid["id"], "key": "k", "xp": 1, **item}]})
    assert batch.json()["results"][0]["problem"]["errors"][0]["field"] == "occurredAt"
    assert (await anna.get("/me/streak?days=2")).json()["longest"] == 0


async def test_all_offsets_of_one_instant_are_three_days_at_most(people: People) -> None:
    anna = await people.person()
    offsets = [f"{hour:+03d}:00" for hour in range(-12, 15)]
    answers = await asyncio.gather(*(anna.post("/me/checkin", {"occurredAt": now_at(one)}) for one in offsets))
    assert {answer.status_code for answer in answers} == {200, 201}
    days = {answer.json()["streak"]["day"] for answer in answers}
    assert len(days) <= 3
    streak = (await anna.get("/me")).json()["streak"]
    assert (streak["longest"], streak["freezes"]) == (len(days), 0)


@pytest.mark.parametrize("depth", [200, 249, 250, 251, 252, 253, 254, 255, 256])
async def test_metadata_that_is_taken_can_be_read_again(people: People, depth: int) -> None:
    anna, made = await people.person(), await defines(people.admin)
    named = f"{PROGRESS}?achievementId={made['id']}"
    noted = await anna.post(PROGRESS, {"achievementId": made["id"], "metadata": nested(depth)})
    if noted.status_code != 200:
        assert depth > 240
        assert fields_of(noted) == ["metadata"]
        assert code_of(await anna.get(named)) == (404, "not_found")
        return
    assert (await anna.get(named)).json() == noted.json()
    assert (await anna.get(f"{PROGRESS}/list")).json()["progress"] == [noted.json()]
    assert (await anna.get("/me/export")).json()["achievements"][0]["metadata"] == nested(depth)


async def test_what_was_changed_is_answered_and_not_called_known(people: People) -> None:
    """If-None-Match on a write that has happened: the answer says what came of it."""
    anna = await people.person("Anna")
    today = str(datetime.now(UTC).date())
    tag = (await anna.get("/me")).headers["etag"]
    for header in (tag, "*"):
        answer = await anna.call("PATCH", "/me", {"name": "Anna"}, If_None_Match=header)
        assert (answer.status_code, answer.json()["name"]) == (200, "Anna")
        paused = await anna.post("/me/streak/pause", {"from": today, "to": today}, If_None_Match=header)
        assert (paused.status_code, paused.json()["pause"]) == (200, {"from": today, "to": today})
    assert (await anna.call("HEAD", "/me", If_None_Match="*")).status_code == 304


async def test_a_refused_contribution_names_the_field(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid(targetXp=1000, maxXpPerContribution=100, maxXpPerMemberPerDay=150)
    path = f"/raids/{raid['id']}/contributions"
    await contributes(anna, raid["id"], 100)
    for body, code, field in (
        ({"xp": 101}, "xp_above_cap", "xp"),
        ({"xp": 51}, "daily_cap_reached", "xp"),
        ({"xp": 1, "occurredAt": "2020-01-01T00:00:00Z"}, "occurred_at_out_of_range", "occurredAt"),
    ):
        answer = await anna.post(path, body)
        assert code_of(answer) == (422, code)
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_nobody_learns_of_others_nor_whether_they_are(people: People) -> None:
    anna, ben, made = await people.person(), await people.person(), await defines(people.admin)
    await ben.post(PROGRESS, {"achievementId": made["id"]})
    for method, path in (("GET", PROGRESS), ("GET", f"{PROGRESS}/list"), ("DELETE", PROGRESS)):
        answers = [
            await anna.call(method, f"{path}?userId={user_id}&achievementId={made['id']}")
            for user_id in (ben.id, 999_999_999)
        ]
        assert [code_of(answer) for answer in answers] == [(403, "insufficient_scope")] * 2
    raid = await ben.starts_raid()
    for raid_id in (raid["id"], 999_999_999):
        for query in ("", "?around=me"):
            assert code_of(await anna.get(f"/leaderboards/raids/{raid_id}{query}")) == (404, "not_found")


async def test_a_secret_has_no_name_through_any_door(people: People) -> None:
    anna, ben = await people.person(), await people.person()
    secret = {"name": "Owl", "description": "Up at night", "secret": True, "metric": "tasks_total", "threshold": 2}
    made = await defines(people.admin, **secret)
    raid = await ben.starts_raid(anna, targetTasks=100, targetXp=1000)

    async def tells(who: Person) -> list[str]:
        doors = [
            *("/me/achievements", "/me/achievements/next?limit=100", "/me/export", f"{PROGRESS}/list"),
            *(f"{DEFINITIONS}?limit=500", f"{DEFINITIONS}/{made['id']}"),
            f"/raids/{raid['id']}/events?after=",
        ]
        return [door for door in doors if "Owl" in (text := (await who.get(door)).text) or "Up at night" in text]

    await anna.post(PROGRESS, {"achievementId": made["id"]})
    for _ in range(2):
        await contributes(ben, raid["id"])
    assert await tells(anna) == []
    assert len(await tells(ben)) == 4


async def test_whatever_is_unlocked_and_deleted_at_once_is_rewarded_once(people: People) -> None:
    writer, anna = await people.person(scopes=(WRITE,)), await people.person()
    made = await defines(writer, rewardXp=70, rewardCredits=7)
    pair = {"userId": anna.id, "achievementId": made["id"]}

    async def one(number: int) -> httpx.Response:
        if number % 3 == 2:
            return await writer.call("DELETE", PROGRESS, pair)
        return await writer.call("PUT", f"{PROGRESS}/unlock", pair)

    answers = await asyncio.gather(*(one(number) for number in range(60)))
    # An unlock that was deleted in between is none any more.
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    me = (await anna.get("/me")).json()
    assert (me["xp"], me["credits"]) == (70, 7)
