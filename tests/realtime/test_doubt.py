"""When a script does nothing: no state, a state in doubt, a sealed one, one with too much unrecorded."""

import pytest

from raidline.ids import Epoch, InviteCode
from realtime.commands import Cancel, Command, Lead, Leave, NewCode, Remove, Settle, Start, Update
from tests.realtime.raid_world import (
    ALICE,
    BOB,
    CAROL,
    RAID,
    World,
    command_id,
    contribution,
    events_of,
    join,
    start,
    void,
)

EVERY_COMMAND: list[Command] = [
    contribution(2),
    void(1),
    join(CAROL),
    start(),
    Leave(raid_id=RAID, user_id=BOB),
    Remove(raid_id=RAID, actor_id=ALICE, user_id=BOB),
    Lead(raid_id=RAID, actor_id=ALICE, user_id=BOB),
    Cancel(raid_id=RAID, actor_id=ALICE),
    Update(raid_id=RAID, actor_id=ALICE, changes={"title": "Hydra"}),
    NewCode(raid_id=RAID, actor_id=ALICE, invite_code=InviteCode("TAPIOCA")),
    Settle(raid_id=RAID),
]

for_every_command = pytest.mark.parametrize(
    "command", EVERY_COMMAND, ids=lambda command: type(command).__name__.lower()
)


async def _running(world: World, **fields: object) -> None:
    await world.active(ALICE, BOB, open_join=1, **fields)
    assert await world.outcome(contribution(1)) == "accepted"


@for_every_command
async def test_without_a_state_it_is_missing(world: World, command: Command) -> None:
    decision = await world.do(command, least_epoch=9)

    assert (decision.outcome, decision.epoch, decision.in_doubt) == ("missing", 9, True)
    assert await world.everything() == {}


@for_every_command
@pytest.mark.parametrize(
    "doubt", [{"run_id": "0" * 40}, {"frozen": "somebody"}], ids=["run of another redis", "frozen"]
)
async def test_a_state_in_doubt_is_not_touched(world: World, command: Command, doubt: dict[str, str]) -> None:
    await _running(world)
    await world.set(**doubt)
    before = await world.everything()

    decision = await world.do(command)

    assert (decision.outcome, decision.epoch, decision.in_doubt) == ("suspect", 7, True)
    assert await world.everything() == before


@for_every_command
async def test_who_knows_of_a_higher_epoch_gets_nothing_from_a_lower_one(world: World, command: Command) -> None:
    await _running(world)
    before = await world.everything()

    decision = await world.do(command, least_epoch=8)

    assert (decision.outcome, decision.epoch) == ("suspect", 8)
    assert await world.everything() == before


async def test_the_epoch_that_is_known_is_enough(world: World) -> None:
    await _running(world)

    assert await world.outcome(contribution(2), least_epoch=7) == "accepted"


async def test_a_state_in_doubt_answers_not_even_a_repeat(world: World) -> None:
    await _running(world)
    await world.set(frozen="somebody")

    assert await world.outcome(contribution(1)) == "suspect"


async def test_what_would_be_appended_to_a_sealed_state_has_to_heal_into_the_next_epoch(
    world: World,
) -> None:
    await world.ended(ALICE, sealed=1)
    before = await world.everything()

    decision = await world.do(Update(raid_id=RAID, actor_id=ALICE, changes={"title": "Hydra"}))

    assert (decision.outcome, decision.epoch) == ("suspect", 8)
    assert await world.everything() == before


async def test_a_sealed_state_answers_repeats_and_refusals(world: World) -> None:
    await _running(world)
    cancel = Cancel(raid_id=RAID, actor_id=ALICE, command_id=command_id(1))
    first = await world.do(cancel)
    await world.set(sealed=1)

    again = await world.do(cancel)

    assert (again.outcome, again.entries[-1]) == ("done", first.entries[-1])
    assert await world.outcome(contribution(1)) == "duplicate"
    assert await world.outcome(contribution(2)) == "raid_ended"
    assert await world.outcome(join(CAROL)) == "raid_ended"
    assert await world.outcome(join(BOB)) == "already"
    assert await world.outcome(Update(raid_id=RAID, actor_id=ALICE, changes={"title": "Dragon"})) == "already"


async def test_a_sealed_state_answers_readers(world: World) -> None:
    await world.ended(ALICE, sealed=1, seq=3)

    view = await world.store.view(RAID, ALICE)

    assert view.snapshot is not None
    assert (view.outcome, view.snapshot.status) == ("ok", "cancelled")
    assert (await world.store.stream_start(RAID, ALICE, None)).outcome == "ok"


# Those that would append to this raid if they might; the others refuse before.
APPENDING = [command for command in EVERY_COMMAND if not isinstance(command, Start)]


@pytest.mark.parametrize("command", APPENDING, ids=lambda command: type(command).__name__.lower())
async def test_behind_a_hundred_thousand_unrecorded_entries_nothing_new_is_decided(
    world: World, command: Command
) -> None:
    await _running(world)
    await world.set(seq=100_001, audited_seq=1)
    before = await world.everything()

    decision = await world.do(command)

    assert (decision.outcome, decision.entries, decision.in_doubt) == ("backlog", (), False)
    assert await world.everything() == before


async def test_a_start_waits_behind_the_backlog_too(world: World) -> None:
    await world.recruiting(ALICE, seq=100_001, audited_seq=1)

    assert await world.outcome(start()) == "backlog"


async def test_one_entry_less_and_it_goes_on(world: World) -> None:
    await world.active(ALICE, seq=100_000, audited_seq=1)

    decision = await world.do(contribution(1))

    assert (decision.outcome, events_of(decision)) == ("accepted", ["contribution"])
    assert await world.outcome(contribution(2)) == "backlog"


async def test_behind_the_backlog_repeats_are_answered(world: World) -> None:
    await _running(world)
    await world.set(seq=100_001)

    assert await world.outcome(contribution(1)) == "duplicate"


@pytest.mark.parametrize("least_epoch", [0, 5])
async def test_readers_are_told_of_a_missing_state(world: World, least_epoch: int) -> None:
    view = await world.store.view(RAID, ALICE, least_epoch=least_epoch)

    assert (view.outcome, view.epoch, view.snapshot) == ("missing", least_epoch, None)


@pytest.mark.parametrize(
    "doubt", [{"run_id": "0" * 40}, {"frozen": "somebody"}], ids=["run of another redis", "frozen"]
)
async def test_readers_are_shown_nothing_in_doubt(world: World, doubt: dict[str, str]) -> None:
    await _running(world)
    await world.set(**doubt)

    view = await world.store.view(RAID, ALICE)
    beginning = await world.store.stream_start(RAID, ALICE, None)

    assert (view.outcome, view.epoch, view.snapshot) == ("suspect", 7, None)
    assert (beginning.outcome, beginning.snapshot) == ("suspect", None)


async def test_readers_who_know_of_a_higher_epoch_are_told_to_heal_to_it(world: World) -> None:
    await _running(world)

    view = await world.store.view(RAID, ALICE, least_epoch=9)

    assert (view.outcome, view.epoch) == ("suspect", Epoch(9))
