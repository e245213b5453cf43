"""The auditor's rules, each with what happens without it."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import pytest

import realtime.healing
from persistence.rows import LiveRaid
from raidline.ids import Epoch, RaidId, Seq
from realtime.healing import Marks
from server.auditor import Auditor
from server.points import Point
from tests.faults.rules import Rule
from tests.faults.world import Crash, World


@pytest.fixture(autouse=True)
def _nothing_is_kept_for_those_who_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is trimmed up to its watermark, so that a watermark that is wrong shows at once."""
    monkeypatch.setattr(realtime.healing, "LOG_KEPT", 0)


async def test_a_watermark_counts_only_in_its_life(rule: Rule, world: World) -> None:
    """An auditor that stood still, and a Postgres from a backup: the new life has the same numbers again."""
    rule.in_lua("advance", "values[1] ~= epoch or ")
    await world.back_up()
    for key in ("a", "b", "c"):
        await world.contribute(key)
    gate = world.one.gate(Point.AUDIT_BEFORE_ADVANCE)
    auditing = asyncio.create_task(world.one.audit(world.raid))
    await gate.reached.wait()
    await world.lose()
    await world.restore()
    await world.two.heal(world.raid)
    world.two.loses_the_ledger()
    for key in ("d", "e", "f"):
        await world.contribute(key, world.two)
    gate.opened.set()
    await auditing
    await world.audited()
    rule.holds(await world.holds("d", "e", "f"))


async def test_a_watermark_never_goes_back(rule: Rule, world: World) -> None:
    """The log above the lower one may be gone, and a raid in good order would have to heal."""
    rule.in_lua(
        "advance",
        "math.max(tonumber(values[4]), math.min(seq, tonumber(values[5])))",
        "math.min(seq, tonumber(values[5]))",
    )
    epoch = await world.epoch()
    await world.contribute("a")
    gate = world.one.gate(Point.AUDIT_BEFORE_ADVANCE)
    auditing = asyncio.create_task(world.one.audit(world.raid))
    await gate.reached.wait()
    await world.contribute("b")
    await world.audited()
    gate.opened.set()
    await auditing
    await world.audited()
    rule.holds(await world.epoch() == epoch)


async def test_the_rows_watermark_is_written_before_the_states(rule: Rule, world: World) -> None:
    """The state's goes with trimming the log: after a crash between them the row would ask for what is gone."""
    rule.in_method(Auditor, "_advance", _state_first)
    epoch = await world.epoch()
    await world.contribute("a")
    world.one.gate(Point.AUDIT_BEFORE_ADVANCE, crashes=True)
    with contextlib.suppress(Crash):
        await world.one.audit(world.raid)
    await world.audited()
    rule.holds(await world.epoch() == epoch)


async def _state_first(_original: object, auditor: Auditor, raid_id: RaidId, epoch: Epoch, seq: Seq) -> Seq:
    await auditor._care.advance(raid_id, epoch, seq)
    await auditor._pause(Point.AUDIT_BEFORE_ADVANCE)
    await auditor._ledger.set_audited(raid_id, epoch, seq)
    return seq


async def test_the_lower_of_the_two_watermarks_counts(
    rule: Rule, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Postgres that was restored from a backup is caught up from the log."""
    monkeypatch.setattr(realtime.healing, "LOG_KEPT", 1000)
    rule.in_method(Auditor, "_catch_up", _trusting_the_state)
    await world.back_up()
    await world.contribute("a")
    await world.audited()
    await world.restore()
    await world.two.audit(world.raid)
    rule.holds(await world.holds("a") and await world.in_step())


async def _trusting_the_state(original: Any, auditor: Auditor, row: LiveRaid, state: Marks) -> Any:
    return await original(auditor, replace(row, audited_seq=state.audited_seq), state)


async def test_a_log_with_a_gap_is_not_vouched_for(rule: Rule, world: World) -> None:
    """What it lacks may be what nobody recorded; a heal says so to everyone who saw it."""
    rule.in_method(Auditor, "_check_page", _whatever_the_page)
    world.one.loses_the_ledger()
    lost = await world.contribute("lost")
    await world.contribute("kept")
    await world.drop_from_log(lost.cursor.seq)
    await world.audited()
    rule.holds(await world.in_step())


async def _whatever_the_page(
    _original: object, auditor: Auditor, row: LiveRaid, state: Marks, _reached: Seq, page: Any
) -> Seq:
    await auditor._record(row, state, [one.entry for one in page])
    last: Seq = page[-1].entry.seq
    return last
