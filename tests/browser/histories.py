"""People with a past: months of days of every kind, achievements in all states, boards that are full.

To look at it in a browser, against a `raidline up --data DIR` whose RAIDLINE_ADMIN_TOKEN is that of the tests:

    python -m tests.browser.histories http://127.0.0.1:8000 DIR

prints the session token of somebody with a year behind them.
"""

import asyncio
import json
import random
import sys
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from tests.end_to_end.client import client_of
from tests.server.people import People, Person

SCOPES = ("backdate", "unlimited")
BATCH = 500

KEPT = {20: "frozen", 41: "repaired", 60: "paused", 61: "paused", 62: "paused", 63: "paused"}
"""Days ago that were kept, and how; ones with nothing of their own."""

MISSED = (2, 33, 34, 75, 110, 111, 112, 150, 151, 180, 200, 201, 202, 203)

DEFINITIONS: tuple[dict[str, Any], ...] = (
    {"name": "Warming up", "description": "Seven days in a row.", "group": "streak", "tier": "bronze",
     "metric": "streak_days", "threshold": 7, "rewardXp": 50, "rewardCredits": 5, "icon": "🔥"},
    {"name": "On fire", "description": "Thirty days in a row.", "group": "streak", "tier": "silver",
     "metric": "streak_days", "threshold": 30, "rewardXp": 200, "rewardCredits": 20, "icon": "🔥"},
    {"name": "Unstoppable", "description": "A hundred and twenty days in a row.", "group": "streak", "tier": "gold",
     "metric": "streak_days", "threshold": 120, "rewardXp": 1000, "rewardCredits": 100, "icon": "🔥"},
    {"name": "Busy hands", "description": "A hundred tasks.", "group": "tasks", "tier": "bronze",
     "metric": "tasks_total", "threshold": 100, "rewardXp": 100},
    {"name": "Tireless", "description": "A thousand tasks.", "group": "tasks", "tier": "silver",
     "metric": "tasks_total", "threshold": 1000, "rewardXp": 500},
    {"name": "Ten thousand", "description": "Earn ten thousand XP.", "metric": "xp_total", "threshold": 10_000},
    {"name": "A million", "description": "Earn a million XP.", "metric": "xp_total", "threshold": 1_000_000,
     "rewardCredits": 250},
    {"name": "Finisher", "description": "Complete ten raids with others.", "metric": "raids_completed",
     "threshold": 10, "rewardXp": 300},
    {"name": "Founders’ medal", "description": "Given by the people who run this place.", "rewardCredits": 10},
    {"name": "Night owl", "description": "Check in after midnight.", "secret": True, "metric": "checkins_total",
     "threshold": 500, "rewardXp": 77},
    {"name": "The hidden door", "description": "You found it.", "secret": True, "rewardCredits": 42},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    person: Person
    raid_id: int
    today: date


def today_of(tz: str) -> date:
    return datetime.now(ZoneInfo(tz)).date()


async def defines(people: People, definitions: Iterable[dict[str, Any]] = DEFINITIONS) -> list[dict[str, Any]]:
    """The only achievements there are to unlock, as the server made them."""
    there = await people.admin.get("/users/achievements/definitions?limit=500")
    for one in there.json()["definitions"]:
        answer = await people.admin.call("DELETE", f"/users/achievements/definitions/{one['id']}")
        assert answer.status_code == 204, answer.text
    made = []
    for position, fields in enumerate(definitions):
        body = {"position": position, **fields}
        answer = await people.admin.post("/users/achievements/definitions", body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json())
    return made


async def contributes_on(person: Person, raid_id: int, day: date, *amounts: int, tz: str = "UTC") -> None:
    await _sends(person, [_item(raid_id, xp, day, number, tz) for number, xp in enumerate(amounts)])


async def some_days(people: People, days_ago: Collection[int], *, name: str = "", tz: str = "UTC") -> History:
    """Somebody who contributed 10 XP on each of those days."""
    person, raid_id = await _in_a_raid(people, name, tz)
    today = today_of(tz)
    items = [_item(raid_id, 10, today - timedelta(days=ago), 0, tz) for ago in sorted(days_ago, reverse=True)]
    await _sends(person, items)
    return History(person, raid_id, today)


async def a_year(
    people: People,
    database_url: str,
    *,
    name: str = "",
    tz: str = "UTC",
    days: int = 320,
    seed: int = 7,
    missed: Collection[int] = MISSED,
) -> History:
    """Somebody whose year has days of every kind, today still open, two freezes held."""
    person, raid_id = await _in_a_raid(people, name, tz)
    today, chance = today_of(tz), random.Random(seed)
    idle = {*KEPT, *missed}
    before_kept = {ago + 1 for ago in KEPT} - idle
    done = {
        ago: [_item(raid_id, chance.choice((5, 10, 20, 40, 120)), today - timedelta(days=ago), number, tz)
              for number in range(chance.randint(1, 5))]
        for ago in range(days, 0, -1) if ago not in idle
    }  # fmt: skip
    await _sends(person, [item for ago, items in done.items() if ago not in before_kept for item in items])
    await _keeps(database_url, person, today)
    # What comes last lies beside the kept days, so that the server walks the run anew and sees them.
    await _sends(person, [item for ago in sorted(before_kept, reverse=True) for item in done[ago]])
    await holds_freezes(database_url, person, 2)
    return History(person, raid_id, today)


async def holds_freezes(database_url: str, person: Person, count: int) -> None:
    """As if earned, seven days as they happened for each."""
    await _executes(database_url, "UPDATE user_streaks SET freezes = $2 WHERE user_id = $1", person.id, count)


async def a_crowd(
    people: People, leader: Person, *, count: int = 30, mine: int = 150, names: Collection[str] = ()
) -> int:
    """A raid with so many others, today, the leader amid them and tied with one; its id."""
    names = [*names, *(f"{leader.name} rival {number:02d}" for number in range(len(names), count))]
    members = [await people.person(f"{one}", scopes=SCOPES) for one in names]
    raid = await leader.starts_raid(
        *members, title="All of us", targetXp=10**9, targetTasks=10**6, maxMembers=max(4, count + 1)
    )
    for place, member in enumerate(members, start=1):
        answer = await member.post(f"/raids/{raid['id']}/contributions", {"xp": place * 10})
        assert answer.status_code == 201, answer.text
    answer = await leader.post(f"/raids/{raid['id']}/contributions", {"xp": mine})
    assert answer.status_code == 201, answer.text
    return int(raid["id"])


async def _in_a_raid(people: People, name: str, tz: str) -> tuple[Person, int]:
    person = await people.person(name, tz, scopes=SCOPES)
    raid = await person.starts_raid(title="A long way", targetXp=10**9, targetTasks=10**6, timeLimitHours=8760)
    return person, int(raid["id"])


def _item(raid_id: int, xp: int, day: date, number: int, tz: str) -> dict[str, Any]:
    at = datetime.combine(day, time(9), ZoneInfo(tz)) + timedelta(minutes=number)
    at = min(at, datetime.now(ZoneInfo(tz)))
    return {"raidId": raid_id, "key": str(uuid.uuid4()), "xp": xp, "occurredAt": at.isoformat()}


async def _sends(person: Person, items: list[dict[str, Any]]) -> None:
    for first in range(0, len(items), BATCH):
        answer = await person.post("/contributions", {"items": items[first : first + BATCH]})
        assert answer.status_code == 200, answer.text
        refused = [one for one in answer.json()["results"] if one["status"] >= 400]
        assert not refused, refused[0]


async def _keeps(database_url: str, person: Person, today: date) -> None:
    insert = "INSERT INTO streak_days (user_id, day, active, kept, cause, at) VALUES ($1, $2, false, $3, $4, $5)"
    causes = {"frozen": "freeze", "paused": "pause", "repaired": "repair"}
    for ago, kept in KEPT.items():
        await _executes(
            database_url, insert, person.id, today - timedelta(days=ago), kept, causes[kept], datetime.now(UTC)
        )


async def _executes(database_url: str, statement: str, *arguments: object) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement, *arguments)
    finally:
        await connection.close()


async def _shown(url: str, folder: Path) -> str:
    database_url = json.loads((folder / "services.json").read_text())["database_url"]
    async with client_of(url) as client:
        people = People(client)
        await defines(people)
        history = await a_year(people, database_url, name="Marlene Okonkwo", tz="Europe/Berlin")
        names = ("Wolfeschlegelsteinhausenbergerdorff-Montgomery the Third of Ulm", "محمد عبد الرحمن", "陳大文", "Z")
        await a_crowd(people, history.person, names=names)
        return history.person.token


if __name__ == "__main__":
    print(asyncio.run(_shown(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201 - what it is called for
