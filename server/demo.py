"""A public raid that moves by itself, so that whoever opens the page sees what Raidline is.

Fed from a small piece of a real activity log, at the pace of people, by a handful of `person-N`. They
have a provider of their own, so that a replayed log has its people to itself.
"""

import asyncio
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from server.replay.client import Answer, Client, open_client
from server.replay.people import Person, sign_in
from server.replay.raids import RAIDS
from server.replay.rows import ReplayError, Rows, read_rows

TITLE = "Demo raid"
_LOG = Path(__file__).parent / "data" / "demo-activity.csv"
_STORY = "A piece of a real activity log, played at the pace of people"
_TASKS = 60
_PAUSE_S = (0.8, 2.0)
_BETWEEN_RAIDS_S = 6.0
"""So long a completed raid may be looked at before the next one begins."""
_AFTER_ERROR_S = 5.0
_PATIENCE_S = 30.0
_CONNECTIONS = 2
_SEATS = 200
"""For the people of the log, and for whoever joins them."""

_log = structlog.get_logger(__name__)


async def run_demo(url: str, admin_token: str) -> None:
    """Keep one public raid moving until cancelled. Errors of the server are waited out, for ever."""
    rows = await asyncio.to_thread(read_rows, _LOG)
    async with open_client(url, connections=_CONNECTIONS, patience=_PATIENCE_S) as client:
        while True:
            try:
                await _play(client, admin_token, rows)
            except ReplayError as error:
                _log.warning("demo_paused", reason=str(error))
                await asyncio.sleep(_AFTER_ERROR_S)


async def _play(client: Client, admin_token: str, rows: Rows) -> None:
    """Raid after raid, until the server refuses something that it should not."""
    people = {
        number: await sign_in(client, admin_token, number, provider="demo", scopes=["unlimited"])
        for number in dict.fromkeys(rows.users)
    }
    demo = _Demo(client, rows, people)
    while True:
        raid_id, turn = await demo.running_raid()
        while await demo.contribute(raid_id, turn):
            turn += 1
            await asyncio.sleep(random.uniform(*_PAUSE_S))
        await asyncio.sleep(_BETWEEN_RAIDS_S)


@dataclass(frozen=True, slots=True)
class _Demo:
    client: Client
    rows: Rows
    people: Mapping[int, Person]

    @property
    def leader(self) -> Person:
        return next(iter(self.people.values()))

    async def running_raid(self) -> tuple[int, int]:
        """The demo raid that is under way, or a new one, and which row of the log is due."""
        page = _accepted(await self.client.get(f"{RAIDS}?mine=true&status=active", self.leader.token))
        running = [raid for raid in page["raids"] if raid["title"] == TITLE]
        raid_id = int(running[0]["id"]) if running else await self._begin()
        done = int(running[0]["currentTasks"]) if running else 0
        return raid_id, raid_id * _TASKS + done

    async def contribute(self, raid_id: int, turn: int) -> bool:
        """One row of the log, as of now. False when the raid is over, by this or before."""
        row = self.rows[turn % len(self.rows)]
        path = f"{RAIDS}/{raid_id}/contributions"
        token = self.people[row.user].token
        answer = await self.client.post(path, token, {"xp": row.files}, key=str(uuid.uuid4()))
        if answer.status == 409:
            return False
        return bool(_accepted(answer)["raid"]["status"] == "active")

    async def _begin(self) -> int:
        new = {
            "title": TITLE,
            "description": _STORY,
            "targetXp": _TASKS * sum(self.rows.files) // len(self.rows),
            "targetTasks": _TASKS,
            "maxMembers": max(_SEATS, len(self.people)),
            "public": True,
            "openJoin": True,
        }
        raid = _accepted(await self.client.post(RAIDS, self.leader.token, new))
        await self._invite(raid)
        for person in self.people.values():
            _accepted(await self.client.post(f"{RAIDS}/join", person.token, {"inviteCode": raid["inviteCode"]}))
        _accepted(await self.client.post(f"{RAIDS}/{raid['id']}/start", self.leader.token, {}))
        return int(raid["id"])

    async def _invite(self, raid: Mapping[str, Any]) -> None:
        """Say for everybody how to join: one joins by the code, which is only known now."""
        description = f"{_STORY}. Take part with the code {raid['inviteCode']}."
        path = f"{RAIDS}/{raid['id']}"
        _accepted(await self.client.patch(path, self.leader.token, {"description": description}))


def _accepted(answer: Answer) -> Mapping[str, Any]:
    if not answer.ok:
        raise ReplayError(answer.problem)
    return answer.body
