"""One process, one accident, and people who go on contributing meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg
import redis.asyncio

from raidline.ids import RaidId
from realtime.keys import raid_key, raid_keys
from server.points import Point
from tests.faults.crowd import Crowd, Person, Post
from tests.faults.stage import FaultyProcess, Stage, reached
from tests.faults.verify import verify
from tests.helpers import eventually

STOPPED_SECONDS = 5.0
OVERTAKEN_SECONDS = 60.0
TARGET = 8

HEALS = frozenset({Point.HEAL_AFTER_FREEZE, Point.HEAL_AFTER_COMMIT, Point.BETWEEN_LOAD_CHUNKS})
AUDITS = frozenset({Point.AUDIT_BEFORE_ADVANCE, Point.BETWEEN_SEAL_AND_FLAG})

FAULTS = ("killed", "stopped", "overtaken", "bereft")
"""killed      and never seen again
stopped     for five seconds
overtaken   stopped until another server has healed its raids, whose state was in doubt
bereft      the same, and the state was gone altogether"""


@dataclass(slots=True)
class Raids:
    """One that goes on, and one that ends when it has had TARGET contributions."""

    open: RaidId
    ending: RaidId

    @property
    def all(self) -> list[RaidId]:
        return [self.open, self.ending]


@dataclass(frozen=True, slots=True)
class Steady:
    """Processes to which nothing happens."""

    web: FaultyProcess
    worker: FaultyProcess


class Scene:
    def __init__(self, stage: Stage, steady: Steady, point: Point, fault: str) -> None:
        self.stage = stage
        self.steady = steady
        self.point = point
        self.fault = fault
        self.crowd = Crowd(self._route)
        self._faulty: FaultyProcess | None = None
        self._under_way: list[asyncio.Task[list[Post]]] = []

    async def play(self) -> None:
        async with self.crowd:
            try:
                await self._play()
            finally:
                for task in self._under_way:
                    task.cancel()
                await asyncio.gather(*self._under_way, return_exceptions=True)
                if self._faulty is not None:
                    # Beside the loop: the people of the other scenes are waiting for answers just now.
                    await asyncio.to_thread(self._faulty.finish)

    async def _play(self) -> None:
        people = [await self.crowd.person() for _ in range(4)]
        raids = await self._raids(people)
        if self.point in AUDITS:
            self.steady.worker.hold(raids.all)
        await self.crowd.contributions(raids.open, people, 6)
        await self.crowd.contributions(raids.ending, people, TARGET - 3)
        self._faulty = await self._start_faulty(raids)
        self._faulty.arm()
        await self._bring_about(raids, people, self._faulty)
        self.steady.worker.let_go(raids.all)
        await self._suffer(raids, people, self._faulty)
        await asyncio.gather(*self._under_way)
        await self.crowd.contributions(raids.open, people, 4)
        await self.crowd.contributions(raids.ending, people, TARGET)
        await verify(self.stage, self.crowd, raids.all, people[0], redis_lost_data=self.fault == "bereft")

    async def _raids(self, people: Sequence[Person]) -> Raids:
        raids = Raids(await self.crowd.raid(people), await self.crowd.raid(people, targetTasks=TARGET))
        # Another scene may hold up the ledger just now, and a join that is only in Redis could be lost with it.
        await eventually(lambda: recorded(self.stage, raids.all), 60)
        return raids

    async def _start_faulty(self, raids: Raids) -> FaultyProcess:
        kind = "kill" if self.fault == "killed" else "stop"
        if self.point not in AUDITS:
            return await self.stage.web(self.point, kind)
        only = ",".join(str(raid_id) for raid_id in raids.all)
        return self.stage.start("worker", self.point, kind, FAULT_RAIDS=only)

    def _route(self) -> Sequence[str]:
        """The faulty one alone until its accident, then both, while it lives."""
        faulty = self._faulty
        if faulty is None or self.point in AUDITS or faulty.process.poll() is not None:
            return [self.steady.web.url]
        return [faulty.url, self.steady.web.url] if faulty.reached else [faulty.url]

    async def _bring_about(self, raids: Raids, people: Sequence[Person], faulty: FaultyProcess) -> None:
        """Whatever leads there, again until it has."""
        for _ in range(20):
            if self.point in HEALS:
                await doubt(self.stage, raids.all)
            self._post(raids.open, people, 8)
            self._post(raids.ending, people, 4)
            with contextlib.suppress(AssertionError):
                await reached(faulty, 1.5)
                return
        await reached(faulty, 0)

    async def _suffer(self, raids: Raids, people: Sequence[Person], faulty: FaultyProcess) -> None:
        self._post(raids.open, people, 6)
        if self.fault == "killed":
            await faulty.ended()
            return
        if self.fault == "stopped":
            await asyncio.sleep(STOPPED_SECONDS)
        else:
            await self._overtake(raids, people)
        faulty.resume()

    async def _overtake(self, raids: Raids, people: Sequence[Person]) -> None:
        before = await epochs(self.stage, raids.all)
        if self.fault == "bereft":
            # Healed when it stands again: under the epoch it had, if it had been unloaded.
            before = dict.fromkeys(raids.all, 0)
            await bereave(self.stage, raids.all)
        else:
            await doubt(self.stage, raids.all)
        self._post(raids.open, people, 2)
        self._post(raids.ending, people, 2)

        async def healed() -> bool:
            now = await epochs(self.stage, raids.all)
            return all(now[raid_id] > before[raid_id] for raid_id in raids.all)

        await eventually(healed, OVERTAKEN_SECONDS)

    def _post(self, raid_id: RaidId, people: Sequence[Person], count: int) -> None:
        self._under_way.append(self.crowd.contributions(raid_id, people, count))


async def doubt(stage: Stage, raids: Sequence[RaidId]) -> None:
    """As after a failover: the states belong to a run of Redis that is no more."""
    async with _redis(stage) as client:
        for raid_id in raids:
            if await client.exists(raid_key(raid_id, "state")):
                await client.hset(raid_key(raid_id, "state"), "run_id", "a run that is no more")


async def bereave(stage: Stage, raids: Sequence[RaidId]) -> None:
    """As after FLUSHALL, for these raids."""
    async with _redis(stage) as client:
        await client.delete(*[key for raid_id in raids for key in raid_keys(raid_id)])


async def recorded(stage: Stage, raids: Sequence[RaidId]) -> bool:
    """Whether the ledger holds all that these raids' logs do."""
    connection = await asyncpg.connect(stage.database_url)
    try:
        rows = await connection.fetch("SELECT id, epoch, last_seq FROM raids WHERE id = ANY ($1::bigint[])", raids)
    finally:
        await connection.close()
    async with _redis(stage) as client:
        heads = {raid_id: await client.hmget(raid_key(raid_id, "state"), "epoch", "seq") for raid_id in raids}
    return all([str(row["epoch"]).encode(), str(row["last_seq"]).encode()] == heads[row["id"]] for row in rows)


async def epochs(stage: Stage, raids: Sequence[RaidId]) -> dict[RaidId, int]:
    """0 where there is no state."""
    async with _redis(stage) as client:
        return {raid_id: int(await client.hget(raid_key(raid_id, "state"), "epoch") or 0) for raid_id in raids}


@contextlib.asynccontextmanager
async def _redis(stage: Stage) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.Redis.from_url(stage.redis_url) as client:
        yield client
