"""What presence costs one process and its Redis: `python -m loadtests.bench.presence`.

Ticks follow one another without waiting for the second between them, so the clock of what is due is turned with
them; each figure is of one second of service. Streams are not part of it: a frame costs what any event costs.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from raidline.ids import RaidId, UserId
from realtime import keys
from realtime.channels import Channels
from realtime.connection import Scripted
from realtime.logs import Logs
from realtime.presence import Crowds, Presence, PresenceSettings
from realtime.presence_store import PresenceStore
from realtime.repair import Repairs
from realtime.server_listener import ServerListener
from realtime.topics import RaidTopic
from server.embedded import EmbeddedRedis

SECONDS = 30


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    raids: int
    people: int
    moving: float
    """So many of them go and as many come back in each second."""


CASES = (
    Case("1,000 raids of 5, nobody moves", 1000, 5, 0.0),
    Case("1,000 raids of 5, 1 % go and come", 1000, 5, 0.01),
    Case("1 raid of 5,000, nobody moves", 1, 5000, 0.0),
    Case("1 raid of 5,000, 1 % go and come", 1, 5000, 0.01),
)


class Rehearsal:
    def __init__(self, scripted: Scripted, url: str, case: Case) -> None:
        self.case = case
        self.crowds = Crowds()
        channels = Channels(ServerListener(url), Repairs(_NO_LOGS), linger=5.0, attendance=self.crowds.attendance)
        self.presence = Presence(PresenceStore(scripted), channels, self.crowds, PresenceSettings())
        self._away: list[tuple[RaidId, UserId]] = []
        self.everybody = [(RaidId(raid), UserId(user)) for raid in range(case.raids) for user in range(case.people)]

    async def load(self, redis: Any) -> None:
        for raid in range(self.case.raids):
            members = {str(user): "{}" for user in range(self.case.people)}
            await redis.hset(keys.raid_key(RaidId(raid), "members"), mapping=members)

    def arrive(self, who: Sequence[tuple[RaidId, UserId]]) -> None:
        for raid_id, user_id in who:
            self.crowds.attendance(RaidTopic(raid_id)).arrived((raid_id, user_id), user_id)

    def move(self, chance: random.Random) -> None:
        self.arrive(self._away)
        self._away = chance.sample(self.everybody, round(len(self.everybody) * self.case.moving))
        for raid_id, user_id in self._away:
            self.crowds.attendance(RaidTopic(raid_id)).left((raid_id, user_id))

    async def second(self) -> None:
        """What is due comes a second nearer."""
        for crowd in self.crowds.by_raid.values():
            crowd.next_at -= 1.0
        await self.presence.beat()


_NO_LOGS = Logs(None, None, None)  # type: ignore[arg-type]
"""Nobody follows anything here."""


@dataclass(frozen=True, slots=True)
class Bill:
    """Our own processor time, that of Redis, and what it was asked."""

    ours: float
    redis: float
    scripts: int
    commands: int

    @classmethod
    async def now(cls, redis: Any) -> "Bill":
        cpu, stats = await redis.info("cpu"), await redis.info("commandstats")
        scripts = stats.get("cmdstat_evalsha", {}).get("calls", 0)
        commands = sum(one["calls"] for one in stats.values())
        return cls(time.process_time(), cpu["used_cpu_user"] + cpu["used_cpu_sys"], scripts, commands)

    def since(self, before: "Bill") -> str:
        scripts, commands = (self.scripts - before.scripts) / SECONDS, (self.commands - before.commands) / SECONDS
        redis, ours = (self.redis - before.redis) / SECONDS * 1e3, (self.ours - before.ours) / SECONDS * 1e3
        return f"{scripts:5.1f} scripts, {commands:6.0f} commands in Redis, Redis {redis:5.1f} ms, here {ours:5.1f} ms"


async def measure(scripted: Scripted, url: str, case: Case) -> None:
    redis: Any = scripted.redis
    await redis.flushall()
    rehearsal, chance = Rehearsal(scripted, url, case), random.Random(1)
    await rehearsal.load(redis)
    rehearsal.arrive(rehearsal.everybody)
    begin, clock = await Bill.now(redis), time.perf_counter()
    await rehearsal.second()
    first, took = await Bill.now(redis), time.perf_counter() - clock
    for _ in range(SECONDS):
        rehearsal.move(chance)
        await rehearsal.second()
    end = await Bill.now(redis)
    print(f"{case.name:36} first: {took * 1e3:6.0f} ms, Redis {(first.redis - begin.redis) * 1e3:5.0f} ms")
    print(f"{'':36} each second: {end.since(first)}")


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="raidline-bench-") as folder:
        Path(folder).chmod(0o711)
        redis = EmbeddedRedis(Path(folder) / "redis")
        await redis.start()
        scripted = Scripted(redis.url, timeout=10, connections=2)
        try:
            for case in CASES:
                await measure(scripted, redis.url, case)
        finally:
            await scripted.close()
            await redis.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
