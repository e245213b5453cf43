"""The raids of a plan: found again where an earlier run made them, else made, filled and started."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.replay.client import Client, ServerAway
from server.replay.people import Person
from server.replay.plan import MAX_MEMBERS, Quarter
from server.replay.rows import MAX_XP

RAIDS = "/api/v1/raids"
_PAGE = 100
_YEAR_H = 8760
"""The longest time limit there is: a replay that was broken off may be taken up again much later."""
_ATTEMPTS = 30
_FURTHEST_LAST = ("cancelled", "failed", "recruiting", "active", "completed")


@dataclass(slots=True)
class Raid:
    quarter: Quarter
    leader: Person
    raid_id: int
    status: str
    invite_code: str
    members: set[int] = field(default_factory=set)

    @property
    def path(self) -> str:
        return f"{RAIDS}/{self.raid_id}"


@dataclass(frozen=True, slots=True)
class NoRaid:
    """The server refused to make the quarter's raid; so are its rows."""

    reason: str


async def find_or_make(client: Client, quarter: Quarter, leader: Person) -> Raid | NoRaid:
    """The quarter's raid as it stands. A request that may have made it is followed by another look."""
    for _ in range(_ATTEMPTS):
        found = await _find(client, quarter, leader)
        if found is not None:
            return _raid(quarter, leader, (await client.get(f"{RAIDS}/{found}", leader.token)).body)
        made = await client.attempt(RAIDS, leader.token, _new_raid(quarter))
        if made is not None and not made.ok:
            return NoRaid(made.problem)
        if made is not None:
            return _raid(quarter, leader, made.body)
    raise ServerAway(f"the raid of {quarter.name} could not be made: no answer to {_ATTEMPTS} requests")


async def _find(client: Client, quarter: Quarter, leader: Person) -> int | None:
    """The raid of just these rows that got furthest: only one of several can have been worked on."""
    found: list[tuple[int, int, int]] = []
    cursor = ""
    while True:
        page = (await client.get(f"{RAIDS}?mine=true&limit={_PAGE}{cursor}", leader.token)).body
        for raid in page["raids"]:
            if raid["description"] == quarter.description and raid["leaderId"] == leader.user_id:
                progress = _FURTHEST_LAST.index(raid["status"])
                found.append((progress, raid["currentTasks"], -raid["id"]))
        if not page.get("nextCursor"):
            return -max(found)[2] if found else None
        cursor = f"&cursor={page['nextCursor']}"


def _new_raid(quarter: Quarter) -> dict[str, Any]:
    return {
        "title": quarter.title,
        "description": quarter.description,
        "targetXp": quarter.xp,
        "targetTasks": quarter.tasks,
        "timeLimitHours": _YEAR_H,
        "maxMembers": min(len(quarter.people), MAX_MEMBERS),
        "maxXpPerContribution": MAX_XP,
    }


def _raid(quarter: Quarter, leader: Person, body: Mapping[str, Any]) -> Raid:
    return Raid(
        quarter,
        leader,
        raid_id=int(body["id"]),
        status=str(body["status"]),
        invite_code=str(body["inviteCode"]),
        members={int(member["userId"]) for member in body["members"]},
    )


async def join(client: Client, raid: Raid, person: Person) -> None:
    """A refused join is not reported here: every row of that person is then refused with its reason."""
    await client.post(f"{RAIDS}/join", person.token, {"inviteCode": raid.invite_code})


async def start(client: Client, raid: Raid) -> None:
    await client.post(f"{raid.path}/start", raid.leader.token, {})


async def standing(client: Client, raid: Raid) -> Mapping[str, Any]:
    """The raid's snapshot now."""
    return (await client.get(raid.path, raid.leader.token)).body
