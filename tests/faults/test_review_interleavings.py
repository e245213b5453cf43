"""Two servers, an auditor and accidents over one raid, in random order at every named point. At the end there is one
truth: what was answered as counted is in the ledger, once, where the answer said."""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

import realtime.healing
import server.auditor
from realtime.cursor import Cursor
from realtime.keys import raid_key, raid_keys
from server.outcomes import Accepted, Refused, Unavailable
from server.services import open_services
from server.settings import Settings
from tests.faults.world import Crash, Server, World, all_different, bare_world, id_of
from tests.helpers import eventually

SEEDS = range(1, 1 + int(os.environ.get("INTERLEAVINGS", "25")))
"""More of them, for those who have time: INTERLEAVINGS=200 (some 100 s)."""

KEYS, POSTS, TARGET = 7, 14, 5


@dataclass
class Play:
    """One raid, what is done to it, and all that was answered."""

    world: World
    chance: random.Random
    crashes: int
    counted: dict[str, set[Cursor]] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    """How often a key was said to be counted just now."""
    dumps: list[dict[str, bytes]] = field(default_factory=list)

    async def pause(self, point: str) -> None:
        for _ in range(self.chance.choice((0, 0, 1, 3))):
            await asyncio.sleep(self.chance.random() * 0.006)
        if self.crashes and point != "after_lua_before_reply" and self.chance.random() < 0.03:
            self.crashes -= 1
            raise Crash

    async def post(self, one: Server) -> None:
        for _ in range(POSTS):
            key = str(self.chance.randrange(KEYS))
            await asyncio.sleep(self.chance.random() * 0.01)
            with contextlib.suppress(Crash, Unavailable):
                outcome = await one.try_to_contribute(self.world.raid, key, self.world.user)
                self.note(key, outcome)

    def note(self, key: str, outcome: object) -> None:
        if isinstance(outcome, Accepted) and outcome.durable:
            self.counted.setdefault(key, set()).add(outcome.cursor)
            self.first[key] = self.first.get(key, 0) + (not outcome.replayed)
        elif key in self.counted:
            assert not isinstance(outcome, Refused), f"{key} was counted, and refused later: {outcome}"

    async def audit(self) -> None:
        for _ in range(8):
            await asyncio.sleep(self.chance.random() * 0.02)
            with contextlib.suppress(Crash):
                await self.world.two.audit(self.world.raid)

    async def accidents(self) -> None:
        world = self.world
        for _ in range(self.chance.choice((1, 2, 3))):
            await asyncio.sleep(self.chance.random() * 0.08)
            self.dumps.append(await self.dump())
            await asyncio.sleep(self.chance.random() * 0.05)
            match self.chance.choice(("lose", "older", "restart", "heal")):
                case "lose":
                    await world.lose()
                case "older":
                    await self.restart_from(self.chance.choice(self.dumps))
                case "restart":
                    await self.restart_from(await self.dump())
                case "heal":
                    with contextlib.suppress(Crash):
                        await world.one.heal(world.raid, await world.epoch() + 1)

    async def dump(self) -> dict[str, bytes]:
        names = raid_keys(self.world.raid)
        async with self.world.redis.pipeline(transaction=True) as together:
            for key in names:
                together.dump(key)
            found = await together.execute()
        return {key: dumped for key, dumped in zip(names, found, strict=True) if dumped is not None}

    async def restart_from(self, dump: dict[str, bytes]) -> None:
        """As after a restart of Redis, from data of one moment, before anybody was served."""
        async with self.world.redis.pipeline(transaction=True) as together:
            together.delete(*raid_keys(self.world.raid))
            for key, dumped in dump.items():
                together.restore(key, 0, dumped)
            if dump:
                together.hset(raid_key(self.world.raid, "state"), "run_id", "an earlier run")
            await together.execute()

    async def judge(self) -> None:
        world = self.world
        held, row = await world.recorded(), await world.row()
        for key, cursors in self.counted.items():
            assert cursors == {held.get(id_of(key))}, f"{key} was answered {cursors}"
            assert self.first[key] <= 1, f"{key} was said to be new {self.first[key]} times"
        assert all_different(list(held.values()))
        assert len(held) == row["current_tasks"]
        assert await world.ends() == (["raid_complete"] if len(held) >= TARGET else [])
        assert row["status"] == ("completed" if len(held) >= TARGET else "active")


@pytest_asyncio.fixture
async def bare(patient: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(server.auditor, "YOUNG_MS", 0)
    monkeypatch.setattr(realtime.healing, "LOG_KEPT", 2)
    monkeypatch.setattr(realtime.healing, "LOG_PAGE", 3)
    async with bare_world(patient) as made:
        yield made


async def test_whatever_the_order_what_was_answered_is_what_is_held(bare: World, patient: Settings) -> None:
    play: Play | None = None

    async def pause(point: str) -> None:
        if play is not None:
            await play.pause(point)

    async with open_services(patient, pause) as one, open_services(patient, pause) as two:
        bare.one, bare.two = Server(one, []), Server(two, [])
        bare.user = (await one.people.find_or_make_user("tests", "ada", "Ada", "UTC")).id
        for seed in SEEDS:
            chance = random.Random(seed)
            await bare.begin_raid(target_tasks=TARGET)
            play = Play(bare, chance, crashes=chance.choice((0, 0, 1, 2)))
            try:
                await asyncio.wait_for(
                    asyncio.gather(
                        *(play.post(server) for server in (bare.one, bare.one, bare.two, bare.two)),
                        play.audit(),
                        play.accidents(),
                    ),
                    90,
                )
                play.crashes = 0
                await _at_rest(bare)
                await play.judge()
            except BaseException as error:
                error.add_note(f"seed {seed}, raid {bare.raid}")
                raise


async def _at_rest(world: World) -> None:
    """Nothing is left for an auditor to do, and state and ledger agree, if there is a state."""

    async def nothing_left() -> bool:
        await world.two.audit(world.raid)
        if not await world.state():
            await world.two.heal(world.raid)
        state, row = await world.state(), await world.row()
        whole = int(state["audited_seq"]) == int(state["seq"]) == row["last_seq"]
        return whole and state["frozen"] == "" and await world.in_step() and _ended(state, row)

    await eventually(nothing_left, 30)


def _ended(state: dict[str, str], row: dict[str, object]) -> bool:
    if int(state["current_tasks"]) < int(state["target_tasks"]):
        return True
    return bool(state["status"] == row["status"] == "completed" and row["unloaded"])
