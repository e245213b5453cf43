"""Many at once, through two servers: each raid has one order, and everyone is told the truth about it."""

import asyncio
from collections import Counter
from itertools import cycle
from typing import Any

import httpx

from tests.conftest import Launch
from tests.end_to_end.client import at, rows, servers, watchers
from tests.end_to_end.event_log import shape
from tests.server.people import People, Person, code_of


def told(answers: list[httpx.Response]) -> Counter[Any]:
    """How often each answer was given: a status, or a status with its problem's code."""
    return Counter(one.status_code if one.status_code < 300 else code_of(one) for one in answers)


async def crowd(people: People, count: int) -> list[Person]:
    return list(await asyncio.gather(*(people.person() for _ in range(count))))


async def test_of_200_who_join_at_once_through_two_servers_exactly_nine_get_in_beside_the_leader(
    launch: Launch, database_url: str
) -> None:
    async with servers(launch) as (here, there):
        leader = await here.person()
        raid = await leader.makes_raid(maxMembers=10)
        people = await crowd(here, 200)
        body = {"inviteCode": raid["inviteCode"]}
        async with watchers(raid["id"], (leader, "sse"), (at(leader, there), "ws")) as watching:
            answers = await asyncio.gather(
                *(at(one, to).post("/raids/join", body) for one, to in zip(people, cycle((here, there))))
            )
            assert told(answers) == {200: 9, (409, "raid_full"): 191}
            got_in = {one.id for one, answer in zip(people, answers, strict=True) if answer.status_code == 200}
            for server in (here, there):
                snapshot = (await at(leader, server).get(f"/raids/{raid['id']}")).json()
                assert {one["userId"] for one in snapshot["members"]} == got_in | {leader.id}
                for one in watching:
                    log = await one.reaches(snapshot["cursor"])
                    assert len(log.named("member_join")) == 9
                    assert log.raid == shape(snapshot)
        held = await rows(
            database_url,
            "SELECT user_id FROM raid_members WHERE raid_id = $1 AND state = 'member'",
            raid["id"],
        )
        assert {row["user_id"] for row in held} == got_in | {leader.id}
        counted = "SELECT member_count, (SELECT count(*) FROM raid_events WHERE raid_id = id) FROM raids"
        assert [tuple(row) for row in await rows(database_url, counted)] == [(10, 9)]


async def test_of_500_contributions_to_a_raid_that_needs_100_exactly_100_count_and_it_completes_once(
    launch: Launch, database_url: str
) -> None:
    async with servers(launch) as (here, there):
        leader, *others = await crowd(here, 5)
        raid = await leader.starts_raid(*others, targetXp=100, targetTasks=100, maxMembers=5)
        path = f"/raids/{raid['id']}/contributions"
        places = ((leader, here), (others[0], there))
        followed = [(at(who, to), via) for who, to in places for via in ("sse", "ws")]
        async with watchers(raid["id"], *followed) as watching:
            callers = zip(range(500), cycle((here, there)), cycle((leader, *others)))
            answers = await asyncio.gather(
                *(
                    at(who, to).post(path, {"xp": 1 + number % 3}, Idempotency_Key=f"k{number}")
                    for number, to, who in callers
                )
            )
            assert told(answers) == {201: 100, (409, "raid_ended"): 400}
            counted = [one.json() for one in answers if one.status_code == 201]
            assert len({one["seq"] for one in counted}) == 100
            last = max(counted, key=lambda one: int(one["seq"]))
            assert last["raid"]["status"] == "completed"
            assert {one["raid"]["status"] for one in counted if one is not last} == {"active"}
            assert all(one["effects"]["streak"]["current"] == 1 and one["durable"] for one in counted)
            unlocked = [
                (one["member"]["userId"], unlock["id"]) for one in counted for unlock in one["effects"]["unlocked"]
            ]
            assert unlocked, "whoever of the five did most has done ten"
            snapshot = (await at(leader, there).get(f"/raids/{raid['id']}")).json()
            assert (snapshot["status"], snapshot["currentTasks"]) == ("completed", 100)
            for one in watching:
                await one.until(lambda log: sorted(log.unlocked) == sorted(unlocked))
                log = await one.reaches(snapshot["cursor"])
                assert {entry["contributionId"] for entry in log.named("contribution")} == {
                    answer["contributionId"] for answer in counted
                }
                assert log.entries[-1][0] == "raid_complete"
                assert len(log.named("raid_complete")) == 1
                assert log.raid == shape(snapshot)
        await check_ledger(database_url, raid["id"], snapshot)


async def check_ledger(database_url: str, raid_id: int, snapshot: dict[str, Any]) -> None:
    """The rows say what the snapshot says, and no sum has another opinion."""
    contributions = await rows(
        database_url, "SELECT user_id, xp, seq FROM contributions WHERE raid_id = $1 ORDER BY seq", raid_id
    )
    ends = await rows(database_url, "SELECT seq FROM raid_events WHERE event = 'raid_complete'")
    assert [row["seq"] for row in ends] == [contributions[-1]["seq"] + 1] == [snapshot["seq"]]
    assert len(contributions) == snapshot["currentTasks"]
    assert sum(row["xp"] for row in contributions) == snapshot["currentXp"]
    by_user: dict[int, tuple[int, int]] = {}
    for row in contributions:
        xp, tasks = by_user.get(row["user_id"], (0, 0))
        by_user[row["user_id"]] = (xp + row["xp"], tasks + 1)
    assert by_user == {
        one["userId"]: (one["xpContributed"], one["tasksContributed"])
        for one in snapshot["members"]
        if one["tasksContributed"]
    }
    for table in ("raid_members", "user_stats"):
        held = await rows(database_url, f"SELECT user_id, xp, tasks FROM {table} WHERE tasks > 0")
        assert {row["user_id"]: (row["xp"], row["tasks"]) for row in held} == by_user
    daily = await rows(database_url, "SELECT sum(xp)::int, sum(tasks)::int FROM user_daily_stats")
    assert tuple(daily[0]) == (snapshot["currentXp"], snapshot["currentTasks"])
