"""What a person did, day by day: from the aggregates, kept ready-made for the days that everybody asks for."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from server.settings import Settings
from tests.helpers import eventually
from tests.server.people import People, Person, code_of
from tests.server.test_me import contributes, fields_of

pytestmark = pytest.mark.usefixtures("one_day")


def today() -> date:
    return datetime.now(UTC).date()


async def busy(people: People) -> tuple[Person, int]:
    anna = await people.person(scopes=("backdate",))
    raid = await anna.starts_raid(targetXp=100_000, targetTasks=10_000)
    return anna, raid["id"]


async def test_every_day_of_a_range_is_told_with_its_totals(people: People) -> None:
    anna, raid_id = await busy(people)
    for day, xp in ((1, 10), (1, 20), (3, 5)):
        await contributes(anna, raid_id, xp, occurredAt=f"2026-03-{day:02d}T12:00:00Z")
    stats = (await anna.get("/me/stats?from=2026-03-01&to=2026-03-04")).json()
    assert stats == {
        "from": "2026-03-01",
        "to": "2026-03-04",
        "totals": {"xp": 35, "tasks": 3, "checkIns": 0, "activeDays": 2},
        "days": [
            {"day": "2026-03-01", "xp": 30, "tasks": 2, "checkedIn": False},
            {"day": "2026-03-02", "xp": 0, "tasks": 0, "checkedIn": False},
            {"day": "2026-03-03", "xp": 5, "tasks": 1, "checkedIn": False},
            {"day": "2026-03-04", "xp": 0, "tasks": 0, "checkedIn": False},
        ],
    }


async def test_without_a_range_it_is_the_last_thirty_days_and_what_is_new_shows_at_once(people: People) -> None:
    anna, raid_id = await busy(people)
    first = await anna.get("/me/stats")
    assert (first.json()["from"], first.json()["to"]) == (str(today() - timedelta(days=29)), str(today()))
    assert (await anna.get("/me/stats", If_None_Match=first.headers["etag"])).status_code == 304
    await contributes(anna, raid_id, 7)

    async def shown() -> bool:
        return bool((await anna.get("/me/stats")).json()["totals"]["xp"] == 7)

    await eventually(shown)
    assert (await anna.get("/me/stats", If_None_Match=first.headers["etag"])).status_code == 200


async def test_the_days_are_never_counted_from_the_log(people: People, settings: Settings) -> None:
    anna, raid_id = await busy(people)
    await contributes(anna, raid_id, 10, occurredAt="2026-03-01T12:00:00Z")
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("TRUNCATE contributions, contribution_keys")
    await connection.close()
    assert (await anna.get("/me/stats?from=2026-03-01&to=2026-03-01")).json()["totals"]["xp"] == 10


async def test_a_voided_contribution_is_taken_off(people: People) -> None:
    anna, raid_id = await busy(people)
    made = (await contributes(anna, raid_id, 10)).json()
    gone = await anna.call("DELETE", f"/raids/{raid_id}/contributions/{made['contributionId']}")
    assert gone.status_code == 200
    stats = (await anna.get(f"/me/stats?from={today()}&to={today()}")).json()
    assert stats["totals"] == {"xp": 0, "tasks": 0, "checkIns": 0, "activeDays": 0}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("to=2026-02-30", "to"),
        ("from=2026-3-1", "from"),
        ("from=2026-03-02&to=2026-03-01", "from"),
        ("from=2025-03-01&to=2026-03-02", "from"),
        ("from=2026-03-01&from=2026-03-02", "from"),
        ("from=0001-01-01&to=0001-01-02", "to"),
    ],
)
async def test_a_bad_range_names_what_is_wrong(people: People, query: str, field: str) -> None:
    anna = await people.person()
    assert fields_of(await anna.get(f"/me/stats?{query}")) == [field]


async def test_a_whole_leap_year_can_be_asked_for(people: People) -> None:
    anna = await people.person()
    answer = await anna.get("/me/stats?from=2024-01-01&to=2024-12-31")
    assert len(answer.json()["days"]) == 366


async def test_nobody_sees_the_days_of_somebody_else(people: People) -> None:
    anna, raid_id = await busy(people)
    await contributes(anna, raid_id, 10)
    bob = await people.person()
    assert (await bob.get("/me/stats")).json()["totals"]["xp"] == 0
    nobody = Person(people.client, 0, "wrong", "")
    assert code_of(await nobody.get("/me/stats")) == (401, "unauthenticated")
