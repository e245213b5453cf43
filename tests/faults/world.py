"""Servers within the test's process, on real services, whose steps a test puts in order by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import asyncpg
import redis.asyncio

from persistence.raids import NewRaid
from persistence.rows import Recorded
from raidline.ids import ContributionId, Epoch, RaidId, UserId
from realtime.commands import Command, Contribute, Start
from realtime.cursor import Cursor
from realtime.keys import raid_key, raid_keys
from realtime.raids import Decision
from server.outcomes import Accepted, Outcome
from server.points import Point
from server.services import Services, open_services
from server.settings import Settings
from tests.helpers import eventually

TABLES = (
    *("raids", "raid_members", "raid_events", "contribution_keys", "contributions", "contribution_voids"),
    *("user_stats", "user_daily_stats"),
)


class Crash(Exception):
    """What a step that never came back looks like to those after it."""


@dataclass(slots=True)
class Gate:
    """Where a server is held: the `nth` time it comes to `point` it waits there, until opened."""

    point: Point
    nth: int = 1
    crashes: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def come(self, point: str) -> None:
        if point != self.point:
            return
        self.nth -= 1
        if self.nth != 0:
            return
        self.reached.set()
        if self.crashes:
            raise Crash
        await self.opened.wait()


@dataclass(slots=True)
class Server:
    services: Services
    gates: list[Gate]

    def gate(self, point: Point, nth: int = 1, *, crashes: bool = False) -> Gate:
        gate = Gate(point, nth, crashes)
        self.gates.append(gate)
        return gate

    async def contribute(self, raid_id: RaidId, key: str, user_id: UserId) -> Accepted:
        """10 XP. Has to succeed."""
        outcome = await self.try_to_contribute(raid_id, key, user_id)
        assert isinstance(outcome, Accepted), outcome
        return outcome

    async def try_to_contribute(self, raid_id: RaidId, key: str, user_id: UserId) -> Outcome:
        command = Contribute(
            raid_id=raid_id,
            contribution_id=id_of(key),
            fingerprint="f0",
            user_id=user_id,
            actor_id=user_id,
            xp=10,
            type="task_complete",
            day="2026-11-20",
            late_ms=None,
        )
        return await self.services.write_path.submit(command)

    def loses_the_ledger(self) -> None:
        """From now on its answers are 202. It can still heal."""

        def nothing(_command: Command, _decision: Decision, answer: asyncio.Future[Recorded | None]) -> None:
            answer.set_result(None)

        self.services.write_path._recorder.record = nothing  # type: ignore[assignment, method-assign]

    async def heal(self, raid_id: RaidId, least_epoch: int = 0) -> None:
        await self.services.healer.ensure(raid_id, Epoch(least_epoch))

    async def audit(self, raid_id: RaidId) -> None:
        await self.services.auditor.audit([raid_id])

    def heals_without_a_lock(self) -> None:
        """The lock only prevents storms, and here it would keep the steps apart that are to be interleaved."""

        @contextlib.asynccontextmanager
        async def no_lock(_raid_id: RaidId) -> AsyncIterator[bool]:
            yield False

        self.services.ledger.heal_lock = no_lock  # type: ignore[assignment, method-assign]


class World:
    """`one` and `two` are servers; `raid` is an active raid of `user` alone."""

    one: Server
    two: Server
    raid: RaidId
    user: UserId

    def __init__(self, settings: Settings, client: Any, ledger: asyncpg.Connection[Any]) -> None:
        self._settings = settings
        self.redis = client  # untyped: its answers depend on how it is set up
        self.ledger = ledger

    async def begin(self, stack: contextlib.AsyncExitStack, *, target_tasks: int = 1000) -> None:
        self.one = await stack.enter_async_context(self._server())
        self.two = await stack.enter_async_context(self._server())
        found = await self.one.services.people.find_or_make_user("tests", "ada", "Ada", "UTC")
        self.user = found.id
        await self.begin_raid(target_tasks=target_tasks)

    async def begin_raid(self, *, target_tasks: int) -> None:
        new = NewRaid("Spring", "", False, False, 0, target_tasks, 24, 4, 1000, None, self.user, "Ada")
        self.raid = await self.one.services.raids.create_raid(new)
        await self.one.services.write_path.submit(Start(raid_id=self.raid, actor_id=self.user))

    @contextlib.asynccontextmanager
    async def _server(self) -> AsyncIterator[Server]:
        gates: list[Gate] = []

        async def pause(point: str) -> None:
            for gate in gates:
                await gate.come(point)

        async with open_services(self._settings, pause) as services:
            yield Server(services, gates)

    async def contribute(self, key: str, server: Server | None = None) -> Accepted:
        return await (server or self.one).contribute(self.raid, key, self.user)

    # What Redis holds

    async def state(self) -> dict[str, str]:
        found = await self.redis.hgetall(raid_key(self.raid, "state"))
        return {name.decode(): value.decode() for name, value in found.items()}

    async def epoch(self) -> int:
        return int((await self.state()).get("epoch", "0"))

    async def lose(self) -> None:
        """As after FLUSHALL."""
        await self.redis.delete(*raid_keys(self.raid))

    async def dump(self) -> dict[str, bytes]:
        found = {key: await self.redis.dump(key) for key in raid_keys(self.raid)}
        return {key: dumped for key, dumped in found.items() if dumped is not None}

    async def restart_from(self, dump: dict[str, bytes]) -> None:
        """As after a restart of Redis from this dump: the state is one of an earlier run."""
        await self.lose()
        for key, dumped in dump.items():
            await self.redis.restore(key, 0, dumped)
        await self.redis.hset(raid_key(self.raid, "state"), "run_id", "an earlier run")

    async def log(self) -> list[tuple[str, bytes]]:
        """Event and ledger entry of each."""
        entries = await self.redis.xrange(raid_key(self.raid, "log"))
        return [(fields[b"event"].decode(), fields[b"ledger"]) for _, fields in entries]

    async def drop_from_log(self, seq: int) -> None:
        await self.redis.xdel(raid_key(self.raid, "log"), f"{seq}-0")

    # What the ledger holds

    async def row(self) -> dict[str, Any]:
        return dict(await self.ledger.fetchrow("SELECT * FROM raids WHERE id = $1", self.raid) or {})

    async def recorded(self) -> dict[str, Cursor]:
        rows = await self.ledger.fetch("SELECT * FROM contributions WHERE raid_id = $1", self.raid)
        return {str(row["contribution_id"]): Cursor(row["epoch"], row["seq"]) for row in rows}

    async def holds(self, *keys: str) -> bool:
        return {id_of(key) for key in keys} <= (await self.recorded()).keys()

    async def ends(self) -> list[str]:
        rows = await self.ledger.fetch(
            "SELECT event FROM raid_events WHERE raid_id = $1"
            " AND event IN ('raid_complete', 'raid_failed', 'raid_cancelled')",
            self.raid,
        )
        return [row["event"] for row in rows]

    async def back_up(self) -> None:
        for table in TABLES:
            await self.ledger.execute(f"CREATE TABLE backup_{table} AS TABLE {table}")

    async def restore(self) -> None:
        """Postgres as it was when backed up."""
        for table in TABLES:
            await self.ledger.execute(
                f"TRUNCATE {table} CASCADE; INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE backup_{table}"
            )

    async def set_epoch(self, epoch: int) -> None:
        """Of row and state."""
        await self.ledger.execute("UPDATE raids SET epoch = $2 WHERE id = $1", self.raid, epoch)
        await self.redis.hset(raid_key(self.raid, "state"), "epoch", str(epoch))

    # Both

    async def audited(self) -> None:
        """An auditor has looked until there was nothing left for it to do."""

        async def nothing_left() -> bool:
            await self.two.audit(self.raid)
            state, row = await self.state(), await self.row()
            return row["unloaded"] or (
                bool(state) and state["frozen"] == "" and state["audited_seq"] == state["seq"]
                and int(state["seq"]) == row["audited_seq"]
            )  # fmt: skip

        await eventually(nothing_left)

    async def in_step(self) -> bool:
        """The state and the ledger count the same, and belong to the same life."""
        state, row = await self.state(), await self.row()
        if not state:
            return False
        own = int(await self.redis.hget(raid_key(self.raid, "xp"), str(self.user)) or 0)
        told = (int(state["epoch"]), int(state["current_xp"]), int(state["current_tasks"]), own)
        return told == (row["epoch"], row["current_xp"], row["current_tasks"], row["current_xp"])


def id_of(key: str) -> ContributionId:
    return ContributionId(str(uuid5(NAMESPACE_URL, key)))


def all_different(cursors: Sequence[Cursor]) -> bool:
    return len(set(cursors)) == len(cursors)


@contextlib.asynccontextmanager
async def bare_world(settings: Settings) -> AsyncIterator[World]:
    """Nothing has begun in it."""
    assert settings.database_url
    assert settings.redis_url
    ledger = await asyncpg.connect(settings.database_url)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        client = await stack.enter_async_context(redis.asyncio.Redis.from_url(settings.redis_url))
        yield World(settings, client, ledger)
