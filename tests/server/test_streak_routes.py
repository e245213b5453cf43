"""A streak over HTTP: every day explained, and kept by a freeze, a repair or a pause."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.server.people import People, Person, code_of
from tests.server.test_me import contributes, fields_of

pytestmark = pytest.mark.usefixtures("one_day")


def day(ago: int) -> str:
    """So many days ago."""
    return str(datetime.now(UTC).date() - timedelta(days=ago))


async def active(people: People, days_ago: Sequence[int]) -> Person:
    """Somebody who did something on those days."""
    anna = await people.person(scopes=("backdate",))
    raid = await anna.starts_raid(targetXp=100_000, targetTasks=10_000)
    for ago in days_ago:
        fields = {"occurredAt": f"{day(ago)}T12:00:00Z"} if ago else {}
        await contributes(anna, raid["id"], 1, **fields)
    return anna


async def streak_of(person: Person, query: str = "") -> dict[str, Any]:
    answer = await person.get(f"/me/streak{query}")
    assert answer.status_code == 200, answer.text
    streak: dict[str, Any] = answer.json()
    return streak


def states(streak: dict[str, Any], last: int = 6) -> list[str]:
    return [one["state"] for one in streak["days"]][-last:]


async def gets_a_freeze(person: Person, people: People) -> None:
    """As if earned by seven days as they happened."""
    services = people.client._transport.app.state.services  # type: ignore[attr-defined]
    async with services.pool.acquire() as held:
        await held.execute("UPDATE user_streaks SET freezes = 1 WHERE user_id = $1", person.id)


async def test_of_somebody_new_there_is_nothing_to_miss(people: People) -> None:
    anna = await people.person()
    streak = await streak_of(anna)
    assert streak["current"] == streak["longest"] == streak["freezes"] == 0
    assert (streak["state"], streak["lastDay"], streak["tier"], streak["nextFreezeIn"]) == ("none", None, None, 7)
    assert streak["repair"] == {"available": False, "day": None, "until": None}
    assert streak["pause"] is None
    assert len(streak["days"]) == 180
    assert {one["state"] for one in streak["days"]} == {"none"}
    assert streak["days"][-1]["day"] == day(0)


async def test_every_day_is_explained(people: People) -> None:
    anna = await active(people, [4, 3, 1])
    streak = await streak_of(anna)
    assert states(streak) == ["none", "active", "active", "missed", "active", "open"]
    assert (streak["current"], streak["longest"], streak["state"], streak["lastDay"]) == (1, 2, "open", day(1))
    assert all(one["why"].endswith(".") or one["why"].endswith("yet.") for one in streak["days"])
    assert streak["days"][-2] == {
        "day": day(1),
        "state": "active",
        "cause": "contribution",
        "why": "Something was contributed.",
    }


async def test_a_range_is_as_long_as_asked(people: People) -> None:
    anna = await active(people, [2, 1, 0])
    assert [one["day"] for one in (await streak_of(anna, "?days=3"))["days"]] == [day(2), day(1), day(0)]
    assert states(await streak_of(anna, f"?from={day(3)}&to={day(2)}")) == ["none", "active"]
    assert len((await streak_of(anna, "?days=366"))["days"]) == 366
    assert len((await streak_of(anna, "?days=1"))["days"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [("days=0", "days"), ("days=367", "days"), ("days=x", "days"), ("from=x", "from"), ("to=2026-13-01", "to")],
)
async def test_a_bad_range_names_what_is_wrong(people: People, query: str, field: str) -> None:
    anna = await people.person()
    assert fields_of(await anna.get(f"/me/streak?{query}")) == [field]


async def test_tiers_are_reached_by_the_longest(people: People) -> None:
    anna = await active(people, range(12, 5, -1))
    streak = await streak_of(anna)
    assert (streak["current"], streak["longest"], streak["tier"]) == (0, 7, "bronze")


async def test_an_answer_that_is_known_is_not_sent_again(people: People) -> None:
    anna = await active(people, [0])
    answer = await anna.get("/me/streak")
    assert (await anna.get("/me/streak", If_None_Match=answer.headers["etag"])).status_code == 304


async def test_a_freeze_keeps_today_and_twice_is_once(people: People) -> None:
    anna = await active(people, [2, 1])
    assert code_of(await anna.post("/me/streak/freeze")) == (409, "no_freeze")
    await gets_a_freeze(anna, people)
    answers = [await anna.post("/me/streak/freeze", body) for body in ({"day": day(0)}, None)]
    assert [answer.status_code for answer in answers] == [200, 200]
    streak = await streak_of(anna)
    assert [answer.json() for answer in answers] == [streak, streak]
    assert (streak["state"], streak["current"], streak["freezes"]) == ("frozen", 2, 0)
    assert streak["days"][-1]["why"] == "A freeze was spent on this day, so the streak goes on."


async def test_a_freeze_is_for_today_and_for_a_streak_that_lives(people: People) -> None:
    anna = await active(people, [0])
    assert fields_of(await anna.post("/me/streak/freeze", {"day": day(1)})) == ["day"]
    assert fields_of(await anna.post("/me/streak/freeze", {"day": "today"})) == ["day"]
    assert code_of(await anna.post("/me/streak/freeze")) == (409, "already_active")
    assert code_of(await (await people.person()).post("/me/streak/freeze")) == (409, "no_streak")


async def test_a_repair_mends_the_latest_missed_day_and_twice_is_once(people: People) -> None:
    anna = await active(people, [3, 2, 0])
    before = await streak_of(anna)
    assert (before["current"], before["repair"]["available"], before["repair"]["day"]) == (1, True, day(1))
    until = datetime.fromisoformat(before["repair"]["until"])
    assert until == datetime.fromisoformat(f"{day(0)}T00:00:00+00:00") + timedelta(hours=48)
    answers = [await anna.post("/me/streak/repair", body) for body in (None, {}, {"day": day(1)})]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    streak = await streak_of(anna)
    assert [answer.json() for answer in answers] == [streak] * 3
    assert (streak["current"], streak["longest"], streak["repair"]["available"]) == (3, 3, False)
    assert states(streak, 4) == ["active", "active", "repaired", "active"]


async def test_what_cannot_be_repaired_says_why(people: People) -> None:
    anna = await active(people, [8, 7, 0])
    assert code_of(await anna.post("/me/streak/repair")) == (409, "nothing_to_repair")
    assert code_of(await anna.post("/me/streak/repair", {"day": day(6)})) == (409, "nothing_to_repair")
    assert fields_of(await anna.post("/me/streak/repair", {"day": 5})) == ["day"]


async def test_a_second_repair_has_to_wait(people: People) -> None:
    anna = await active(people, [4, 3, 0])
    other = await active(people, [3, 1])
    assert (await other.post("/me/streak/repair")).status_code == 200
    refused = await other.post("/me/streak/repair", {"day": day(5)})
    assert code_of(refused) == (409, "repaired_lately")
    assert 6 * 86400 < int(refused.headers["retry-after"]) <= 7 * 86400
    assert code_of(await anna.post("/me/streak/repair")) == (409, "nothing_to_repair")


async def test_a_pause_keeps_its_days_and_twice_is_once(people: People) -> None:
    anna = await active(people, [1, 0])
    body = {"from": day(-1), "to": day(-5)}
    answers = [await anna.post("/me/streak/pause", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["pause"] for answer in answers] == [{"from": day(-1), "to": day(-5)}] * 2
    assert (await streak_of(anna))["current"] == 2
    answer = await anna.post("/me/streak/pause", {"from": day(-2), "to": day(-3)})
    assert answer.json()["pause"] == {"from": day(-2), "to": day(-3)}
    for _ in range(2):
        answer = await anna.call("DELETE", "/me/streak/pause")
        assert (answer.status_code, answer.json()["pause"]) == (200, None)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (lambda: {"from": day(1), "to": day(-1)}, "pause_in_past", "from"),
        (lambda: {"from": day(-3), "to": day(-2)}, "pause_backwards", "to"),
        (lambda: {"from": day(0), "to": day(-92)}, "pause_too_long", "to"),
        (lambda: {"from": day(0)}, "validation_failed", "to"),
        (lambda: {"to": day(0)}, "validation_failed", "from"),
        (lambda: {"from": "soon", "to": day(0)}, "validation_failed", "from"),
        (lambda: {"from": 20261120, "to": day(0)}, "validation_failed", "from"),
    ],
)
async def test_a_bad_pause_names_the_field(
    people: People, body: Callable[[], dict[str, Any]], code: str, field: str
) -> None:
    anna = await active(people, [0])
    refused = await anna.post("/me/streak/pause", body())
    assert code_of(refused) == (422, code)
    assert [error["field"] for error in refused.json()["errors"]] == [field]


async def test_a_zone_change_moves_today(people: People) -> None:
    """Somewhere it is another date than in UTC, whatever the hour."""
    anna = await people.person()
    hour = datetime.now(UTC).hour
    tz, ahead = ("Pacific/Kiritimati", 1) if hour >= 10 else ("Etc/GMT+12", -1)
    assert (await anna.call("PATCH", "/me", {"tz": tz})).status_code == 200
    expected = datetime.now(UTC).date() + timedelta(days=ahead)
    assert date.fromisoformat((await streak_of(anna))["days"][-1]["day"]) == expected
