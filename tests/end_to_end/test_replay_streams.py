"""A real log through a real server: every row once, every raid seen whole, and again without a trace."""

import asyncio
import contextlib
import io
import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from rich.console import Console

from loadtests.watch_replay import watchers
from server.replay import Raid, replay
from tests.conftest import Launch
from tests.helpers import ADMIN_TOKEN, REPOSITORY, eventually

LOG = REPOSITORY / "tests" / "data" / "activity-small.csv.gz"
ROWS = 1499
RAIDS = {"Replay 2011 Q1": (8, 17), "Replay 2011 Q2": (249, 423), "Replay 2011 Q3": (1242, 2178)}
"""Title to tasks and XP, counted from the file by other means."""


class Replayed:
    """One run of the small log: its exit code, what it printed, the raids it used."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.raids: dict[int, Raid] = {}
        self._console = Console(file=io.StringIO(), width=100)

    async def run(self) -> int:
        return await replay(LOG, url=self.url, admin_token=ADMIN_TOKEN, raids_watcher=self._seen, console=self._console)

    async def _seen(self, raid: Raid) -> None:
        self.raids[raid.raid_id] = raid

    def figure(self, name: str) -> str:
        assert isinstance(self._console.file, io.StringIO)
        found = re.search(rf"^│ {name} +│ +(.*?) │$", self._console.file.getvalue(), re.MULTILINE)
        assert found, self._console.file.getvalue()
        return found.group(1)

    @property
    def printed(self) -> str:
        assert isinstance(self._console.file, io.StringIO)
        return self._console.file.getvalue()

    async def snapshots(self) -> dict[str, Mapping[str, Any]]:
        """Every raid that the leaders are in, by title. Two of one title are an error."""
        found: dict[str, Mapping[str, Any]] = {}
        async with aiohttp.ClientSession(self.url) as http:
            for raid in list(self.raids.values()):
                headers = {"Authorization": f"Bearer {raid.leader.token}"}
                async with http.get("/api/v1/raids?mine=true&limit=100", headers=headers) as page:
                    ids = [listed["id"] for listed in (await page.json())["raids"]]
                for raid_id in ids:
                    async with http.get(f"/api/v1/raids/{raid_id}", headers=headers) as answer:
                        snapshot = await answer.json()
                    known = found.setdefault(snapshot["title"], snapshot)
                    assert known["id"] == snapshot["id"], "a quarter has two raids"
        return found


def figures(snapshots: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    return {
        title: (snapshot["currentTasks"], snapshot["currentXp"])
        for title, snapshot in snapshots.items()
        if snapshot["status"] == "completed"
    }


async def test_every_watcher_of_every_raid_sees_every_entry_once_in_order_and_the_same_totals(
    launch: Launch,
) -> None:
    server = await launch()
    async with watchers(server.url) as watching:
        code = await replay(
            LOG,
            url=server.url,
            admin_token=ADMIN_TOKEN,
            raids_watcher=watching.open,
            console=Console(file=io.StringIO()),
        )
        await watching.close()
    assert code == 0
    assert [violation for sight in watching.sights for violation in sight.violations] == []
    assert {(sight.transport, sight.started_at) for sight in watching.sights} == {("sse", 0), ("ws", 0)}
    assert len(watching.sights) == 2 * len(RAIDS)
    told = sum(sight.told_tasks for sight in watching.sights if sight.transport == "ws")
    assert told == ROWS


async def test_a_second_run_repeats_every_row_and_changes_nothing(launch: Launch) -> None:
    server = await launch()
    first, second = Replayed(server.url), Replayed(server.url)
    assert await first.run() == 0
    assert (first.figure("accepted"), first.figure("repeated"), first.figure("refused")) == (
        "1,499",
        "0",
        "1",
    )
    assert "refused: line 736: occurred_at is not an RFC 3339 time" in first.printed
    assert first.figure("raids completed") == "3 of 3"
    before = await first.snapshots()
    assert figures(before) == RAIDS

    assert await second.run() == 0
    assert (second.figure("accepted"), second.figure("repeated")) == ("0", "1,499")
    assert second.raids.keys() == first.raids.keys()
    assert await second.snapshots() == before


@pytest.mark.parametrize("reached", ["raids", "joins", "rows"])
async def test_a_run_that_was_broken_off_is_taken_up_where_it_was(launch: Launch, reached: str) -> None:
    server = await launch()
    broken, again = Replayed(server.url), Replayed(server.url)
    run = asyncio.create_task(broken.run())

    async def far_enough() -> bool:
        snapshots = (await broken.snapshots()).values()
        return {
            "raids": len(broken.raids) > 0,
            "joins": any(len(snapshot["members"]) > 5 for snapshot in snapshots),
            "rows": any(snapshot["currentTasks"] > 50 for snapshot in snapshots),
        }[reached]

    await eventually(far_enough, deadline=60)
    run.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await run
    assert await again.run() == 0
    assert again.figure("lost") == "0"
    assert figures(await again.snapshots()) == RAIDS


async def test_a_replay_outlives_a_restart_of_the_server(launch: Launch) -> None:
    server = await launch()
    replayed = Replayed(server.url)
    run = asyncio.create_task(replayed.run())

    async def under_way() -> bool:
        return any(snapshot["currentTasks"] > 50 for snapshot in (await replayed.snapshots()).values())

    await eventually(under_way, deadline=60)
    await server.kill()
    await launch(port=int(server.url.rpartition(":")[2]))
    assert await run == 0
    assert replayed.figure("lost") == "0"
    assert figures(await replayed.snapshots()) == RAIDS


async def test_a_wrong_admin_token_ends_it_in_one_line(launch: Launch, capsys: pytest.CaptureFixture[str]) -> None:
    server = await launch()
    assert await replay(LOG, url=server.url, admin_token="wrong", console=Console(file=io.StringIO())) == 2
    told = capsys.readouterr().err
    assert told.startswith("raidline replay: RAIDLINE_ADMIN_TOKEN: ")
    assert told.count("\n") == 1
