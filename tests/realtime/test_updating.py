"""update.lua: how the raid presents itself, and its invite code."""

import pytest

from raidline.ids import InviteCode
from realtime.commands import Command, NewCode, Update
from tests.realtime.raid_world import ALICE, BOB, CODE, HOUR, RAID, World, command_id, events_of, join


def update(**changes: str | bool) -> Update:
    return Update(raid_id=RAID, command_id=command_id(1), actor_id=ALICE, changes=changes)


def new_code(code: str = "TAPIOCA") -> NewCode:
    return NewCode(raid_id=RAID, command_id=command_id(9), actor_id=ALICE, invite_code=InviteCode(code))


async def test_subscribers_see_what_changed_and_the_ledger_all_of_it(world: World) -> None:
    await world.recruiting(ALICE)

    assert await world.outcome(update(title="Hydra", open_join=True)) == "done"

    (entry,) = await world.log()
    assert entry.data == {
        "raidId": 42, "at": "2100-01-01T00:00:00.000Z", "seq": 1, "title": "Hydra", "openJoin": True,
    }  # fmt: skip
    expected = {
        "event": "raid_update", "title": "Hydra", "description": "", "open_join": True, "public": False,
        "invite_code": CODE,
    }  # fmt: skip
    assert {name: entry.ledger[name] for name in expected} == expected
    state = await world.state()
    assert (state["title"], state["open_join"], state["public"]) == ("Hydra", "1", "0")


async def test_what_is_as_it_was_is_not_shown(world: World) -> None:
    await world.recruiting(ALICE)

    await world.do(update(title="Dragon", description="It has heads", public=True))

    (entry,) = await world.log()
    assert set(entry.data) == {"raidId", "at", "seq", "description", "public"}


@pytest.mark.parametrize("changes", [{}, {"title": "Dragon"}, {"public": False, "open_join": False}])
async def test_nothing_to_change_is_changed_already(world: World, changes: dict[str, str | bool]) -> None:
    await world.recruiting(ALICE)

    decision = await world.do(update(**changes))

    assert (decision.outcome, decision.entries) == ("already", ())


async def test_a_new_code_kills_the_old_one_and_is_not_shown(world: World) -> None:
    await world.recruiting(ALICE)

    assert await world.outcome(new_code()) == "done"

    (entry,) = await world.log()
    assert set(entry.data) == {"raidId", "at", "seq"}
    assert entry.ledger["invite_code"] == "TAPIOCA"
    assert await world.outcome(join(BOB, code=CODE)) == "not_found"
    assert await world.outcome(join(BOB, code=InviteCode("TAPIOCA"))) == "done"


async def test_a_raid_may_be_renamed_after_its_end_but_not_reopened(world: World) -> None:
    await world.ended(ALICE)

    assert await world.outcome(update(title="Hydra")) == "done"
    assert await world.outcome(new_code()) == "raid_ended"


async def test_past_the_deadline_an_update_lets_the_raid_fail_first(world: World) -> None:
    await world.active(ALICE)
    await world.wait(23 * HOUR)

    decision = await world.do(update(title="Hydra"))

    assert (decision.outcome, events_of(decision)) == ("done", ["raid_failed", "raid_update"])


@pytest.mark.parametrize("command", [update(), new_code()])
async def test_past_the_deadline_the_raid_fails_whatever_is_said_to_the_command(world: World, command: Command) -> None:
    await world.active(ALICE)
    await world.wait(23 * HOUR)

    decision = await world.do(command)

    assert decision.outcome in ("already", "raid_ended")
    assert events_of(decision) == ["raid_failed"]


async def test_a_repeated_update_has_all_its_entries_again(world: World) -> None:
    await world.active(ALICE)
    await world.wait(23 * HOUR)
    first = await world.do(update(title="Hydra"))

    again = await world.do(update(title="Hydra"))

    assert (again.outcome, again.entries) == ("done", first.entries)
