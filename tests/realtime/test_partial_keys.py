"""A healed raid with very many contributions is loaded without their ids; the ledger is asked for each."""

import pytest

from raidline.ids import Epoch
from realtime.commands import Command, LookedUp
from tests.realtime.raid_world import (
    ALICE,
    EPOCH,
    World,
    contribution,
    key,
    packed_contribution,
    result_of,
    void,
)

ABOUT_A_KEY = pytest.mark.parametrize("command", [contribution(1), void(1)], ids=["contribute", "void"])


@pytest.fixture
async def partial(world: World) -> World:
    await world.active(ALICE, known_keys="partial")
    return world


@ABOUT_A_KEY
async def test_an_unknown_key_is_asked_for_before_anything_is_decided(partial: World, command: Command) -> None:
    before = await partial.everything()

    decision = await partial.do(command)

    assert (decision.outcome, decision.epoch, decision.entries) == ("unknown_key", EPOCH, ())
    assert await partial.everything() == before


async def test_a_key_that_the_ledger_lacks_is_new(partial: World) -> None:
    assert await partial.outcome(contribution(1), looked_up=LookedUp(EPOCH, None)) == "accepted"
    assert await partial.outcome(contribution(1)) == "duplicate"


async def test_a_key_that_the_ledger_has_is_a_duplicate(partial: World) -> None:
    packed = packed_contribution(1, epoch=3)

    decision = await partial.do(contribution(1), looked_up=LookedUp(EPOCH, packed))

    assert (decision.outcome, result_of(decision)["position"]) == ("duplicate", "3-1")
    assert (await partial.state())["current_tasks"] == "0"


async def test_a_key_that_the_ledger_has_with_another_body_is_refused(partial: World) -> None:
    looked_up = LookedUp(EPOCH, packed_contribution(1))

    assert await partial.outcome(contribution(1, fingerprint="f1"), looked_up=looked_up) == ("idempotency_key_reused")


@ABOUT_A_KEY
@pytest.mark.parametrize("packed", [None, packed_contribution(1)])
async def test_what_was_looked_up_in_another_epoch_does_not_count(
    partial: World, command: Command, packed: str | None
) -> None:
    assert await partial.outcome(command, looked_up=LookedUp(Epoch(6), packed)) == "unknown_key"


async def test_what_redis_knows_goes_before_what_was_looked_up(partial: World) -> None:
    await partial.do(contribution(1), looked_up=LookedUp(EPOCH, None))

    assert await partial.outcome(contribution(1), looked_up=LookedUp(EPOCH, None)) == "duplicate"


async def test_a_contribution_that_only_the_ledger_knows_can_be_voided_once(partial: World) -> None:
    await partial.set(current_xp=10, current_tasks=1)
    looked_up = LookedUp(EPOCH, packed_contribution(1))

    assert await partial.outcome(void(1), looked_up=looked_up) == "done"
    assert (await partial.state())["current_xp"] == "0"
    assert await partial.outcome(void(1), looked_up=looked_up) == "already"
    assert (await partial.hash("contributions"))[key(1)] == packed_contribution(1, voided=True)


async def test_a_contribution_that_nobody_knows_cannot_be_voided(partial: World) -> None:
    assert await partial.outcome(void(1), looked_up=LookedUp(EPOCH, None)) == "unknown_contribution"
