"""Each entry is recorded once, whatever comes twice, halved, out of order or together."""

import random
from itertools import pairwise

import orjson

from persistence.rows import EntryName, Recall
from raidline.ids import ContributionId, Epoch, RaidId, Seq, UserId
from tests.persistence.conftest import World
from tests.persistence.log import DAY, Log, changed, fields_of, id_of


async def test_a_contribution_is_folded_into_every_total(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada, xp=30, task_id="T-1")
    recorded = await world.ledger.record([entry])
    key = recorded.keys[log.raid_id, id_of(entry)]
    assert (key.epoch, key.seq, key.fresh) == (log.epoch, log.seq, True)
    assert key.fingerprint == fields_of(entry)["fingerprint"]
    streak = {"current": 0, "longest": 1, "day": DAY, "state": "none"}  # of a day that is over already
    assert orjson.loads(key.effects) == {"streak": streak, "unlocked": [], "rewards": [], "level": None}
    assert await world.rows("SELECT current_xp, current_tasks, contribution_count, last_seq FROM raids") == [
        (30, 1, 1, 2)
    ]
    assert await world.rows("SELECT user_id, state, xp, tasks FROM raid_members") == [(ada, "member", 30, 1)]
    assert await world.rows("SELECT user_id, xp, tasks FROM user_stats") == [(ada, 30, 1)]
    assert await world.rows("SELECT user_id, day::text, xp, tasks FROM user_daily_stats") == [(ada, DAY, 30, 1)]


async def test_a_row_keeps_what_its_entry_said_to_the_millisecond(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.active_raid(ada)
    entry = log.contribute(ada, actor_id=bob, type="review", task_id="T-1", occurred_at=1_795_100_000_007)
    await world.ledger.record([entry])
    (row,) = (await world.raids.contributions_page(log.raid_id, None, 10)).contributions
    assert (row.actor_id, row.type, row.task_id) == (bob, "review", "T-1")
    assert (row.occurred_at_ms, row.created_at_ms, row.day) == (
        1_795_100_000_007,
        fields_of(entry)["at"],
        DAY,
    )
    assert await world.value("SELECT count(*) FROM contributions_default") == 0


async def test_a_repeat_changes_nothing_and_gets_the_first_answer(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada)
    first = await world.ledger.record([entry])
    again = await world.ledger.record([entry, entry])
    name = (log.raid_id, id_of(entry))
    assert not again.keys[name].fresh
    assert again.keys[name].seq == first.keys[name].seq
    assert orjson.loads(again.keys[name].effects) == orjson.loads(first.keys[name].effects)
    assert await world.sums(log) == (10, 1)


async def test_the_same_contribution_under_two_seqs_in_one_batch_counts_once(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada, key="one")
    twin = log.contribute(ada, key="one")
    recorded = await world.ledger.record([twin, entry])
    assert recorded.keys[log.raid_id, id_of(entry)].seq == fields_of(entry)["seq"]
    assert await world.sums(log) == (10, 1)


async def test_half_a_batch_that_is_known_leaves_the_other_half_fresh(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada) for _ in range(20)]
    await world.ledger.record(entries[::2])
    recorded = await world.ledger.record(entries)
    fresh = [recorded.keys[log.raid_id, id_of(entry)].fresh for entry in entries]
    assert fresh == [False, True] * 10
    assert await world.sums(log) == (200, 20)


async def test_entries_of_many_raids_in_any_order_and_cut_come_to_the_same(world: World) -> None:
    people = await world.users(7)
    logs = [await world.raid(people[0]) for _ in range(3)]
    for log in logs:
        for user in people[1:]:
            log.join(user)
        log.start()
        given = [log.contribute(user, xp=number) for number, user in enumerate(people * 3)]
        log.void(given[4])
        log.leave(people[3])
        log.update(title="Another")
    entries = [entry for log in logs for entry in log.entries]
    shuffled = random.Random(7)
    shuffled.shuffle(entries)
    cuts = sorted(shuffled.sample(range(len(entries)), 9))
    for start, end in pairwise([0, *cuts, len(entries)]):
        await world.ledger.record(entries[start:end])
    for log in logs:
        assert await world.sums(log) == (log.xp, log.tasks)
        row = await world.raids.raid(log.raid_id)
        assert row is not None
        assert (row.status, row.member_count, row.title) == ("active", log.member_count, "Another")
        assert row.started_at_ms == log.started_at
        assert (row.last_seq, row.deadline_ms) == (log.seq, log.deadline)
    assert await world.value("SELECT sum(xp) FROM user_stats") == sum(log.xp for log in logs)
    assert await world.value("SELECT count(*) FROM raid_members WHERE state = 'left'") == len(logs)
    assert await world.value("SELECT count(*) FROM raid_members WHERE username IS NULL") == 0


async def test_the_newest_header_and_details_win_whatever_comes_last(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.raid(ada)
    older = log.update(title="Older", invite_code="AAAAAAAA")
    joined = log.join(bob)
    newer = log.update(title="Newer", invite_code="BBBBBBBB", public=False)
    log.start()
    led = log.lead(bob)
    for entry in (led, newer, joined, older):
        await world.ledger.record([entry])
    row = await world.raids.raid(log.raid_id)
    assert row is not None
    assert (row.status, row.started_at_ms, row.deadline_ms) == ("active", log.started_at, log.deadline)
    assert (row.title, row.invite_code, row.public) == ("Newer", "BBBBBBBB", False)
    assert (row.leader_id, row.member_count) == (bob, 2)


async def test_membership_is_what_the_newest_entry_says(world: World) -> None:
    ada, bob, cyd = await world.users(3)
    log = await world.raid(ada)
    entries = [
        log.join(bob, "Bob"),
        log.join(cyd, "Cyd"),
        log.leave(bob),
        log.leave(cyd, removed=True),
        log.join(bob, "Bobby"),
    ]
    for entry in reversed(entries):
        await world.ledger.record([entry])
    assert await world.rows("SELECT user_id, state, username FROM raid_members ORDER BY user_id") == [
        (ada, "member", "Ada"),
        (bob, "member", "Bobby"),
        (cyd, "removed", "Cyd"),
    ]


async def test_somebody_whose_join_is_not_recorded_yet_stands_as_a_shell(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.active_raid(ada)
    joined = log.join(bob)
    await world.ledger.record([log.contribute(bob)])
    query = "SELECT state, username, xp FROM raid_members WHERE user_id = $1"
    assert await world.rows(query, bob) == [(None, None, 10)]
    await world.ledger.record([joined])
    assert await world.rows(query, bob) == [("member", "Ada", 10)]


async def test_people_the_ledger_has_never_heard_of_are_counted_too(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.ledger.record([log.contribute(UserId(ada + 1000))])
    assert await world.rows("SELECT user_id, xp FROM user_stats") == [(ada + 1000, 10)]


async def test_a_void_takes_back_what_its_contribution_gave_in_whatever_order(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    kept, gone = log.contribute(ada, xp=5), log.contribute(ada, xp=30)
    void = log.void(gone)
    await world.ledger.record([void])
    assert await world.sums(log) == (-30, -1)
    await world.ledger.record([void, kept, gone])
    assert await world.sums(log) == (5, 1)
    assert await world.rows("SELECT xp, tasks FROM user_daily_stats") == [(5, 1)]
    assert await world.rows("SELECT xp, tasks FROM raid_members") == [(5, 1)]
    known = await world.ledger.known_key(log.raid_id, id_of(gone))
    assert known is not None
    assert known.voided


async def test_a_second_void_of_one_contribution_takes_nothing(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada)
    await world.ledger.record([entry, log.void(entry), log.void(entry)])
    await world.ledger.record([log.void(entry)])
    assert await world.sums(log) == (0, 0)


async def test_a_raid_the_ledger_does_not_know_is_named_and_the_rest_recorded(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    nowhere = Log(RaidId(log.raid_id + 1000), log.epoch, ada)
    recorded = await world.ledger.record([nowhere.contribute(ada), log.contribute(ada)])
    assert recorded.unknown == {nowhere.raid_id}
    assert len(recorded.keys) == 1
    assert await world.value("SELECT count(*) FROM contribution_keys") == 1


async def test_a_recall_finds_what_is_held_and_nothing_else(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada)
    await world.ledger.record([entry])
    unheard = ContributionId("00000000-0000-5000-8000-000000000000")
    recorded = await world.ledger.record([], [Recall(log.raid_id, id_of(entry)), Recall(log.raid_id, unheard)])
    assert list(recorded.keys) == [(log.raid_id, id_of(entry))]
    assert await world.ledger.known_key(log.raid_id, unheard) is None


async def test_missing_names_what_the_ledger_does_not_hold(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada), log.join(bob), log.contribute(bob), log.leave(bob)]
    names = [EntryName(Seq(told["seq"]), told.get("contribution_id")) for told in map(fields_of, entries)]
    await world.ledger.record(entries[:2])
    assert await world.ledger.missing(log.raid_id, log.epoch, names) == [4, 5]
    await world.ledger.record(entries)
    assert await world.ledger.missing(log.raid_id, log.epoch, names) == []
    other = Epoch(log.epoch + 1)
    assert await world.ledger.missing(log.raid_id, other, names) == [3, 5]


async def test_the_largest_numbers_survive(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=10**12)
    entry = changed(log.contribute(ada, xp=1_000_000), current_xp=10**12, actor_id=2**53 + 1)
    recorded = await world.ledger.record([entry])
    assert not recorded.quarantined
    assert await world.rows("SELECT xp, actor_id FROM contributions") == [(1_000_000, 2**53 + 1)]


async def test_the_watermark_rises_only_within_its_epoch(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    moved = await world.ledger.set_audited(log.raid_id, log.epoch, Seq(5))
    assert moved is not None
    assert (moved.epoch, moved.audited_seq) == (log.epoch, 5)
    lower = await world.ledger.set_audited(log.raid_id, log.epoch, Seq(3))
    other = await world.ledger.set_audited(log.raid_id, Epoch(log.epoch + 1), Seq(9))
    assert lower == other == moved
    assert await world.ledger.set_audited(RaidId(log.raid_id + 1000), log.epoch, Seq(1)) is None


async def test_an_empty_batch_is_nothing(world: World) -> None:
    recorded = await world.ledger.record([])
    assert not recorded.keys
    assert not recorded.outbox
