"""Heals that meet one another."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from persistence.ledger import Ledger
from raidline.ids import RaidId
from realtime.healing import RaidCare
from realtime.keys import raid_key
from server.healer import ROUNDS
from server.points import Point
from tests.faults.world import Server, World

PATIENCE, LONG = 0.2, 0.5
"""How long a heal waits for the lock, and how long the other one takes."""


async def test_heals_longer_than_the_patience_of_others_do_not_undo_one_another_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of two freezes the state anew while the other is at work, which then has to start over.

    Without giving way to one another both take all the rounds they have, but for the last of them. How long each gives
    way is by chance: that it takes half of the rounds happens once in thousands, most of them once in millions.
    """
    _impatient(monkeypatch)
    commits = [_slow(one) for one in (world.one, world.two)]
    await world.contribute("known")
    await world.redis.hset(raid_key(world.raid, "state"), "run_id", "an earlier run")
    await asyncio.wait_for(asyncio.gather(world.one.heal(world.raid), world.two.heal(world.raid)), 90)
    state = await world.state()
    assert state["frozen"] == ""
    assert sum(map(len, commits)) < 2 * ROUNDS - 3, "heals in all"
    await world.contribute("new", world.two)
    assert await world.in_step()


def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    heal_lock = Ledger.heal_lock

    @contextlib.asynccontextmanager
    async def impatient(ledger: Ledger, raid_id: RaidId) -> AsyncIterator[bool]:
        async with heal_lock(ledger, raid_id, PATIENCE) as mine:
            yield mine

    monkeypatch.setattr(Ledger, "heal_lock", impatient)


def _slow(one: Server) -> list[str]:
    """Its heals take long, as with a hundred thousand entries in the log."""
    commits: list[str] = []
    healer = one.services.healer

    async def pause(point: str) -> None:
        if point == Point.HEAL_AFTER_COMMIT:
            commits.append(point)
            await asyncio.sleep(LONG)

    healer._pause = pause
    return commits


async def test_two_that_load_an_unloaded_raid_at_once_keep_its_epoch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second finds the place taken by the same state, and has nothing to heal."""
    await world.begin_raid(target_tasks=1)
    await world.contribute("last")
    await world.audited()
    epoch = await world.epoch()
    await world.lose()
    for one in (world.one, world.two):
        one.heals_without_a_lock()
    freeze, both = RaidCare.freeze, asyncio.Barrier(2)

    async def together(care: RaidCare, *arguments: object) -> object:
        frozen = await freeze(care, *arguments)  # type: ignore[arg-type]
        if frozen.outcome == "missing":
            await both.wait()
        return frozen

    monkeypatch.setattr(RaidCare, "freeze", together)
    await asyncio.wait_for(asyncio.gather(world.one.heal(world.raid), world.two.heal(world.raid)), 90)
    row = await world.row()
    assert (row["epoch"], row["unloaded"], await world.epoch()) == (epoch, True, epoch)
