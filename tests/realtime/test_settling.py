"""settle.lua: the end that is due and that nobody's command appends."""

from raidline.ids import Seq
from realtime.commands import Settle
from tests.realtime.raid_world import (
    ACTIVE,
    ALICE,
    EPOCH,
    HOUR,
    RAID,
    Loading,
    World,
    command_id,
    contribution,
    events_of,
    seqs_of,
)


def settle(number: int = 1) -> Settle:
    return Settle(raid_id=RAID, command_id=command_id(number))


async def test_before_the_deadline_nothing_is_due(world: World) -> None:
    await world.active(ALICE)
    await world.wait(23 * HOUR - 1)
    before = await world.everything()

    assert await world.outcome(settle()) == "not_due"
    assert await world.everything() == before


async def test_a_recruiting_raid_is_never_due(world: World) -> None:
    await world.recruiting(ALICE, target_xp=0, target_tasks=0)

    assert await world.outcome(settle()) == "not_due"


async def test_at_the_deadline_the_raid_fails(world: World) -> None:
    await world.active(ALICE)
    for number in (1, 2):
        await world.do(contribution(number))
    await world.care.advance(RAID, EPOCH, Seq(1))
    await world.wait(23 * HOUR)

    decision = await world.do(settle())

    assert (decision.outcome, events_of(decision)) == ("done", ["contribution", "raid_failed"])
    assert seqs_of(decision) == [2, 3]
    assert (await world.log())[-1].command_id == command_id(1)


async def test_with_both_targets_met_and_no_end_the_raid_completes(world: World) -> None:
    await world.load(Loading(ACTIVE | {"target_xp": 10, "target_tasks": 1, "current_xp": 10, "current_tasks": 1}))

    decision = await world.do(settle())

    assert (decision.outcome, events_of(decision)) == ("done", ["raid_complete"])
    state = await world.state()
    assert (state["status"], state["seq"]) == ("completed", "1")


async def test_targets_that_are_met_count_even_past_the_deadline(world: World) -> None:
    met = {"target_xp": 10, "target_tasks": 0, "current_xp": 10}
    await world.load(Loading(ACTIVE | met))
    await world.wait(24 * HOUR)

    assert events_of(await world.do(settle())) == ["raid_complete"]


async def test_what_has_ended_has_ended_already(world: World) -> None:
    await world.ended(ALICE)

    assert await world.outcome(settle()) == "already"


async def test_a_repeated_settling_has_its_end_again(world: World) -> None:
    await world.active(ALICE)
    await world.wait(24 * HOUR)
    first = await world.do(settle(1))

    again = await world.do(settle(1))

    assert (again.outcome, again.entries) == ("done", first.entries)
    assert await world.outcome(settle(2)) == "already"
    assert await world.events() == ["raid_failed"]
