"""What callers are told when others' trouble is in the same flight, or the ledger stands still."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from raidline.ids import ContributionId, RaidId
from realtime import scripts
from realtime.commands import Contribute, Update
from realtime.keys import raid_key
from server.flights import Flight, Line, LineFull
from server.outcomes import Accepted, Unavailable
from server.points import Point
from tests.faults.rules import Rule
from tests.faults.world import Server, World, id_of
from tests.helpers import eventually

STANDING_SECONDS = 60.0


async def test_a_repeat_of_what_is_in_quarantine_is_answered_without_a_heal(world: World) -> None:
    """The watermark has passed it, so neither the hand-over nor the keys have it; it is held all the same."""
    first = await _contribute_too_much(world)
    assert not first.durable
    await world.audited()
    epoch = await world.epoch()
    again = await _contribute_too_much(world)
    assert (again.outcome, again.durable, again.cursor) == ("duplicate", False, first.cursor)
    assert await world.epoch() == epoch
    assert await world.ledger.fetchval("SELECT count(*) FROM ledger_quarantine") == 1


async def test_somebody_elses_entry_in_quarantine_does_not_take_the_durable_answer_away(world: World) -> None:
    """An end hands over all that led to it, and one of these may be bad."""
    await world.begin_raid(target_tasks=2)
    await world.redis.hset(raid_key(world.raid, "state"), "target_tasks", "3")
    await _contribute_too_much(world)
    await world.contribute("second")
    last = await world.contribute("last")
    assert await world.ends() == ["raid_complete"]
    assert last.durable


async def _contribute_too_much(world: World) -> Accepted:
    """More than the ledger's tables take, by a state that allows it."""
    await world.redis.hset(raid_key(world.raid, "state"), "max_xp_per_contribution", "9000000")
    command = Contribute(
        raid_id=world.raid,
        contribution_id=id_of("too much"),
        fingerprint="f0",
        user_id=world.user,
        actor_id=world.user,
        xp=2_000_000,
        type="task_complete",
        day="2026-11-20",
        late_ms=None,
    )
    outcome = await world.one.services.write_path.submit(command)
    assert isinstance(outcome, Accepted)
    return outcome


async def test_an_entry_of_an_earlier_life_in_the_same_flight_does_not_make_the_later_heal(world: World) -> None:
    """The fence refuses the one; the other stands in the row's epoch."""
    gate = world.one.gate(Point.AFTER_DECIDE_BEFORE_RECORD)
    stale = asyncio.create_task(world.contribute("stale"))
    await gate.reached.wait()
    await world.lose()
    await world.two.heal(world.raid)
    epoch, raid_id = await world.epoch(), world.raid
    await world.begin_raid(target_tasks=1000)
    in_the_air = world.one.gate(Point.BETWEEN_LOCK_AND_FOLD)
    ahead = asyncio.create_task(world.contribute("ahead"))
    await in_the_air.reached.wait()
    world.raid = raid_id
    line = world.one.services.write_path._recorder._line
    command = Update(raid_id=raid_id, actor_id=world.user, changes={"title": "Autumn"})
    current = asyncio.create_task(world.one.services.write_path.submit(command))
    gate.opened.set()
    await eventually(lambda: _waiting(line, 2))
    in_the_air.opened.set()
    await asyncio.gather(ahead, stale, current)
    assert await world.epoch() == epoch
    assert await world.in_step()
    assert (await world.row())["title"] == "Autumn"


def _waiting(line: Line[Any, Any], count: int) -> bool:
    return len(line._line) == count


async def test_a_look_up_waits_no_longer_than_any_other_question_to_the_ledger(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A raid that is loaded without its keys has to ask; while the ledger stands still that is a 503, soon."""
    world.one.services.ledger._key_limit = 0
    await world.contribute("known")
    await world.lose()
    await world.one.heal(world.raid)

    async def stands_still(_raid_id: RaidId, _contribution_id: ContributionId) -> None:
        await asyncio.sleep(STANDING_SECONDS)

    monkeypatch.setattr(world.one.services.ledger, "known_key", stands_still)
    monkeypatch.setattr(world.one.services.write_path._recorder, "_ack_seconds", 0.3)
    with pytest.raises(Unavailable):
        await _try(world.one, world)


async def _try(one: Server, world: World) -> None:
    async with asyncio.timeout(STANDING_SECONDS / 2):
        await one.try_to_contribute(world.raid, "new", world.user)


async def test_those_on_a_flight_that_is_cancelled_do_not_wait_for_ever() -> None:
    async def cancelled(_items: object, _flight: object) -> None:
        raise asyncio.CancelledError

    line: Line[int, int] = Line(cancelled, most=10, waiting=10)
    futures = [line.submit(number) for number in range(3)]
    done, waiting = await asyncio.wait(futures, timeout=30)
    assert len(done) == 3
    assert not waiting


async def test_one_whose_second_flight_does_not_take_them_fails_with_their_first() -> None:
    def full(_future: object) -> None:
        raise LineFull

    async def changes(_items: object, flight: Flight[int]) -> None:
        flight.change(0, full)

    line: Line[int, int] = Line(changes, most=10, waiting=10)
    futures = [line.submit(number) for number in range(3)]
    done, _ = await asyncio.wait(futures, timeout=30)
    assert [type(future.exception()) for future in done] == [LineFull] * 3


async def test_one_whose_server_closes_before_the_ledger_is_asked_does_not_wait_for_ever(world: World) -> None:
    gate = world.one.gate(Point.AFTER_DECIDE_BEFORE_RECORD)
    decided = asyncio.create_task(world.contribute("decided"))
    await gate.reached.wait()
    await world.one.services.write_path.close()
    done, _ = await asyncio.wait([decided], timeout=30)
    assert done


async def test_what_is_decided_is_recorded_though_its_caller_has_gone(world: World) -> None:
    gate = world.one.gate(Point.AFTER_DECIDE_BEFORE_RECORD)
    gone = asyncio.create_task(world.contribute("gone"))
    await gate.reached.wait()
    gone.cancel()
    gate.opened.set()
    await eventually(world.in_step)
    assert (await world.contribute("gone")).outcome == "duplicate"


async def test_an_end_after_a_long_outage_hands_over_a_part_and_heals(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All of it would keep Redis busy for seconds, with every repeat; the ledger refuses the end without the rest."""
    await world.begin_raid(target_tasks=9)
    few = Rule(True, monkeypatch, tmp_path)
    few.in_lua("includes/raid", "HAND_OVER_MAX = 5000", "HAND_OVER_MAX = 3")
    try:
        world.one.loses_the_ledger()
        for number in range(8):
            await world.contribute(f"key {number}")
        last = await world.contribute("last", world.two)
    finally:
        monkeypatch.undo()
        scripts.script.cache_clear()
    assert (last.outcome, last.durable) == ("accepted", True)
    assert await world.ends() == ["raid_complete"]
    assert await world.in_step()
