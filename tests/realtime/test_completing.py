"""contribute.lua: the contribution that reaches both targets ends the raid, together with all that led to it."""

import pytest

from raidline.ids import Seq
from realtime.raids import Decision
from tests.realtime.raid_world import (
    ALICE,
    EPOCH,
    NOW,
    RAID,
    World,
    contribution,
    events_of,
    key,
    result_of,
    seqs_of,
)


async def test_the_one_that_reaches_both_targets_completes_the_raid_in_the_same_step(world: World) -> None:
    await world.active(ALICE, target_xp=20, target_tasks=2)
    await world.do(contribution(1, xp=30))

    decision = await world.do(contribution(2, xp=0))

    assert decision.outcome == "accepted"
    assert events_of(decision) == ["contribution", "contribution", "raid_complete"]
    last = (await world.log())[-1]
    assert last.data == {
        "raidId": 42, "at": "2100-01-01T00:00:00.000Z", "seq": 3, "currentXp": 30, "currentTasks": 2,
        "endedAt": "2100-01-01T00:00:00.000Z",
    }  # fmt: skip
    assert (last.command_id, last.ledger["status"], last.ledger["ended_at"]) == (key(2), "completed", NOW)
    assert result_of(decision)["seq"] == 2
    assert result_of(decision)["raid"]["status"] == "completed"


@pytest.mark.parametrize(("xp", "tasks"), [(11, 1), (10, 2)])
async def test_one_target_alone_completes_nothing(world: World, xp: int, tasks: int) -> None:
    await world.active(ALICE, target_xp=xp, target_tasks=tasks)

    assert events_of(await world.do(contribution(1, xp=10))) == ["contribution"]


async def test_an_end_brings_the_unaudited_entries_below_it(world: World) -> None:
    decision = await _completed_by_the_fourth(world)

    assert seqs_of(decision) == [2, 3, 4, 5]
    assert events_of(decision)[-1] == "raid_complete"


async def test_a_duplicate_of_what_ended_the_raid_brings_them_all_again(world: World) -> None:
    decision = await _completed_by_the_fourth(world)

    again = await world.do(contribution(4))

    assert (again.outcome, again.entries) == ("duplicate", decision.entries)


async def test_a_duplicate_below_the_end_brings_itself_alone(world: World) -> None:
    await _completed_by_the_fourth(world)

    assert seqs_of(await world.do(contribution(3))) == [3]


async def _completed_by_the_fourth(world: World) -> Decision:
    """The ledger holds the first of four contributions; the last one ends the raid."""
    await world.active(ALICE, target_xp=40, target_tasks=4)
    for number in (1, 2, 3):
        await world.do(contribution(number))
    await world.care.advance(RAID, EPOCH, Seq(1))
    return await world.do(contribution(4))
