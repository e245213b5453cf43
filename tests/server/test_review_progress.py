"""What a review of progress found over HTTP: zones that are abbreviations, days to come, lists, and secrets."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from persistence.boards import Boards
from persistence.pool import Pool, connection
from raidline.boards import Period, daily
from server.leaderboards import Leaderboards
from tests.server.people import People, code_of

SECRET, CLUE = "Opened the hidden door", "By the lantern in the cellar"


@pytest.mark.parametrize(("zone", "place"), [("CET", "Europe/Brussels"), ("EET", "Europe/Athens"), ("UTC", "UTC")])
async def test_a_zone_that_is_an_abbreviation_is_kept_as_a_place(people: People, zone: str, place: str) -> None:
    """Postgres knows no summer time of an abbreviation: its midnights would lie an hour beside those of the server."""
    anna = await people.person(tz=zone)
    assert (await anna.get("/me")).json()["tz"] == place
    assert (await anna.call("PATCH", "/me", {"tz": zone})).json()["tz"] == place


@pytest.mark.usefixtures("one_day")
async def test_of_days_to_come_only_those_are_shown_that_are_kept(people: People) -> None:
    anna = await people.person()
    first = datetime.now(UTC).date() + timedelta(days=3)
    assert (await anna.post("/me/streak/pause", {"from": str(first), "to": str(first)})).status_code == 200
    today = datetime.now(UTC).date()
    ahead = (await anna.get(f"/me/streak?from={today + timedelta(days=1)}&to={first}")).json()
    assert [(one["day"], one["state"]) for one in ahead["days"]] == [(str(first), "paused")]
    both = (await anna.get(f"/me/streak?from={today}&to={first}")).json()
    assert [(one["day"], one["state"]) for one in both["days"]] == [(str(today), "none"), (str(first), "paused")]


async def test_a_cursor_whose_definition_is_deleted_is_refused(people: People) -> None:
    admin = people.admin
    path = "/users/achievements/definitions"
    page = (await admin.get(f"{path}?limit=1")).json()
    assert (await admin.call("DELETE", f"{path}/{page['definitions'][0]['id']}")).status_code == 204
    assert code_of(await admin.get(f"{path}?limit=1&cursor={page['nextCursor']}"))[0] == 422


async def test_a_secret_is_told_by_no_page_to_whoever_has_not_unlocked_it(people: People) -> None:
    anna, bert, cleo = [await people.person() for _ in range(3)]
    made = await people.admin.post(
        "/users/achievements/definitions",
        {"name": SECRET, "description": CLUE, "metric": "tasks_total", "threshold": 2, "secret": True},
    )
    achievement: int = made.json()["id"]
    raid = await anna.starts_raid(bert, public=True)
    path = f"/raids/{raid['id']}/contributions"
    assert SECRET not in (await anna.post(path, {"xp": 1}, Idempotency_Key="one")).text
    assert SECRET in (await anna.post(path, {"xp": 1}, Idempotency_Key="two")).text
    assert SECRET in (await anna.get("/me/achievements")).text
    await bert.post("/users/achievements/progress", {"achievementId": achievement, "metadata": {"step": 1}})
    told: list[tuple[str, str]] = []
    for person in (bert, cleo):
        for page in _pages(raid, achievement):
            answer = await person.get(page)
            assert answer.status_code in (200, 404), (page, answer.text)
            told.append((page, answer.text))
        told.append(("checkin", (await person.post("/me/checkin", {})).text))
    told.append(("contribution", (await bert.post(path, {"xp": 1})).text))
    assert [page for page, text in told if SECRET in text or CLUE in text] == []


def _pages(raid: dict[str, Any], achievement: int) -> list[str]:
    return [
        "/users/achievements/definitions",
        f"/users/achievements/definitions/{achievement}",
        f"/users/achievements/progress?achievementId={achievement}",
        "/users/achievements/progress/list",
        "/me",
        "/me/achievements",
        "/me/achievements/next?limit=100",
        "/me/stats",
        "/me/export",
        f"/raids/{raid['id']}",
        f"/raids/{raid['id']}/contributions",
        f"/raids/{raid['id']}/events?after={raid['epoch']}-0",
        f"/leaderboards/raids/{raid['id']}",
    ]


class Counting(Boards):
    """How many boards are being stored at once, at most."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.storing = self.most = self.stored_now = 0

    async def finalise(self, period: Period) -> bool:
        self.storing += 1
        self.most = max(self.most, self.storing)
        try:
            await asyncio.sleep(0)
            stored = await super().finalise(period)
        finally:
            self.storing -= 1
        self.stored_now += stored
        return stored


async def test_boards_of_long_ago_are_stored_one_after_the_other(people: People) -> None:
    """Whoever asks for many at once must not have all the connections that recording needs."""
    anna = await people.person()
    services = people.client._transport.app.state.services  # type: ignore[attr-defined]
    days = [date(2020, 1, day) for day in range(1, 9)]
    async with connection(services.pool) as held:
        await held.execute(
            """INSERT INTO user_daily_stats (user_id, day, xp, tasks)
               SELECT $1, one, 5, 1 FROM unnest($2::date[]) AS one""",
            anna.id,
            days,
        )
    boards = Counting(services.pool)
    leaderboards = Leaderboards(services.board_store, boards)
    pages = await asyncio.gather(*(leaderboards.page(daily(day), None, None, 10) for day in days))
    assert [[row.xp for row in page.rows] for page in pages] == [[5]] * len(days)
    assert (boards.most, boards.stored_now) == (1, len(days))
