"""The plainest client there is: a GET, a bare EventSource, and additions. It knows nothing of cursors."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import cycle
from typing import Any

import httpx
import orjson
import pytest

from tests.conftest import Launch
from tests.end_to_end.client import at, servers, sse_blocks
from tests.server.people import Person

JOINERS, EACH = 6, 30


class PlainClient:
    """As a page would be written in an afternoon: it listens to three events and ignores all others."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.members = {one["userId"]: [one["xpContributed"], one["tasksContributed"]] for one in snapshot["members"]}
        self.xp, self.tasks = snapshot["currentXp"], snapshot["currentTasks"]
        self.complete = False
        self.listening = asyncio.Event()

    async def listen(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        async with aclosing(_event_source(client, url, token)) as events:
            async for event, data in events:
                if event == "hello":
                    self.listening.set()
                elif event == "contribution":
                    self._add(data)
                elif event == "member_join":
                    self.members[data["userId"]] = [data["xpContributed"], data["tasksContributed"]]
                elif event == "raid_complete":
                    self.complete = True
                    return

    def _add(self, data: dict[str, Any]) -> None:
        self.xp, self.tasks = self.xp + data["xp"], self.tasks + 1
        sums = self.members[data["userId"]]
        sums[0], sums[1] = sums[0] + data["xp"], sums[1] + 1


async def _event_source(
    client: httpx.AsyncClient, url: str, token: str
) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with client.stream("GET", url, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for event, _, data in sse_blocks(answer.aiter_raw()):
            yield event, orjson.loads(data)


@pytest.mark.parametrize("counted_before", [0, 5])
async def test_a_plain_client_ends_with_the_servers_totals(launch: Launch, counted_before: int) -> None:
    async with servers(launch) as (here, there):
        leader = await here.person()
        total = counted_before + (JOINERS + 1) * EACH
        raid = await leader.starts_raid(targetXp=0, targetTasks=total, maxMembers=JOINERS + 1, openJoin=True)
        path = f"/raids/{raid['id']}"
        for _ in range(counted_before):
            await leader.post(f"{path}/contributions", {"xp": 11})
        plain = []
        async with asyncio.TaskGroup() as group:
            for people in (here, there):
                snapshot = (await at(leader, people).get(path)).json()
                plain.append(PlainClient(snapshot))
                group.create_task(plain[-1].listen(people.client, f"/api/v1{path}/stream", leader.token))
            for one in plain:
                await one.listening.wait()
            for number in range(JOINERS + 1):
                group.create_task(_take_part(leader if number == 0 else await here.person(), raid, here, there))
        end = (await leader.get(path)).json()
        assert (end["status"], end["currentTasks"]) == ("completed", total)
        for one in plain:
            assert one.complete
            assert (one.xp, one.tasks) == (end["currentXp"], end["currentTasks"])
            assert one.members == {
                member["userId"]: [member["xpContributed"], member["tasksContributed"]] for member in end["members"]
            }


async def _take_part(person: Person, raid: dict[str, Any], *people: Any) -> None:
    if person.id != raid["leaderId"]:
        answer = await person.post("/raids/join", {"inviteCode": raid["inviteCode"].lower()})
        assert answer.status_code == 200, answer.text
    answers = await asyncio.gather(
        *(
            at(person, to).post(f"/raids/{raid['id']}/contributions", {"xp": number})
            for number, to in zip(range(EACH), cycle(people), strict=False)
        )
    )
    assert {one.status_code for one in answers} == {201}
