"""The raids of a plan: found again where an earlier run made them, else made, filled and started."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.replay.patience import ServerAway
from server.replay.people import Person
from server.replay.plan import MAX_MEMBERS, Quarter
from server.replay.rows import MAX_XP
from server.replay.way import NoRaid, Way

RAIDS = "/api/v1/raids"
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


async def find_or_make(way: Way, quarter: Quarter, leader: Person) -> Raid | NoRaid:
    """The quarter's raid as it stands. A request that may have made it is followed by another look."""
    for _ in range(_ATTEMPTS):
        found = await _find(way, quarter, leader)
        if found is not None:
            return _raid(quarter, leader, await way.snapshot(found, leader))
        made = await way.make_raid(leader, _new_raid(quarter))
        if isinstance(made, NoRaid):
            return made
        if made is not None:
            return _raid(quarter, leader, made)
    raise ServerAway(f"the raid of {quarter.name} could not be made: no answer to {_ATTEMPTS} requests")


async def _find(way: Way, quarter: Quarter, leader: Person) -> int | None:
    """The raid of just these rows that got furthest: only one of several can have been worked on."""
    found: list[tuple[int, int, int]] = []
    cursor: str | None = None
    while True:
        page = await way.page(leader, cursor)
        for raid in page["raids"]:
            if raid["description"] == quarter.description and raid["leaderId"] == leader.user_id:
                progress = _FURTHEST_LAST.index(raid["status"])
                found.append((progress, raid["currentTasks"], -raid["id"]))
        cursor = page.get("nextCursor")
        if not cursor:
            return -max(found)[2] if found else None


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
