"""What `raidline` does on a cluster as a command: an import, an audit, a repair, and the worker's deadlines."""

import json
import time

import pytest

from raidline.ids import RaidId
from realtime.keys import RAIDS_DEADLINES, raid_key
from tests.cluster.nodes import Nodes
from tests.conftest import Launch
from tests.end_to_end.client import rows, servers, watchers
from tests.helpers import REPOSITORY

LOG = REPOSITORY / "tests" / "data" / "activity-small.csv.gz"
RAIDS = {"Replay 2011 Q1": (8, 17), "Replay 2011 Q2": (249, 423), "Replay 2011 Q3": (1242, 2178)}
"""Title to tasks and XP, counted from the file by other means."""

IMPORT_SECONDS = 120.0
SPREAD = 12
"""Raids enough to be on every node."""

NOBODY = 999_999


@pytest.mark.slow
async def test_the_small_log_comes_to_the_same_figures_and_the_audit_finds_nothing(
    launch: Launch, database_url: str
) -> None:
    for _ in range(2):
        importing = await launch("import", str(LOG))
        assert await importing.ended(IMPORT_SECONDS) == 0, importing.output
        found = await rows(
            database_url, "SELECT title, current_tasks, current_xp FROM raids WHERE title = ANY ($1)", list(RAIDS)
        )
        assert {row["title"]: (row["current_tasks"], row["current_xp"]) for row in found} == RAIDS
    audit = await launch("audit")
    assert await audit.ended(IMPORT_SECONDS) == 0, audit.output


async def test_an_audit_finds_what_is_wrong_on_any_node_and_mends_it(launch: Launch, nodes: Nodes) -> None:
    async with servers(launch, 1) as (people,):
        leader = await people.person()
        raids = [RaidId((await leader.starts_raid())["id"]) for _ in range(SPREAD)]
        broken = {(await nodes.owner(raid_key(raid_id, "state"))): raid_id for raid_id in raids}
        assert len(broken) == len(nodes.all)
        for node, raid_id in broken.items():
            await node.ask("HSET", raid_key(raid_id, "tasks"), NOBODY, 1)
        looking = await launch("audit", "--json")
        assert await looking.ended() == 1, looking.output
        assert json.loads(looking.output)["count"] == len(broken), looking.output
        mending = await launch("audit", "--repair")
        await mending.ended()
        again = await launch("audit")
        assert await again.ended() == 0, again.output
        for node, raid_id in broken.items():
            assert await node.ask("HGET", raid_key(raid_id, "tasks"), NOBODY) is None


async def test_a_raid_fails_at_its_deadline_though_nobody_writes(
    launch: Launch, nodes: Nodes, database_url: str
) -> None:
    async with servers(launch, 1) as (people,):
        await launch("worker")
        leader = await people.person()
        raid_id = RaidId((await leader.starts_raid())["id"])
        async with watchers(raid_id, (leader, "sse")) as (watching,):
            deadline = round(time.time() * 1000) + 500
            statement = "UPDATE raids SET deadline = to_timestamp($2::float8 / 1000) WHERE id = $1"
            await rows(database_url, statement, raid_id, deadline)
            state = raid_key(raid_id, "state")
            await (await nodes.owner(state)).ask("HSET", state, "deadline", deadline)
            await (await nodes.owner(RAIDS_DEADLINES)).ask("ZADD", RAIDS_DEADLINES, deadline, raid_id)
            await watching.until(lambda log: bool(log.named("raid_failed")))
        assert (await leader.get(f"/raids/{raid_id}")).json()["status"] == "failed"
