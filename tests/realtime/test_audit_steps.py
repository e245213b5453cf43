"""advance.lua, seal.lua, marks.lua and head.lua: the watermark, the unloading, and where a log stands."""

import pytest

from raidline.ids import Epoch, RaidId, Seq
from realtime import keys
from realtime.commands import Cancel
from realtime.healing import LOG_KEPT, Marks
from tests.realtime.raid_world import (
    ALICE,
    EPOCH,
    NOW,
    RAID,
    World,
    command_id,
    contribution,
    join,
)


async def _audited(world: World) -> int:
    return int((await world.state())["audited_seq"])


# -- advance ---------------------------------------------------------------------------------------------


async def test_the_watermark_rises(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(3)

    assert await world.care.advance(RAID, EPOCH, Seq(2)) == "done"
    assert await _audited(world) == 2


async def test_the_watermark_never_goes_back(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(3)
    await world.care.advance(RAID, EPOCH, Seq(3))

    assert await world.care.advance(RAID, EPOCH, Seq(1)) == "done"
    assert await _audited(world) == 3


async def test_the_watermark_never_passes_the_head(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(3)

    await world.care.advance(RAID, EPOCH, Seq(9))

    assert await _audited(world) == 3


async def test_a_log_keeps_a_thousand_audited_entries_and_all_others(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(LOG_KEPT + 20)

    await world.care.advance(RAID, EPOCH, Seq(LOG_KEPT + 5))

    seqs = [entry.seq for entry in await world.log()]
    assert seqs == list(range(6, LOG_KEPT + 21))


async def test_a_log_is_never_trimmed_past_the_watermark(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(LOG_KEPT + 20)

    await world.care.advance(RAID, EPOCH, Seq(1))

    assert len(await world.log()) == LOG_KEPT + 20


async def test_commands_are_remembered_as_far_back_as_the_log(world: World) -> None:
    await world.active(ALICE, open_join=1)
    await world.do(join(command_id=command_id(1)))
    await world.contributions(LOG_KEPT)
    await world.care.advance(RAID, EPOCH, Seq(LOG_KEPT))
    assert await world.redis.zcard(world.key("commands")) == 1

    await world.care.advance(RAID, EPOCH, Seq(LOG_KEPT + 1))

    assert await world.redis.zcard(world.key("commands")) == 0


@pytest.mark.parametrize(
    "since", [{"epoch": 8}, {"run_id": "0" * 40}, {"frozen": "somebody"}], ids=["epoch", "run", "frozen"]
)
async def test_the_watermark_of_another_state_is_not_touched(world: World, since: dict[str, object]) -> None:
    await world.active(ALICE)
    await world.contributions(3)
    await world.set(**since)

    assert await world.care.advance(RAID, EPOCH, Seq(3)) == "changed"
    assert await _audited(world) == 0


async def test_without_a_state_there_is_no_watermark(world: World) -> None:
    assert await world.care.advance(RAID, EPOCH, Seq(3)) == "missing"
    assert await world.everything() == {}


async def test_a_redis_that_is_full_can_be_relieved_by_the_auditor(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(LOG_KEPT + 20)
    await world.redis.config_set("maxmemory", 1)
    try:
        assert await world.care.advance(RAID, EPOCH, Seq(LOG_KEPT + 20)) == "done"
    finally:
        await world.redis.config_set("maxmemory", 0)
    assert len(await world.log()) == LOG_KEPT


# -- seal ------------------------------------------------------------------------------------------------


async def test_a_raid_that_ended_and_is_all_in_the_ledger_is_sealed_with_one_expiry(world: World) -> None:
    await world.active(ALICE)
    await world.do(contribution(1))
    await world.do(Cancel(raid_id=RAID, actor_id=ALICE))
    await world.care.advance(RAID, EPOCH, Seq(2))

    assert await world.care.seal(RAID, EPOCH, NOW) == "sealed"

    assert (await world.state())["sealed"] == "1"
    names = await world.redis.keys("raid:*")
    assert {name.decode() for name in names} == {
        world.key(part) for part in keys.PARTS if part not in ("past", "day_xp")
    }
    assert all([await world.redis.pttl(name) > 0 for name in names])


async def test_what_is_sealed_keeps_its_first_expiry(world: World) -> None:
    await world.ended(ALICE)
    await world.care.seal(RAID, EPOCH, NOW)
    before = await world.redis.pttl(world.key("state"))

    assert await world.care.seal(RAID, EPOCH, NOW + 1_000_000_000) == "sealed"
    assert await world.redis.pttl(world.key("state")) <= before


async def test_a_running_raid_is_not_sealed(world: World) -> None:
    await world.active(ALICE)

    assert await world.care.seal(RAID, EPOCH, NOW) == "not_ready"


async def test_a_raid_with_unaudited_entries_is_not_sealed(world: World) -> None:
    await world.ended(ALICE, seq=2, audited_seq=1)

    assert await world.care.seal(RAID, EPOCH, NOW) == "not_ready"
    assert await world.redis.pttl(world.key("state")) == -1


@pytest.mark.parametrize(
    "since", [{"epoch": 8}, {"run_id": "0" * 40}, {"frozen": "somebody"}], ids=["epoch", "run", "frozen"]
)
async def test_another_state_is_not_sealed(world: World, since: dict[str, object]) -> None:
    await world.ended(ALICE)
    await world.set(**since)

    assert await world.care.seal(RAID, EPOCH, NOW) == "changed"
    assert (await world.state())["sealed"] == "0"


async def test_without_a_state_there_is_nothing_to_seal(world: World) -> None:
    assert await world.care.seal(RAID, EPOCH, NOW) == "missing"


# -- marks and head --------------------------------------------------------------------------------------


async def test_marks_say_how_far_each_raid_is_audited(world: World) -> None:
    await world.ended(ALICE, seq=5, audited_seq=3, sealed=1)

    marks = await world.care.marks([RaidId(1), RAID])

    assert marks == {RAID: Marks(EPOCH, Seq(5), Seq(3), "cancelled", sealed=True, in_order=True)}
    assert marks[RAID].has_ended


@pytest.mark.parametrize("doubt", [{"run_id": "0" * 40}, {"frozen": "somebody"}])
async def test_marks_say_that_a_state_is_in_doubt(world: World, doubt: dict[str, object]) -> None:
    await world.active(ALICE)
    await world.set(**doubt)

    marks = (await world.care.marks([RAID]))[RAID]

    assert (marks.in_order, marks.has_ended) == (False, False)


async def test_heads_are_of_raids_that_have_a_state(world: World) -> None:
    await world.active(ALICE, seq=5)

    assert await world.store.heads([RaidId(1), RAID, RaidId(2)]) == {RAID: (Epoch(7), Seq(5))}


async def test_a_head_is_the_last_entry(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(2)

    assert await world.store.heads([RAID]) == {RAID: (EPOCH, Seq(2))}
