"""start.lua, cancel.lua and lead.lua: what the leader does with the raid."""

import pytest

from raidline.ids import InviteCode, UserId
from realtime.commands import Cancel, Command, Lead, NewCode, Remove, Start, Update
from tests.realtime.raid_world import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HOUR,
    NOW,
    RAID,
    World,
    command_id,
    contribution,
    events_of,
)


def begin(actor: UserId = ALICE) -> Start:
    return Start(raid_id=RAID, command_id=command_id(1), actor_id=actor)


def cancel(actor: UserId = ALICE, number: int = 1) -> Cancel:
    return Cancel(raid_id=RAID, command_id=command_id(number), actor_id=actor)


def lead(user: UserId, actor: UserId = ALICE) -> Lead:
    return Lead(raid_id=RAID, command_id=command_id(1), actor_id=actor, user_id=user)


def _leader_commands(actor: UserId) -> list[Command]:
    return [
        begin(actor),
        cancel(actor),
        lead(BOB, actor),
        Remove(raid_id=RAID, actor_id=actor, user_id=BOB),
        Update(raid_id=RAID, actor_id=actor, changes={"title": "Mine"}),
        NewCode(raid_id=RAID, actor_id=actor, invite_code=InviteCode("MINE")),
    ]


async def test_what_is_the_leaders_is_nobody_elses(world: World) -> None:
    await world.recruiting(ALICE, BOB, CAROL)

    assert {await world.outcome(command) for command in _leader_commands(CAROL)} == {"not_leader"}


async def test_to_outsiders_the_raid_does_not_exist(world: World) -> None:
    await world.recruiting(ALICE, BOB)

    assert {await world.outcome(command) for command in _leader_commands(DAVE)} == {"not_found"}


async def test_outsiders_of_a_public_raid_are_told_that_they_do_not_lead(world: World) -> None:
    await world.recruiting(ALICE, BOB, public=1)

    assert {await world.outcome(command) for command in _leader_commands(DAVE)} == {"not_leader"}


async def test_a_leader_who_left_leads_nothing_any_more(world: World) -> None:
    await world.ended(ALICE)
    await world.redis.hdel(world.key("members"), "1")

    assert {await world.outcome(command) for command in _leader_commands(ALICE)} == {"not_found"}


async def test_a_start_sets_the_deadline(world: World) -> None:
    await world.recruiting(ALICE, time_limit_hours=2)

    decision = await world.do(begin())

    assert (decision.outcome, decision.result) == ("done", str(NOW + 2 * HOUR).encode())
    state = await world.state()
    assert (state["status"], state["started_at"], state["deadline"]) == (
        "active",
        str(NOW),
        str(NOW + 2 * HOUR),
    )
    (entry,) = await world.log()
    assert (entry.event, entry.data["deadline"]) == ("raid_start", "2100-01-01T02:00:00.000Z")
    assert (entry.ledger["status"], entry.ledger["started_at"], entry.ledger["deadline"]) == (
        "active",
        NOW,
        NOW + 2 * HOUR,
    )


async def test_a_running_raid_has_started_already(world: World) -> None:
    await world.active(ALICE)

    assert await world.outcome(begin()) == "already"


async def test_what_has_ended_cannot_start(world: World) -> None:
    await world.ended(ALICE)

    assert await world.outcome(begin()) == "raid_ended"


async def test_starting_past_the_deadline_lets_the_raid_fail(world: World) -> None:
    await world.active(ALICE)
    await world.wait(23 * HOUR)

    decision = await world.do(begin())

    assert (decision.outcome, events_of(decision)) == ("raid_ended", ["raid_failed"])


async def test_a_repeated_start_has_its_first_answer(world: World) -> None:
    await world.recruiting(ALICE)
    first = await world.do(begin())
    await world.wait(HOUR)

    again = await world.do(begin())

    assert (again.outcome, again.entries) == ("done", first.entries)


async def test_the_leader_calls_a_raid_off_before_it_runs(world: World) -> None:
    await world.recruiting(ALICE)

    assert await world.outcome(cancel()) == "done"

    (entry,) = await world.log()
    assert entry.data == {
        "raidId": 42, "at": "2100-01-01T00:00:00.000Z", "seq": 1, "reason": "leader",
        "endedAt": "2100-01-01T00:00:00.000Z",
    }  # fmt: skip
    assert (entry.ledger["reason"], entry.ledger["status"], entry.ledger["ended_at"]) == (
        "leader",
        "cancelled",
        NOW,
    )


async def test_calling_off_a_running_raid_brings_what_the_ledger_lacks(world: World) -> None:
    await world.active(ALICE)
    await world.do(contribution(1))

    assert events_of(await world.do(cancel())) == ["contribution", "raid_cancelled"]


async def test_what_was_called_off_is_called_off_already(world: World) -> None:
    await world.recruiting(ALICE)
    await world.do(cancel(number=1))

    assert await world.outcome(cancel(number=2)) == "already"


@pytest.mark.parametrize("status", ["completed", "failed"])
async def test_another_end_cannot_be_called_off(world: World, status: str) -> None:
    await world.ended(ALICE, status=status)

    assert await world.outcome(cancel()) == "raid_ended"


async def test_a_repeated_cancel_has_its_first_answer(world: World) -> None:
    await world.active(ALICE)
    first = await world.do(cancel())

    again = await world.do(cancel())

    assert (again.outcome, again.entries) == ("done", first.entries)


async def test_the_lead_is_handed_over(world: World) -> None:
    await world.active(ALICE, BOB)

    assert await world.outcome(lead(BOB)) == "done"

    assert (await world.state())["leader_id"] == "2"
    (entry,) = await world.log()
    assert (entry.event, entry.data["userId"], entry.data["role"], entry.data["previousLeaderId"]) == (
        "member_update",
        2,
        "leader",
        1,
    )
    assert (entry.ledger["user_id"], entry.ledger["role"], entry.ledger["leader_id"]) == (2, "leader", 2)


async def test_who_leads_leads_already(world: World) -> None:
    await world.active(ALICE, BOB)

    assert await world.outcome(lead(ALICE)) == "already"


async def test_a_stranger_cannot_lead(world: World) -> None:
    await world.active(ALICE)

    assert await world.outcome(lead(BOB)) == "unknown_member"


async def test_the_lead_of_what_has_ended_stays(world: World) -> None:
    await world.ended(ALICE, BOB)

    assert await world.outcome(lead(BOB)) == "raid_ended"


async def test_a_repeated_hand_over_has_its_first_answer(world: World) -> None:
    await world.active(ALICE, BOB)
    first = await world.do(lead(BOB))

    again = await world.do(lead(BOB))

    assert (again.outcome, again.entries) == ("done", first.entries)
