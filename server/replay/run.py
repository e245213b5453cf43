"""A log goes in: people, raids, joins, rows, a last look at each raid, the table."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from server.replay.feed import Feed
from server.replay.patience import ServerAway
from server.replay.people import Person
from server.replay.plan import Plan
from server.replay.pool import each
from server.replay.progress import phase
from server.replay.raids import Raid, find_or_make
from server.replay.report import Outcome, show
from server.replay.tally import Tally
from server.replay.way import NoRaid, Way

T = TypeVar("T")

PATIENCE_S = 120.0

Watcher = Callable[[Raid], Awaitable[None]]
"""Awaited for each raid once it is there, before anyone else joins it."""


class Run:
    """One log on its way in. Each phase is done for everyone before the next begins."""

    def __init__(
        self,
        way: Way,
        plan: Plan,
        concurrency: int,
        console: Console,
        watcher: Watcher | None = None,
    ) -> None:
        self._way = way
        self._plan = plan
        self._concurrency = concurrency
        self._console = console
        self._watcher = watcher
        self._people: dict[int, Person] = {}
        self._raids: dict[int, Raid | NoRaid] = {}
        self._tally = Tally(read=len(plan.rows) + len(plan.rows.refused))
        for refusal in plan.refused:
            self._tally.refused.add(refusal)
        self._began = time.monotonic()
        self._fed_seconds = 0.0

    async def all(self) -> int:
        """Returns 0: every row is in, or was refused with a reason; 1: something was lost. Raises ReplayError."""
        await self._way.reach()
        incomplete = [str(quarter.name) for quarter in self._plan.quarters]
        try:
            await self._sign_in()
            await self._open_raids()
            await self._fill_raids()
            await self._send_rows()
            incomplete = await self._incomplete()
        except ServerAway as error:
            self._console.print(Text(f"given up: {error}"), soft_wrap=True)
        self._report(incomplete)
        return 1 if self._tally.lost else 0

    async def _sign_in(self) -> None:
        people = self._plan.people

        async def one(number: int) -> None:
            self._people[number] = await self._way.sign_in(number)

        await self._each("people", people, one)

    async def _open_raids(self) -> None:
        async def one(index: int) -> None:
            quarter = self._plan.quarters[index]
            raid = await find_or_make(self._way, quarter, self._people[quarter.leader])
            self._raids[index] = raid
            if self._watcher is not None and isinstance(raid, Raid):
                await self._watcher(raid)

        await self._each("raids", range(len(self._plan.quarters)), one)

    async def _fill_raids(self) -> None:
        """Everyone joins, then the raid starts. One that runs already had everyone before it did."""
        recruiting = [raid for raid in self._made if raid.status == "recruiting"]
        missing = [
            (raid, self._people[number])
            for raid in recruiting
            for number in raid.quarter.people
            if self._people[number].user_id not in raid.members
        ]
        way = self._way
        await self._each("joins", missing, lambda one: way.join(one[0].raid_id, one[0].invite_code, one[1]))
        await self._each("starts", recruiting, lambda raid: way.start(raid.raid_id, raid.leader))

    async def _send_rows(self) -> None:
        feed = Feed(self._way, self._plan, self._raids, self._people, self._tally)
        taken = [index for index, quarter in enumerate(self._plan.quarter_of) if quarter >= 0]
        began = time.monotonic()
        try:
            await self._each("rows", taken, feed.send)
            await feed.settle(self._concurrency)
        finally:
            self._fed_seconds = time.monotonic() - began
            feed.conclude()

    async def _incomplete(self) -> list[str]:
        """Where each raid stands that is not completed."""
        found: list[str] = []

        async def one(raid: Raid) -> None:
            now = await self._way.snapshot(raid.raid_id, raid.leader)
            if now["status"] != "completed":
                found.append(
                    f"{raid.quarter.name}, raid {raid.raid_id}: {now['status']}, "
                    f"{now['currentTasks']:,} of {now['targetTasks']:,} tasks, "
                    f"{now['currentXp']:,} of {now['targetXp']:,} XP"
                )

        await each(self._made, self._concurrency, one)
        unmade = [
            f"{self._plan.quarters[index].name}: {raid.reason}"
            for index, raid in self._raids.items()
            if isinstance(raid, NoRaid)
        ]
        return sorted(found + unmade)

    @property
    def _made(self) -> list[Raid]:
        return [raid for raid in self._raids.values() if isinstance(raid, Raid)]

    async def _each(self, name: str, items: Sequence[T], do: Callable[[T], Awaitable[None]]) -> None:
        async with phase(self._console, name, len(items)) as counted:

            async def one(item: T) -> None:
                await do(item)
                counted.done += 1

            await each(items, self._concurrency, one)

    def _report(self, incomplete: list[str]) -> None:
        raids = len(self._plan.quarters)
        outcome = Outcome(
            tally=self._tally,
            raids=raids,
            completed=raids - len(incomplete),
            incomplete=incomplete,
            seconds=time.monotonic() - self._began,
            fed_seconds=self._fed_seconds,
        )
        show(self._console, outcome)
