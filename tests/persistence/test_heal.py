"""A heal records what a frozen log holds, keeps the one end that is true, and begins a new epoch."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from persistence.errors import RaidUnknown
from persistence.ledger import Ledger
from raidline.ids import Epoch, RaidId, Seq
from tests.persistence.conftest import World
from tests.persistence.log import DAY, changed, fields_of, id_of


def seconds_of_raidline() -> int:
    return int(time.time() - datetime(2026, 1, 1, tzinfo=UTC).timestamp())


async def test_a_new_raid_is_read_as_it_was_made(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.raid(ada, title="Spring", max_members=7)
    healed = await world.ledger.heal(log.raid_id, None, [])
    raid = healed.raid
    assert (raid.title, raid.max_members, raid.status, raid.leader_id) == ("Spring", 7, "recruiting", ada)
    assert (raid.last_seq, raid.audited_seq, raid.unloaded) == (0, 0, False)
    assert raid.epoch > log.epoch
    assert [(member.user_id, member.username) for member in healed.members] == [(ada, "Ada")]
    assert healed.members[0].joined_at_ms == raid.created_at_ms
    assert (healed.keys, healed.command_ids, healed.day_xp, healed.past) == ([], [], [], {})
    assert abs(log.epoch - seconds_of_raidline()) < 60


async def test_what_the_ledger_lacks_of_the_log_is_recorded(world: World) -> None:
    ada, bob, cyd = await world.users(3)
    log = await world.active_raid(ada)
    for user in (bob, cyd):
        log.join(user)
    first, second = log.contribute(ada, xp=5), log.contribute(bob, xp=7)
    await world.ledger.record(log.entries[:4])
    log.leave(cyd)
    third = log.contribute(bob, xp=9)
    log.void(second)
    healed = await world.ledger.heal(log.raid_id, log.epoch, log.entries)
    assert healed.raid.last_seq == healed.raid.audited_seq == log.seq
    assert (healed.raid.current_xp, healed.raid.current_tasks) == (14, 2)
    assert [member.user_id for member in healed.members] == [ada, bob]
    assert healed.past == {cyd: "left"}
    assert (healed.xp, healed.tasks) == ({ada: 5, bob: 9, cyd: 0}, {ada: 1, bob: 1, cyd: 0})
    assert healed.contribution_count == 3
    assert healed.keys is not None
    assert [(key.contribution_id, key.voided) for key in healed.keys] == [
        (id_of(first), False),
        (id_of(second), True),
        (id_of(third), False),
    ]
    told = fields_of(third)
    key = healed.keys[2]
    assert (key.user_id, key.xp, key.day, key.at_ms) == (bob, 9, DAY, told["at"])
    assert (key.epoch, key.seq, key.fingerprint) == (log.epoch, told["seq"], told["fingerprint"])
    events = [one for one in map(fields_of, log.entries) if one["event"] != "contribution"]
    assert healed.command_ids == [(one["command_id"], one["seq"]) for one in reversed(events)]


@pytest.mark.parametrize("state_ahead", [True, False])
async def test_the_epoch_rises_above_the_rows_the_states_and_the_clock(world: World, state_ahead: bool) -> None:
    (ada,) = await world.users(1)
    log = await world.raid(ada)
    far, before = Epoch(log.epoch + 10**6), seconds_of_raidline()
    healed = await world.ledger.heal(log.raid_id, far if state_ahead else None, [])
    if state_ahead:
        assert healed.raid.epoch == far + 1
        assert (await world.ledger.heal(log.raid_id, None, [])).raid.epoch == far + 2
    else:
        assert healed.raid.epoch >= before


async def test_entries_of_every_epoch_are_taken(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.ledger.heal(log.raid_id, None, [])
    log.contribute(ada)
    healed = await world.ledger.heal(log.raid_id, log.epoch, log.entries)
    assert healed.raid.current_xp == 10


async def test_a_completion_that_is_true_is_kept_with_what_led_to_it(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=20, target_tasks=2)
    log.contribute(ada)
    last = log.contribute(ada)
    log.end(caused_by=last)
    log.void(last)
    healed = await world.ledger.heal(log.raid_id, log.epoch, log.entries)
    assert (healed.raid.status, healed.raid.ended_at_ms) == ("completed", log.ended_at)
    assert healed.raid.current_xp == 10
    assert await world.value("SELECT count(*) FROM outbox WHERE topic = 'raid_ended'") == 1
    again = await world.ledger.heal(log.raid_id, healed.raid.epoch, log.entries)
    assert (again.raid.status, again.raid.ended_at_ms) == ("completed", log.ended_at)


async def test_a_completion_without_what_led_to_it_is_dropped(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=20, target_tasks=2)
    log.contribute(ada)
    last = log.contribute(ada)
    log.end(caused_by=last)
    healed = await world.ledger.heal(log.raid_id, log.epoch, log.entries[2:])
    assert (healed.raid.status, healed.raid.ended_at_ms) == ("active", None)
    assert (healed.raid.current_xp, healed.raid.last_seq) == (10, log.seq - 1)
    assert healed.raid.deadline_ms == log.deadline


async def test_a_failure_needs_no_sums_and_a_second_end_is_dropped(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    log.end("raid_failed")
    failed_at = log.ended_at
    log.end("raid_cancelled")
    healed = await world.ledger.heal(log.raid_id, log.epoch, log.entries)
    assert (healed.raid.status, healed.raid.ended_at_ms) == ("failed", failed_at)
    assert await world.value("SELECT count(*) FROM raid_events WHERE event = 'raid_cancelled'") == 0


async def test_an_end_the_ledger_has_outlasts_another_in_the_log(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=10, target_tasks=1)
    await world.ledger.record([log.end("raid_failed")])
    other = log.reborn(Epoch(log.epoch + 1), Seq(log.seq))
    other.status = "active"
    other.end(caused_by=other.contribute(ada))
    healed = await world.ledger.heal(log.raid_id, other.epoch, other.entries)
    assert healed.raid.status == "failed"


async def test_a_raid_without_an_end_is_active_where_it_has_started(world: World) -> None:
    """Even where a header that was recorded before its end said otherwise."""
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    first = log.contribute(ada)
    log.end("raid_failed")
    await world.ledger.record([log.void(first)])
    assert await world.value("SELECT status FROM raids") == "failed"
    healed = await world.ledger.heal(log.raid_id, None, [])
    assert (healed.raid.status, healed.raid.ended_at_ms) == ("active", None)


async def test_the_lead_and_the_count_follow_who_is_in_it(world: World) -> None:
    ada, bob, cyd = await world.users(3)
    log = await world.raid(ada)
    joined = [log.join(bob), log.join(cyd)]
    log.lead(cyd)
    left = log.leave(cyd)
    await world.ledger.record([*joined, changed(left, leader_id=cyd, member_count=17)])
    healed = await world.ledger.heal(log.raid_id, None, [])
    assert (healed.raid.leader_id, healed.raid.member_count) == (ada, 2)


async def test_the_next_life_goes_on_from_what_the_ledger_knows(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    log.contribute(ada)
    healed = await world.ledger.heal(log.raid_id, log.epoch, log.entries)
    life = log.reborn(healed.raid.epoch, healed.raid.last_seq)
    life.update(title="Later")
    last = life.contribute(ada)
    recorded = await world.ledger.record(life.entries)
    assert not recorded.stale
    assert recorded.keys[log.raid_id, id_of(last)].seq == log.seq + 2
    assert await world.value("SELECT title FROM raids") == "Later"


async def test_bad_data_in_a_frozen_log_does_not_stop_a_heal(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada, xp=-1 if number == 5 else 1) for number in range(30)]
    healed = await world.ledger.heal(log.raid_id, log.epoch, entries)
    assert healed.raid.current_xp == 29
    assert healed.raid.last_seq == log.seq
    assert await world.rows("SELECT seq, sqlstate FROM ledger_quarantine") == [(fields_of(entries[5])["seq"], "23514")]


async def test_a_raid_that_is_not_cannot_heal(world: World) -> None:
    with pytest.raises(RaidUnknown):
        await world.ledger.heal(RaidId(99), None, [])


async def test_a_log_of_another_raid_is_refused(world: World) -> None:
    (ada,) = await world.users(1)
    log, other = await world.active_raid(ada), await world.active_raid(ada)
    with pytest.raises(ValueError, match="another raid"):
        await world.ledger.heal(log.raid_id, None, [other.contribute(ada)])


async def test_a_long_log_is_taken_in_pieces(world: World) -> None:
    people = await world.users(5)
    log = await world.active_raid(people[0], max_xp_per_member_per_day=10**6)
    for number in range(12_000):
        log.contribute(people[number % 5], xp=1)
    healed = await world.ledger.heal(log.raid_id, log.epoch, log.entries)
    assert healed.raid.current_xp == healed.contribution_count == 12_000
    assert healed.keys is None
    assert healed.day_xp == [(user, DAY, 2400) for user in people]


async def test_a_days_xp_leaves_out_what_was_voided(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.active_raid(ada, max_xp_per_member_per_day=100)
    gone = log.contribute(ada, xp=60)
    log.contribute(ada, xp=30, day="2026-11-19")
    log.contribute(bob, xp=10)
    log.void(gone)
    healed = await world.ledger.heal(log.raid_id, None, log.entries)
    assert healed.day_xp == [(ada, "2026-11-19", 30), (bob, DAY, 10)]


async def test_keys_come_along_up_to_the_limit(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    ledger = Ledger(world.pool, key_limit=2)
    await world.ledger.record([log.contribute(ada), log.contribute(ada)])
    assert len((await ledger.heal(log.raid_id, None, [])).keys or []) == 2
    assert (await ledger.heal(log.raid_id, None, [log.contribute(ada)])).keys is None


async def test_a_commit_cannot_land_behind_a_heal(world: World) -> None:
    """A batch that waits for the lock while a heal holds it finds another epoch afterwards."""
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada)
    healing = asyncio.create_task(world.ledger.heal(log.raid_id, log.epoch, []))
    recording = asyncio.create_task(world.ledger.record([entry]))
    healed, recorded = await healing, await recording
    if recorded.stale:
        assert (healed.raid.current_xp, recorded.keys) == (0, {})
    else:
        assert healed.raid.current_xp == 10


async def test_two_heals_at_once_give_two_epochs(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    log.contribute(ada)
    both = await asyncio.gather(*(world.ledger.heal(log.raid_id, None, log.entries) for _ in range(2)))
    assert both[0].raid.epoch != both[1].raid.epoch
    assert await world.sums(log) == (10, 1)


async def test_only_an_unloaded_raid_is_loaded_and_keeps_its_epoch(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    log.contribute(ada)
    await world.ledger.record([*log.entries, log.end("raid_failed")])
    assert await world.ledger.load(log.raid_id) is None
    assert await world.ledger.load(RaidId(log.raid_id + 1000)) is None
    await world.ledger.set_audited(log.raid_id, log.epoch, Seq(log.seq))
    await world.ledger.set_unloaded(log.raid_id, log.epoch)
    loaded = await world.ledger.load(log.raid_id)
    assert loaded is not None
    assert (loaded.raid.epoch, loaded.raid.last_seq, loaded.raid.unloaded) == (log.epoch, log.seq, True)
    assert len(loaded.keys or []) == 1
    healed = await world.ledger.heal(log.raid_id, None, [])
    assert not healed.raid.unloaded
    assert await world.ledger.load(log.raid_id) is None


async def test_one_healer_at_a_time_over_all_servers(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.raid(ada)
    elsewhere = Ledger(world.pool)
    async with world.ledger.heal_lock(log.raid_id) as mine:
        assert mine
        async with elsewhere.heal_lock(log.raid_id, 0.1) as theirs:
            assert not theirs
        async with elsewhere.heal_lock(RaidId(log.raid_id + 1), 0.1) as another:
            assert another
    async with elsewhere.heal_lock(log.raid_id, 0.1) as free_again:
        assert free_again
