"""Bad data is found by splitting, put aside by the command, and settled by its void. Nothing else is."""

import re

import orjson
import pytest

from persistence.rows import EntryName
from raidline.ids import Seq
from tests.persistence.conftest import World
from tests.persistence.log import changed, fields_of, id_of

REFUSE_13 = "ALTER TABLE contributions ADD CONSTRAINT not_thirteen CHECK (xp <> 13)"
ACCEPT_13 = "ALTER TABLE contributions DROP CONSTRAINT not_thirteen"


async def test_the_bad_one_of_many_is_found_and_the_others_are_recorded(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(REFUSE_13)
    entries = [log.contribute(ada, xp=13 if number == 37 else 1) for number in range(100)]
    recorded = await world.ledger.record(entries)
    bad = fields_of(entries[37])
    assert recorded.quarantined == {(log.raid_id, log.epoch, bad["seq"])}
    assert len(recorded.keys) == 99
    assert await world.sums(log) == (99, 99)
    assert await world.value("SELECT last_seq FROM raids") == log.seq
    ((entry, sqlstate, message),) = await world.rows("SELECT entry, sqlstate, message FROM ledger_quarantine")
    assert (orjson.loads(entry), sqlstate) == (bad, "23514")
    assert re.fullmatch(r"CheckViolationError table contributions_\d+_\d+ constraint not_thirteen", message)


async def test_a_repeat_of_it_is_told_again_without_a_second_row(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(REFUSE_13)
    bad, good = log.contribute(ada, xp=13), log.contribute(ada)
    first = await world.ledger.record([bad])
    assert (await world.ledger.record([bad, good])).quarantined == first.quarantined
    await world.execute(ACCEPT_13)
    again = await world.ledger.record([bad, good])
    assert again.quarantined == first.quarantined
    assert list(again.keys) == [(log.raid_id, id_of(good))]
    assert await world.value("SELECT count(*) FROM ledger_quarantine") == 1
    assert await world.sums(log) == (10, 1)


async def test_it_counts_as_held(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(REFUSE_13)
    bad = [log.contribute(ada, xp=13), changed(log.contribute(ada), contribution_id="no uuid")]
    names = [EntryName(Seq(fields_of(entry)["seq"]), id_of(entry)) for entry in bad]
    assert await world.ledger.missing(log.raid_id, log.epoch, names) == [2, 3]
    await world.ledger.record(bad)
    assert await world.ledger.missing(log.raid_id, log.epoch, names) == []


@pytest.mark.parametrize("void_first", [True, False])
async def test_its_void_folds_nothing_and_settles_it(world: World, void_first: bool) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(REFUSE_13)
    bad = log.contribute(ada, xp=13)
    void = log.void(bad)
    for entry in (void, bad) if void_first else (bad, void):
        await world.ledger.record([entry])
    assert await world.sums(log) == (0, 0)
    assert await world.rows("SELECT resolved_at IS NULL FROM ledger_quarantine") == [(False,)]
    assert await world.rows("SELECT folded FROM contribution_voids") == [(False,)]
    assert set(await world.rows("SELECT xp, tasks FROM user_daily_stats")) <= {(0, 0)}
    assert set(await world.rows("SELECT xp, tasks FROM user_stats")) <= {(0, 0)}
    assert set(await world.rows("SELECT xp, tasks FROM raid_members")) == {(0, 0)}


async def test_both_in_one_batch_come_to_nothing_too(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(REFUSE_13)
    bad = log.contribute(ada, xp=13)
    await world.ledger.record([bad, log.void(bad), log.contribute(ada)])
    assert await world.sums(log) == (10, 1)


async def test_a_void_counts_where_its_contribution_was_recorded_after_all(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.execute(REFUSE_13)
    await world.ledger.record([log.contribute(ada, xp=13, key="k")])
    await world.execute(ACCEPT_13)
    again = log.contribute(ada, xp=13, key="k")
    await world.ledger.record([again])
    assert await world.sums(log) == (13, 1)
    await world.ledger.record([log.void(again)])
    assert await world.sums(log) == (0, 0)


async def test_a_completion_without_the_bad_contribution_has_to_heal(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada, target_xp=13, target_tasks=1)
    await world.execute(REFUSE_13)
    last = log.contribute(ada, xp=13)
    recorded = await world.ledger.record([last, log.end(caused_by=last)])
    assert recorded.quarantined == {(log.raid_id, log.epoch, Seq(2))}
    assert recorded.unmet == {log.raid_id}
    healed = await world.ledger.heal(log.raid_id, None, log.entries)
    assert healed.raid.status == "active"


async def test_an_end_that_is_bad_itself_is_put_aside(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    end = changed(log.end("raid_failed"), member_count="many")
    recorded = await world.ledger.record([end])
    assert recorded.quarantined == {(log.raid_id, log.epoch, Seq(2))}
    assert recorded.unmet == set()


@pytest.mark.parametrize(
    "broken",
    [
        {"xp": 2**40},
        {"xp": -1},
        {"xp": "ten"},
        {"xp": None},
        {"user_id": 2**70},
        {"user_id": "ada"},
        {"user_id": None},
        {"fingerprint": "no hex"},
        {"fingerprint": "\x00"},
        {"fingerprint": "\ud800"},
        {"fingerprint": [1]},
        {"contribution_id": "no uuid"},
        {"contribution_id": None},
        {"contribution_id": 5},
        {"contribution_id": "\udfff"},
        {"task_id": "\x00"},
        {"day": "someday"},
        {"at": 10**30},
        {"status": "asleep"},
        {"type": None},
    ],
    ids=str,
)
async def test_every_kind_of_bad_value_is_put_aside_alone(world: World, broken: dict[str, object]) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    good, bad = log.contribute(ada), changed(log.contribute(ada), **broken)
    recorded = await world.ledger.record([bad, good])
    assert recorded.quarantined == {(log.raid_id, log.epoch, Seq(3))}
    assert list(recorded.keys) == [(log.raid_id, id_of(good))]
    (message,) = (await world.rows("SELECT message FROM ledger_quarantine"))[0]
    assert "ten" not in message.split()
    assert "ada" not in message.split()


async def test_text_that_is_no_unicode_is_put_aside_too(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    bad = log.contribute(ada, task_id="HERE").replace(b"HERE", b"\\ud800")
    recorded = await world.ledger.record([bad, log.contribute(ada)])
    assert recorded.quarantined == {(log.raid_id, log.epoch, Seq(2))}


async def test_the_fence_holds_for_bad_data_as_well(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.ledger.heal(log.raid_id, None, [])
    late = changed(log.contribute(ada), contribution_id="no uuid")
    recorded = await world.ledger.record([late])
    assert (recorded.quarantined, list(recorded.stale)) == (set(), [log.raid_id])


async def test_what_is_no_entry_at_all_is_the_callers_mistake(world: World) -> None:
    for raw in (b"[]", b"{}", b"nonsense", b'{"raid_id": 1}'):
        with pytest.raises(ValueError, match=r"entry|JSON|Expecting"):
            await world.ledger.record([raw])
