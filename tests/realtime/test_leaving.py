"""leave.lua and remove.lua: who goes, who is put out, and who leads then."""

import pytest

from raidline.ids import UserId
from realtime.commands import Leave, Remove
from tests.realtime.raid_world import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HOUR,
    RAID,
    Loading,
    World,
    command_id,
    contribution,
    events_of,
)


def leave(user: UserId, number: int = 1) -> Leave:
    return Leave(raid_id=RAID, command_id=command_id(number), user_id=user)


def remove(user: UserId, actor: UserId = ALICE, number: int = 1) -> Remove:
    return Remove(raid_id=RAID, command_id=command_id(number), actor_id=actor, user_id=user)


async def test_a_member_leaves(world: World) -> None:
    await world.recruiting(ALICE, BOB)

    assert await world.outcome(leave(BOB)) == "done"

    assert sorted(await world.hash("members")) == ["1"]
    assert await world.hash("past") == {"2": "left"}
    state = await world.state()
    assert (state["member_count"], state["leader_id"]) == ("1", "1")
    (entry,) = await world.log()
    assert (entry.event, entry.data["userId"], entry.data["removed"]) == ("member_leave", 2, False)
    assert "newLeaderId" not in entry.data
    assert (entry.ledger["user_id"], entry.ledger["removed"]) == (2, False)


async def test_a_leader_hands_over_to_the_longest_standing_member(world: World) -> None:
    await world.active(ALICE, CAROL, BOB)

    assert await world.outcome(leave(ALICE)) == "done"

    assert (await world.state())["leader_id"] == "3"
    (entry,) = await world.log()
    assert entry.data["newLeaderId"] == 3
    assert (entry.ledger["new_leader_id"], entry.ledger["leader_id"]) == (3, 3)


async def test_with_the_last_one_the_raid_is_called_off(world: World) -> None:
    await world.active(ALICE)
    await world.do(contribution(1))

    decision = await world.do(leave(ALICE))

    assert (decision.outcome, events_of(decision)) == (
        "done",
        ["contribution", "member_leave", "raid_cancelled"],
    )
    last = (await world.log())[-1]
    assert (last.data["reason"], last.ledger["reason"], last.command_id) == ("empty", "empty", command_id(1))
    assert (await world.state())["status"] == "cancelled"


async def test_a_repeated_leave_has_all_its_entries_again(world: World) -> None:
    await world.active(ALICE)
    first = await world.do(leave(ALICE))

    again = await world.do(leave(ALICE))

    assert (again.outcome, again.entries) == ("done", first.entries)


@pytest.mark.parametrize(
    ("how", "public", "outcome"),
    [("left", 0, "already"), ("left", 1, "already"), ("removed", 1, "already"), ("removed", 0, "not_found")],
)
async def test_who_is_gone_has_left_already_unless_put_out_of_a_hidden_raid(
    world: World, how: str, public: int, outcome: str
) -> None:
    await world.load(Loading({"public": public}, past={BOB: how}))

    assert await world.outcome(leave(BOB)) == outcome


async def test_who_was_never_in_finds_no_raid(world: World) -> None:
    await world.recruiting(ALICE)

    assert await world.outcome(leave(DAVE)) == "not_found"


async def test_nobody_leaves_what_has_ended(world: World) -> None:
    await world.ended(ALICE, BOB)

    assert await world.outcome(leave(BOB)) == "raid_ended"


async def test_past_the_deadline_a_leave_lets_the_raid_fail(world: World) -> None:
    await world.active(ALICE, BOB)
    await world.wait(23 * HOUR)

    decision = await world.do(leave(BOB))

    assert (decision.outcome, events_of(decision)) == ("raid_ended", ["raid_failed"])
    assert sorted(await world.hash("members")) == ["1", "2"]


async def test_the_leader_puts_a_member_out(world: World) -> None:
    await world.active(ALICE, BOB)

    assert await world.outcome(remove(BOB)) == "done"

    assert await world.hash("past") == {"2": "removed"}
    (entry,) = await world.log()
    assert (entry.event, entry.data["userId"], entry.data["removed"]) == ("member_leave", 2, True)
    assert entry.ledger["removed"] is True


async def test_who_is_out_is_out_already(world: World) -> None:
    await world.load(Loading(past={BOB: "removed"}))

    assert await world.outcome(remove(BOB)) == "already"


async def test_only_the_leader_removes(world: World) -> None:
    await world.recruiting(ALICE, BOB, CAROL)

    assert await world.outcome(remove(CAROL, actor=BOB)) == "not_leader"
    assert await world.outcome(remove(CAROL, actor=DAVE)) == "not_found"


async def test_outsiders_of_a_public_raid_are_told_that_they_do_not_lead(world: World) -> None:
    await world.recruiting(ALICE, BOB, public=1)

    assert await world.outcome(remove(BOB, actor=DAVE)) == "not_leader"


async def test_a_leader_cannot_be_removed(world: World) -> None:
    await world.recruiting(ALICE, BOB)

    assert await world.outcome(remove(ALICE)) == "leader_cannot_be_removed"


async def test_a_stranger_cannot_be_removed(world: World) -> None:
    await world.load(Loading(past={CAROL: "left"}))

    assert await world.outcome(remove(BOB)) == "unknown_member"
    assert await world.outcome(remove(CAROL)) == "unknown_member"


async def test_nobody_is_removed_after_the_end(world: World) -> None:
    await world.ended(ALICE, BOB)

    assert await world.outcome(remove(BOB)) == "raid_ended"
