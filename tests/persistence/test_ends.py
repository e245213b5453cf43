"""The fence between epochs, and the one end a raid has."""

import orjson

from raidline.ids import Epoch
from tests.persistence.conftest import World
from tests.persistence.log import changed, id_of


async def test_an_entry_of_another_epoch_is_refused_with_the_rows_epoch(world: World) -> None:
    (ada,) = await world.users(1)
    log, other = await world.active_raid(ada), await world.active_raid(ada)
    healed = await world.ledger.heal(log.raid_id, None, [])
    late, fine = log.contribute(ada), other.contribute(ada)
    recorded = await world.ledger.record([late, fine])
    assert recorded.stale == {log.raid_id: healed.raid.epoch}
    assert list(recorded.keys) == [(other.raid_id, id_of(fine))]
    assert await world.sums(log) == (0, 0)


async def test_an_entry_of_a_higher_epoch_than_the_rows_is_refused_too(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    ahead = changed(log.contribute(ada), epoch=log.epoch + 1)
    recorded = await world.ledger.record([ahead])
    assert recorded.stale == {log.raid_id: log.epoch}


async def test_what_is_known_is_answered_across_epochs(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada), log.join(bob)]
    await world.ledger.record(entries)
    await world.ledger.heal(log.raid_id, None, [])
    again = await world.ledger.record(entries)
    assert not again.stale
    assert again.keys[log.raid_id, id_of(entries[0])].epoch == log.epoch
    unheard = await world.ledger.record([*entries, log.leave(bob)])
    assert list(unheard.stale) == [log.raid_id]
    assert len(unheard.keys) == 1


async def test_a_completion_commits_with_what_led_to_it_and_is_announced(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=20, target_tasks=2)
    below = log.contribute(ada)
    last = log.contribute(ada)
    end = log.end(caused_by=last)
    recorded = await world.ledger.record([end, last, below])
    assert not recorded.unmet
    assert [row.topic for row in recorded.outbox] == ["raid_ended", "progress"]
    assert orjson.loads(recorded.outbox[0].payload) == {"raidId": log.raid_id}
    row = await world.raids.raid(log.raid_id)
    assert row is not None
    assert (row.status, row.ended_at_ms) == ("completed", log.ended_at)
    again = await world.ledger.record([end, last, below])
    assert (again.unmet, again.outbox) == (set(), [])


async def test_a_completion_without_what_led_to_it_rolls_its_raid_back_alone(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=20, target_tasks=2)
    other = await world.active_raid(ada)
    log.contribute(ada)
    last = log.contribute(ada)
    end = log.end(caused_by=last)
    fine = other.contribute(ada)
    recorded = await world.ledger.record([last, end, fine])
    assert recorded.unmet == {log.raid_id}
    assert list(recorded.keys) == [(other.raid_id, id_of(fine))]
    assert [row.topic for row in recorded.outbox] == ["progress"]
    assert f"raid:{log.raid_id}" not in orjson.loads(recorded.outbox[0].payload)["boards"]
    assert await world.sums(log) == (0, 0)
    assert await world.value("SELECT status FROM raids WHERE id = $1", log.raid_id) == "active"
    assert await world.value("SELECT count(*) FROM raid_events WHERE event = 'raid_complete'") == 0


async def test_both_targets_are_needed(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=10, target_tasks=2)
    last = log.contribute(ada, xp=10_000)
    recorded = await world.ledger.record([last, log.end(caused_by=last)])
    assert recorded.unmet == {log.raid_id}


async def test_what_was_voided_after_the_end_does_not_undo_it(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=20, target_tasks=2)
    below, last = log.contribute(ada), log.contribute(ada)
    end = log.end(caused_by=last)
    void = log.void(last)
    await world.ledger.record([void])  # by another server, which was quicker
    recorded = await world.ledger.record([below, last, end])
    assert not recorded.unmet
    assert await world.value("SELECT status FROM raids") == "completed"
    assert await world.sums(log) == (10, 1)


async def test_a_void_before_the_end_does_count_against_it(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=20, target_tasks=2)
    below = log.contribute(ada)
    void = log.void(below)
    last = log.contribute(ada)
    recorded = await world.ledger.record([below, void, last, log.end(caused_by=last)])
    assert recorded.unmet == {log.raid_id}


async def test_a_raid_has_one_end(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    failed, cancelled = log.end("raid_failed"), log.end("raid_cancelled")
    first = await world.ledger.record([failed])
    assert len(first.outbox) == 1
    second = await world.ledger.record([cancelled])
    assert (second.unmet, second.outbox) == ({log.raid_id}, [])
    assert await world.value("SELECT status FROM raids") == "failed"
    assert await world.value("SELECT count(*) FROM ledger_quarantine") == 0
    together = await world.active_raid(ada)
    both = await world.ledger.record([together.end("raid_failed"), together.end("raid_cancelled")])
    assert both.unmet == {together.raid_id}


async def test_a_failing_and_a_cancelled_raid_need_no_sums(world: World) -> None:
    (ada,) = await world.users(1)
    for event, status in (("raid_failed", "failed"), ("raid_cancelled", "cancelled")):
        log = await world.active_raid(ada)
        recorded = await world.ledger.record([log.end(event)])
        assert not recorded.unmet
        row = await world.raids.raid(log.raid_id)
        assert row is not None
        assert (row.status, row.ended_at_ms) == (status, log.ended_at)


async def test_an_unloaded_flag_is_set_only_where_the_epoch_still_is(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    assert not await world.ledger.set_unloaded(log.raid_id, Epoch(log.epoch - 1))
    assert await world.ledger.set_unloaded(log.raid_id, log.epoch)
    assert await world.raids.live_raids(0, 10) == []
