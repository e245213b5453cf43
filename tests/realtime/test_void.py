"""void.lua: a contribution taken back, for everyone to see."""

import pytest

from raidline.ids import UserId
from tests.realtime.raid_world import (
    ACTIVE,
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HOUR,
    NOW,
    TODAY,
    Loading,
    World,
    command_id,
    contribution,
    events_of,
    key,
    packed_contribution,
    void,
)

WINDOW = 15 * 60 * 1000


async def _contributed(world: World, *, user: UserId = BOB, xp: int = 30) -> None:
    await world.active(ALICE, BOB, CAROL)
    assert await world.outcome(contribution(1, user=user, xp=xp)) == "accepted"


async def test_its_xp_and_its_task_leave_the_totals(world: World) -> None:
    await _contributed(world)

    assert await world.outcome(void(1, actor=BOB)) == "done"

    state = await world.state()
    assert (state["current_xp"], state["current_tasks"]) == ("0", "0")
    assert (await world.hash("xp"), await world.hash("tasks")) == ({"2": "0"}, {"2": "0"})


async def test_its_entry_says_what_was_taken_from_whom(world: World) -> None:
    await _contributed(world)

    await world.do(void(1, actor=ALICE, command_id=command_id(5), reason="by_request"))

    entry = (await world.log())[-1]
    assert entry.data == {
        "raidId": 42, "at": "2100-01-01T00:00:00.000Z", "seq": 2, "contributionId": key(1), "userId": 2, "xp": 30,
        "currentXp": 0, "currentTasks": 0, "xpContributed": 0, "tasksContributed": 0,
    }  # fmt: skip
    expected = {
        "event": "contribution_voided", "command_id": command_id(5), "contribution_id": key(1), "user_id": 2,
        "xp": 30, "day": TODAY, "contributed_at": NOW, "actor_id": 1, "reason": "by_request",
    }  # fmt: skip
    assert {name: entry.ledger[name] for name in expected} == expected


@pytest.mark.parametrize("xp", [0, 1, 10_000])
async def test_whatever_it_was_worth_can_be_taken_back(world: World, xp: int) -> None:
    await _contributed(world, xp=xp)

    assert await world.outcome(void(1, actor=BOB)) == "done"
    assert (await world.state())["current_xp"] == "0"


async def test_a_voided_contribution_is_voided_once(world: World) -> None:
    await _contributed(world)
    await world.do(void(1, actor=BOB))

    again = await world.do(void(1, actor=BOB))

    assert (again.outcome, again.entries) == ("already", ())


async def test_a_repeated_command_has_its_first_answer(world: World) -> None:
    await _contributed(world)
    first = await world.do(void(1, actor=BOB, command_id=command_id(1)))

    again = await world.do(void(1, actor=BOB, command_id=command_id(1)))

    assert (again.outcome, again.entries) == ("done", first.entries)


async def test_the_key_of_a_voided_contribution_stays_known(world: World) -> None:
    await _contributed(world)
    await world.do(void(1, actor=BOB))

    assert await world.outcome(contribution(1, user=BOB)) == "duplicate"


async def test_to_outsiders_the_raid_does_not_exist(world: World) -> None:
    await _contributed(world)

    assert await world.outcome(void(1, actor=DAVE)) == "not_found"
    assert await world.outcome(void(1, actor=None)) == "not_found"


async def test_what_was_never_contributed_is_unknown(world: World) -> None:
    await _contributed(world)

    assert await world.outcome(void(2, actor=BOB)) == "unknown_contribution"


async def test_one_takes_back_ones_own_for_fifteen_minutes(world: World) -> None:
    await _contributed(world)
    await world.wait(WINDOW + 1)
    assert await world.outcome(void(1, actor=BOB)) == "void_window_closed"

    await world.wait(-1)
    assert await world.outcome(void(1, actor=BOB)) == "done"


async def test_somebody_elses_is_not_ones_to_take_back(world: World) -> None:
    await _contributed(world)

    assert await world.outcome(void(1, actor=CAROL)) == "not_allowed"


async def test_leader_and_operator_are_free_of_owner_and_window(world: World) -> None:
    await _contributed(world)
    await world.do(contribution(2, user=BOB))
    await world.wait(WINDOW + 1)

    assert await world.outcome(void(1, actor=ALICE)) == "done"
    assert await world.outcome(void(2, actor=None, is_admin=True)) == "done"


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
async def test_an_end_stands_on_what_led_to_it(world: World, status: str) -> None:
    await _contributed(world)
    await world.set(status=status)

    assert await world.outcome(void(1, actor=BOB)) == "raid_ended"
    assert await world.outcome(void(1, actor=None, is_admin=True)) == "raid_ended"


async def test_past_the_deadline_it_lets_the_raid_fail(world: World) -> None:
    await _contributed(world)
    await world.wait(23 * HOUR)

    decision = await world.do(void(1, actor=ALICE))

    assert (decision.outcome, events_of(decision)) == ("raid_ended", ["contribution", "raid_failed"])


async def test_before_the_start_there_is_nothing_to_take_back(world: World) -> None:
    await world.load(Loading(contributions={key(1): packed_contribution(1, user=ALICE)}))

    assert await world.outcome(void(1, actor=ALICE)) == "raid_not_active"


async def test_of_a_member_who_left_it_can_still_be_taken(world: World) -> None:
    await world.load(
        Loading(
            ACTIVE | {"current_xp": 10, "current_tasks": 1},
            xp={BOB: 10},
            tasks={BOB: 1},
            contributions={key(1): packed_contribution(1, user=BOB)},
            past={BOB: "left"},
        )
    )

    assert await world.outcome(void(1, actor=ALICE)) == "done"
    assert await world.hash("xp") == {"2": "0"}
