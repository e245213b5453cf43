"""Auditors that meet one another, raids that cannot be served, and clocks that jump."""

import asyncio
from typing import Any

import pytest

import realtime.healing
import server.auditor
from persistence.errors import LedgerAway
from raidline.ids import Epoch, RaidId
from realtime.keys import RAIDS_DEADLINES, raid_key
from server.healer import Healer
from server.points import Point
from server.worker import Worker
from tests.faults.world import Crash, Server, World


@pytest.mark.parametrize("kept", [0, 2])
async def test_an_auditor_overtaken_by_another_does_not_doubt_what_that_one_trimmed(
    world: World, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """After an outage the sweep and the hints of one worker, or two workers, go through the same long log."""
    monkeypatch.setattr(realtime.healing, "LOG_KEPT", kept)
    monkeypatch.setattr(realtime.healing, "LOG_PAGE", 2)
    world.one.loses_the_ledger()
    for number in range(9):
        await world.contribute(f"key {number}")
    epoch = await world.epoch()
    gate = world.one.gate(Point.AUDIT_BEFORE_ADVANCE)
    overtaken = asyncio.create_task(world.one.audit(world.raid))
    await gate.reached.wait()
    await world.audited()
    gate.opened.set()
    await overtaken
    await world.audited()
    assert await world.in_step()
    assert await world.epoch() == epoch


async def test_a_raid_the_ledger_refuses_for_now_does_not_keep_the_others_from_being_audited(world: World) -> None:
    """It would be the first of every round, and nobody after it would ever be looked at."""
    stuck = world.raid
    await world.contribute("stuck")
    await world.begin_raid(target_tasks=1000)
    world.one.loses_the_ledger()
    await world.contribute("key")
    _never_answers_about(stuck, world.two)
    unfinished = await world.two.services.auditor.audit([stuck, world.raid])
    assert unfinished == {stuck}
    assert await world.holds("key")


async def test_a_ledger_that_is_away_is_not_asked_raid_by_raid(world: World) -> None:
    raids = [world.raid]
    for _ in range(5):
        await world.begin_raid(target_tasks=1000)
        raids.append(world.raid)
    asked = _never_answers_about(None, world.two)
    with pytest.raises(LedgerAway):
        await world.two.services.auditor.audit(raids)
    assert len(asked) <= server.auditor.AWAY_MAX


def _never_answers_about(raid_id: RaidId | None, one: Server) -> list[RaidId]:
    """The ledger of this server is away for one raid, or for all; who asked in vain."""
    ledger, asked = one.services.ledger, []
    missing = ledger.missing

    async def away(about: RaidId, *arguments: Any) -> Any:
        if raid_id in (None, about):
            asked.append(about)
            raise LedgerAway("canceling statement due to statement timeout")
        return await missing(about, *arguments)

    ledger.missing = away  # type: ignore[assignment, method-assign]
    return asked


async def test_a_deadline_that_cannot_be_met_does_not_hold_up_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One raid would have to be healed and the ledger is away; the others go on, and fail when they are due."""
    stuck = world.raid
    await world.begin_raid(target_tasks=1000)
    for raid_id in (stuck, world.raid):
        await world.redis.hset(raid_key(raid_id, "state"), "deadline", "1")
    await world.redis.delete(RAIDS_DEADLINES)
    await world.redis.zadd(RAIDS_DEADLINES, {str(stuck): 1, str(world.raid): 2})
    await world.redis.hset(raid_key(stuck, "state"), "run_id", "an earlier run")

    async def away(_raid_id: RaidId, _least_epoch: Epoch) -> None:
        raise LedgerAway("cannot connect")

    monkeypatch.setattr(world.two.services.healer, "ensure", away)
    await Worker(world.two.services).meet_deadlines()
    assert (await world.state())["status"] == "failed"


async def test_an_entry_from_a_clock_that_has_gone_back_is_not_young_until_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log never runs backwards: after such a jump its entries come from the future for as long as it was."""
    monkeypatch.setattr(server.auditor, "YOUNG_MS", 1000)
    state = await world.state()
    await world.redis.hset(raid_key(world.raid, "state"), "last_at", str(int(state["last_at"]) + 3_600_000))
    world.one.loses_the_ledger()
    await world.contribute("key")
    await world.two.audit(world.raid)
    assert await world.holds("key")


async def test_a_raid_whose_heal_crashed_before_its_end_is_ended_by_the_auditor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its targets are met, and perhaps nobody contributes any more."""
    await world.begin_raid(target_tasks=1)
    world.one.loses_the_ledger()
    await world.contribute("last")
    await world.two.services.ledger.record([entry for event, entry in await world.log() if event != "raid_complete"])
    await world.lose()

    async def crash(*_arguments: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Healer, "settle", crash)
        with pytest.raises(Crash):
            await world.two.heal(world.raid)
    assert (await world.state())["status"] == "active"
    await world.audited()
    assert ((await world.row())["status"], await world.ends()) == ("completed", ["raid_complete"])


async def test_an_audit_asks_for_each_watermark_once(world: World) -> None:
    await world.contribute("key")
    advanced = []
    advance = world.two.services.care.advance

    async def counted(*arguments: Any) -> Any:
        advanced.append(arguments)
        return await advance(*arguments)

    world.two.services.care.advance = counted  # type: ignore[assignment, method-assign]
    await world.two.audit(world.raid)
    assert len(advanced) == 1
