"""The audit finds every planted difference and nothing else, and repair brings the sums back."""

import pytest

from persistence.audit import Difference, LedgerAudit
from persistence.ledger import Ledger
from raidline.ids import Seq
from tests.persistence.conftest import World
from tests.persistence.log import Log, id_of

REFUSE_13 = "ALTER TABLE contributions ADD CONSTRAINT not_thirteen CHECK (xp <> 13)"


async def filled(world: World) -> list[Log]:
    """Three raids with everything in them: voids, leavings, an end, a settled quarantine, two lives."""
    people = await world.users(6)
    logs = [await world.raid(people[0], target_xp=200, target_tasks=3) for _ in range(3)]
    for number, log in enumerate(logs):
        for user in people[1:]:
            log.join(user)
        log.start()
        log.update(invite_code=await world.raids.claim_invite_code(log.raid_id))
        given = [log.contribute(user, xp=10 + number) for user in people]
        log.void(given[3])
        log.leave(people[4])
        log.leave(people[5], removed=True)
        await world.ledger.record(log.entries)
    last = logs[0].contribute(people[0], xp=500)
    await world.ledger.record([last, logs[0].end(caused_by=last)])
    await world.execute(REFUSE_13)
    bad = logs[1].contribute(people[2], xp=13)
    await world.ledger.record([bad, logs[1].void(bad)])
    await world.execute("ALTER TABLE contributions DROP CONSTRAINT not_thirteen")
    healed = await world.ledger.heal(logs[2].raid_id, None, [])
    logs[2] = logs[2].reborn(healed.raid.epoch, healed.raid.last_seq)
    await world.ledger.record([logs[2].contribute(people[1])])
    for log in logs:
        await world.ledger.set_audited(log.raid_id, log.epoch, Seq(log.seq))
    return logs


async def differences(world: World, page: int = 2) -> list[Difference]:
    audit = LedgerAudit(world.pool, raids_per_page=page, users_per_page=page)
    return [difference async for difference in audit.differences()]


@pytest.mark.parametrize("page", [1, 2, 3, 100])
async def test_a_ledger_in_order_shows_no_difference(world: World, page: int) -> None:
    await filled(world)
    assert await differences(world, page) == []


async def test_an_empty_ledger_shows_none_either(world: World) -> None:
    assert await differences(world) == []


PLANTED = {
    "raid xp": ("UPDATE raids SET current_xp = current_xp + 1 WHERE id = {raid}", "raid_totals"),
    "raid tasks": ("UPDATE raids SET current_tasks = 0 WHERE id = {raid}", "raid_totals"),
    "raid count": ("UPDATE raids SET contribution_count = 99 WHERE id = {raid}", "raid_totals"),
    "ended without an end": ("UPDATE raids SET status = 'failed' WHERE id = {raid}", "raid_status"),
    "end without a status": ("UPDATE raids SET status = 'active' WHERE id = {ended}", "raid_status"),
    "another end": ("UPDATE raids SET status = 'failed' WHERE id = {ended}", "raid_status"),
    "time of the end": ("UPDATE raids SET ended_at = NULL WHERE id = {ended}", "raid_ended_at"),
    "member count": ("UPDATE raids SET member_count = 9 WHERE id = {raid}", "raid_member_count"),
    "leader": ("UPDATE raids SET leader_id = 999 WHERE id = {raid}", "raid_leader"),
    "last seq": ("UPDATE raids SET last_seq = 1, audited_seq = 1 WHERE id = {raid}", "raid_last_seq"),
    "watermark": ("UPDATE raids SET audited_seq = 999 WHERE id = {raid}", "raid_audited_seq"),
    "code": (
        "DELETE FROM invite_codes WHERE code = (SELECT invite_code FROM raids WHERE id = {raid})",
        "invite_code",
    ),
    "member sums": (
        "UPDATE raid_members SET xp = xp - 1 WHERE raid_id = {raid} AND user_id = {user}",
        "member_totals",
    ),
    "member gone": ("DELETE FROM raid_members WHERE raid_id = {raid} AND user_id = {user}", "member_missing"),
    "member too many": (
        "INSERT INTO raid_members (raid_id, user_id, xp, tasks) VALUES ({raid}, 999, 5, 1)",
        "member_totals",
    ),
    "member of no raid": (
        "INSERT INTO raid_members (raid_id, user_id, state) VALUES (999, 1, 'member')",
        "member_of_no_raid",
    ),
    "member back": (
        "UPDATE raid_members SET state = 'member' WHERE raid_id = {raid} AND state = 'removed'",
        "membership",
    ),
    "stats": ("UPDATE user_stats SET xp = xp + 1 WHERE user_id = {user}", "user_stats"),
    "stats gone": ("DELETE FROM user_stats WHERE user_id = {user}", "user_stats_missing"),
    "stats too many": ("INSERT INTO user_stats VALUES (999, 5, 1)", "user_stats"),
    "day": ("UPDATE user_daily_stats SET tasks = tasks + 1 WHERE user_id = {user}", "user_day"),
    "day gone": ("DELETE FROM user_daily_stats WHERE user_id = {user}", "user_day_missing"),
    "day too many": ("INSERT INTO user_daily_stats VALUES ({user}, '2020-01-01', 5, 1)", "user_day"),
    "key gone": ("DELETE FROM contribution_keys WHERE contribution_id = '{contribution}'", "key_missing"),
    "contribution gone": (
        "DELETE FROM contributions WHERE contribution_id = '{contribution}'",
        "contribution_missing",
    ),
    "contribution twice": (
        "INSERT INTO contributions SELECT * FROM contributions WHERE contribution_id = '{contribution}'",
        "contribution_twice",
    ),
    "key differs": (
        "UPDATE contribution_keys SET xp = xp + 1 WHERE contribution_id = '{contribution}'",
        "key_differs",
    ),
    "void gone": ("DELETE FROM contribution_voids WHERE raid_id = {raid}", "void_missing"),
    "void too many": (
        "INSERT INTO contribution_voids SELECT raid_id, contribution_id, 1, 1, user_id, xp, day, now(), true"
        " FROM contribution_keys WHERE contribution_id = '{contribution}'",
        "void_without_entry",
    ),
    "void differs": ("UPDATE contribution_voids SET xp = xp + 1 WHERE raid_id = {raid}", "void_differs"),
    "void not folded": (
        "UPDATE contribution_voids SET folded = false WHERE raid_id = {raid}",
        "void_differs",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
async def test_a_planted_difference_is_found_and_mended(world: World, name: str) -> None:
    logs = await filled(world)
    statement, kind = PLANTED[name]
    log = logs[2]
    user = (await world.rows("SELECT id FROM users ORDER BY id OFFSET 1 LIMIT 1"))[0][0]
    contribution = await world.value(
        "SELECT contribution_id FROM contributions WHERE raid_id = $1 ORDER BY seq LIMIT 1", log.raid_id
    )
    places = {"raid": log.raid_id, "ended": logs[0].raid_id, "user": user, "contribution": contribution}
    sums = [await world.sums(one) for one in logs]
    await world.execute(statement.format(**places))
    found = await differences(world)
    assert kind in {difference.kind for difference in found}
    assert await LedgerAudit(world.pool, raids_per_page=2, users_per_page=2).repair_folds() > 0
    assert await differences(world) == []
    assert [await world.sums(one) for one in logs] == sums


async def test_a_difference_says_where_and_what(world: World) -> None:
    logs = await filled(world)
    await world.execute(f"UPDATE raids SET current_xp = 7 WHERE id = {logs[2].raid_id}")
    assert await differences(world) == [
        Difference(
            "raid_totals",
            f"raid {logs[2].raid_id}",
            f"xp={logs[2].xp} tasks={logs[2].tasks} contributions=7",
            f"xp=7 tasks={logs[2].tasks} contributions=7",
        )
    ]


async def test_what_only_somebody_else_can_mend_is_shown_and_left(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    await world.ledger.record([log.contribute(ada, xp=-1)])
    other = await world.active_raid(ada)
    await world.ledger.record([other.end("raid_failed")])
    void = log.void(log.contribute(ada))
    await world.ledger.record([void])
    await world.execute("UPDATE outbox SET created_at = now() - interval '2 minutes'")
    kinds = {difference.kind for difference in await differences(world)}
    assert kinds == {"quarantine", "outbox", "void_of_nothing"}
    await LedgerAudit(world.pool).repair_folds()
    assert {difference.kind for difference in await differences(world)} == kinds


async def test_contributions_of_a_raid_without_a_row_are_found(world: World) -> None:
    logs = await filled(world)
    await world.execute(f"DELETE FROM raids WHERE id = {logs[1].raid_id}")
    found = {(one.kind, one.where) for one in await differences(world)}
    assert ("raid_missing", f"raid {logs[1].raid_id}") in found
    assert ("member_of_no_raid", f"raid {logs[1].raid_id} user 1") in found


async def test_a_shell_that_waits_for_its_join_is_shown(world: World) -> None:
    ada, bob = await world.users(2)
    log = await world.active_raid(ada)
    joined = log.join(bob)
    await world.ledger.record([log.contribute(bob)])
    assert {one.kind for one in await differences(world)} == {"member_shell", "raid_member_count"}
    await world.ledger.record([joined])
    assert await differences(world) == []


async def test_a_key_that_was_made_up_for_still_answers_a_retry(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entry = log.contribute(ada)
    await world.ledger.record([entry])
    await world.execute("DELETE FROM contribution_keys")
    await LedgerAudit(world.pool).repair_folds()
    recorded = await Ledger(world.pool).record([entry])
    key = recorded.keys[log.raid_id, id_of(entry)]
    assert (key.fresh, key.fingerprint) == (False, "")
    assert await world.sums(log) == (10, 1)
