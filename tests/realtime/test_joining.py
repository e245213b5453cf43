"""join.lua: who gets in, and who does not."""

import orjson
import pytest

from raidline.ids import InviteCode
from tests.realtime.raid_world import (
    ACTIVE,
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HOUR,
    NOW,
    Loading,
    World,
    command_id,
    events_of,
    join,
)


async def test_whoever_has_the_code_gets_in(world: World) -> None:
    await world.recruiting(ALICE)

    assert await world.outcome(join(BOB, command_id=command_id(1))) == "done"

    member = orjson.loads((await world.hash("members"))["2"])
    assert member == {"name": "Bob", "joined_at": NOW}
    assert (await world.state())["member_count"] == "2"
    (entry,) = await world.log()
    assert entry.data == {
        "raidId": 42, "at": "2100-01-01T00:00:00.000Z", "seq": 1, "userId": 2, "username": "Bob", "role": "member",
        "xpContributed": 0, "tasksContributed": 0, "isOnline": False,
    }  # fmt: skip
    expected = {"event": "member_join", "user_id": 2, "username": "Bob", "joined_at": NOW, "member_count": 2}
    assert {name: entry.ledger[name] for name in expected} == expected


async def test_members_are_in_already_whatever_code_they_show(world: World) -> None:
    await world.ended(ALICE)

    again = await world.do(join(ALICE, code=InviteCode("WRONG")))

    assert (again.outcome, again.entries) == ("already", ())


async def test_with_another_code_there_is_no_raid(world: World) -> None:
    await world.recruiting(ALICE)

    assert await world.outcome(join(BOB, code=InviteCode("WRONG"))) == "not_found"


async def test_whoever_was_put_out_is_kept_out(world: World) -> None:
    await world.load(Loading(past={BOB: "removed"}))

    assert await world.outcome(join(BOB)) == "not_found"


async def test_whoever_left_may_come_back_with_what_they_had_contributed(world: World) -> None:
    await world.load(Loading(xp={BOB: 30}, tasks={BOB: 2}, past={BOB: "left"}))

    assert await world.outcome(join(BOB)) == "done"

    data = (await world.log())[-1].data
    assert (data["xpContributed"], data["tasksContributed"]) == (30, 2)
    assert await world.hash("past") == {}


async def test_nobody_joins_what_has_ended(world: World) -> None:
    await world.ended(ALICE)

    assert await world.outcome(join(BOB)) == "raid_ended"


async def test_past_the_deadline_a_join_lets_the_raid_fail(world: World) -> None:
    await world.active(ALICE, open_join=1)
    await world.wait(23 * HOUR)

    decision = await world.do(join(BOB))

    assert (decision.outcome, events_of(decision)) == ("raid_ended", ["raid_failed"])


@pytest.mark.parametrize(("open_join", "outcome"), [(0, "raid_not_recruiting"), (1, "done")])
async def test_an_active_raid_is_joined_only_when_it_is_open(world: World, open_join: int, outcome: str) -> None:
    await world.active(ALICE, open_join=open_join)

    assert await world.outcome(join(BOB)) == outcome


async def test_a_full_raid_takes_nobody(world: World) -> None:
    await world.load(Loading({"max_members": 3}, (ALICE, BOB)))

    assert await world.outcome(join(CAROL)) == "done"
    assert await world.outcome(join(DAVE)) == "raid_full"


async def test_a_repeated_join_has_its_first_answer(world: World) -> None:
    await world.recruiting(ALICE)
    first = await world.do(join(BOB, command_id=command_id(1)))

    again = await world.do(join(BOB, command_id=command_id(1)))

    assert (again.outcome, again.entries) == ("done", first.entries)
    assert await world.events() == ["member_join"]


async def test_a_refusal_changes_nothing(world: World) -> None:
    await world.load(Loading(ACTIVE))
    before = await world.everything()

    await world.do(join(BOB))

    assert await world.everything() == before
