"""contribute.lua: one contribution counts once, or is refused for one reason."""

import pytest

from raidline.ids import Epoch, Seq
from realtime.commands import Start
from tests.realtime.raid_world import (
    ACTIVE,
    ALICE,
    BOB,
    CAROL,
    DAY,
    EPOCH,
    HOUR,
    NOW,
    RAID,
    TODAY,
    Loading,
    World,
    contribution,
    events_of,
    key,
    result_of,
    seqs_of,
    void,
)

MINUTE = 60 * 1000


async def test_a_contribution_counts_for_raid_and_member(world: World) -> None:
    await world.active(ALICE, BOB)

    decision = await world.do(contribution(1, user=BOB, xp=30))

    assert (decision.outcome, seqs_of(decision)) == ("accepted", [1])
    assert result_of(decision) == {
        "seq": 1,
        "position": "7-1",
        "raid": {
            "status": "active",
            "currentXp": 30,
            "currentTasks": 1,
            "targetXp": 1_000_000,
            "targetTasks": 1_000,
        },
        "member": {"userId": BOB, "xpContributed": 30, "tasksContributed": 1},
    }
    assert await world.hash("xp") == {"2": "30"}
    state = await world.state()
    assert (state["current_xp"], state["current_tasks"], state["contribution_count"]) == ("30", "1", "1")


async def test_its_entry_has_all_that_readers_need(world: World) -> None:
    await world.active(ALICE)

    await world.do(contribution(1, xp=30, task_id="dishes", occurred_at_ms=NOW - 5, type="chore", live=True))

    (entry,) = await world.log()
    assert (entry.event, entry.command_id) == ("contribution", key(1))
    assert entry.data == {
        "raidId": 42, "at": "2100-01-01T00:00:00.000Z", "seq": 1, "contributionId": key(1), "userId": 1, "xp": 30,
        "contributionType": "chore", "taskId": "dishes", "currentXp": 30, "currentTasks": 1, "xpContributed": 30,
        "tasksContributed": 1,
    }  # fmt: skip
    assert entry.ledger == {
        "v": 1, "raid_id": 42, "epoch": 7, "seq": 1, "event": "contribution", "command_id": key(1), "at": NOW,
        "status": "active", "leader_id": 1, "member_count": 1, "started_at": NOW - HOUR,
        "deadline": NOW + 23 * HOUR, "current_xp": 30, "current_tasks": 1, "contribution_id": key(1),
        "fingerprint": "f0", "user_id": 1, "actor_id": 1, "xp": 30, "type": "chore", "task_id": "dishes",
        "occurred_at": NOW - 5, "day": TODAY, "live": True,
    }  # fmt: skip


async def test_a_known_key_has_its_first_answer_and_counts_once(world: World) -> None:
    await world.active(ALICE)
    first = await world.do(contribution(1))
    await world.do(contribution(2))

    again = await world.do(contribution(1))

    assert (again.outcome, again.entries) == ("duplicate", first.entries)
    assert (result_of(again)["seq"], result_of(again)["position"]) == (1, "7-1")
    assert (await world.state())["current_tasks"] == "2"


async def test_a_known_key_is_answered_before_every_other_check(world: World) -> None:
    await world.active(ALICE, BOB)
    await world.do(contribution(1, user=BOB))
    await world.redis.hdel(world.key("members"), "2")
    await world.wait(30 * DAY)
    await world.set(status="cancelled")

    assert await world.outcome(contribution(1, user=BOB, occurred_at_ms=NOW - 30 * DAY)) == "duplicate"


async def test_a_duplicate_hands_over_nothing_that_the_ledger_holds(world: World) -> None:
    await world.active(ALICE)
    await world.do(contribution(1))
    await world.care.advance(RAID, EPOCH, Seq(1))

    again = await world.do(contribution(1))

    assert (again.outcome, again.entries) == ("duplicate", ())


async def test_a_duplicate_of_another_epoch_hands_over_nothing(world: World) -> None:
    packed = f"6-1|f0|1|10|{NOW}|{TODAY}|0"
    await world.load(Loading(ACTIVE, contributions={key(1): packed}))

    again = await world.do(contribution(1))

    assert (again.outcome, again.entries, result_of(again)["position"]) == ("duplicate", (), "6-1")


async def test_a_known_key_with_another_body_is_refused(world: World) -> None:
    await world.active(ALICE)
    await world.do(contribution(1, fingerprint="f0"))

    assert await world.outcome(contribution(1, fingerprint="f1")) == "idempotency_key_reused"


async def test_nobody_counts_who_is_not_a_member(world: World) -> None:
    await world.active(ALICE)

    assert await world.outcome(contribution(user=BOB)) == "not_member"


async def test_only_members_post_for_a_member(world: World) -> None:
    await world.active(ALICE)

    assert await world.outcome(contribution(user=ALICE, actor_id=BOB)) == "not_member"
    assert await world.outcome(contribution(user=ALICE, actor_id=None)) == "not_member"


async def test_a_backend_posts_for_a_member_but_not_for_an_outsider(world: World) -> None:
    await world.active(ALICE)

    for_alice = contribution(1, user=ALICE, actor_id=CAROL, may_write_for_others=True)
    for_bob = contribution(2, user=BOB, actor_id=None, may_write_for_others=True)

    assert await world.outcome(for_alice) == "accepted"
    assert await world.outcome(for_bob) == "not_member"


async def test_nothing_counts_before_the_start(world: World) -> None:
    await world.recruiting(ALICE)

    assert await world.outcome(contribution()) == "raid_not_active"


@pytest.mark.parametrize("status", ["completed", "cancelled"])
async def test_nothing_counts_after_the_end(world: World, status: str) -> None:
    await world.ended(ALICE, status=status)

    assert await world.outcome(contribution()) == "raid_ended"


async def test_whoever_comes_after_the_deadline_lets_the_raid_fail(world: World) -> None:
    await world.active(ALICE)
    await world.do(contribution(1))
    await world.wait(23 * HOUR)

    decision = await world.do(contribution(2))

    assert (decision.outcome, events_of(decision)) == ("deadline_passed", ["contribution", "raid_failed"])
    last = (await world.log())[-1]
    assert last.data == {
        "raidId": 42, "at": "2100-01-01T23:00:00.000Z", "seq": 2, "reason": "deadline",
        "endedAt": "2100-01-01T23:00:00.000Z",
    }  # fmt: skip
    assert last.ledger["reason"] == "deadline"
    assert (await world.state())["status"] == "failed"


async def test_the_last_millisecond_still_counts(world: World) -> None:
    await world.active(ALICE)
    await world.wait(23 * HOUR - 1)

    assert await world.outcome(contribution()) == "accepted"


async def test_a_raid_that_failed_says_that_its_deadline_has_passed(world: World) -> None:
    await world.active(ALICE)
    await world.wait(23 * HOUR)
    await world.do(contribution(1))

    again = await world.do(contribution(2))

    assert (again.outcome, again.entries) == ("deadline_passed", ())


async def test_the_cap_of_the_raid_can_be_reached_and_not_passed(world: World) -> None:
    await world.active(ALICE, max_xp_per_contribution=50)

    assert await world.outcome(contribution(1, xp=51)) == "xp_above_cap"
    assert await world.outcome(contribution(2, xp=50)) == "accepted"


@pytest.mark.parametrize(
    ("occurred_at", "late", "outcome"),
    [
        (NOW + 5 * MINUTE, DAY, "accepted"),
        (NOW + 5 * MINUTE + 1, DAY, "occurred_at_out_of_range"),
        (NOW + 5 * MINUTE + 1, None, "occurred_at_out_of_range"),
        (NOW - DAY, DAY, "accepted"),
        (NOW - DAY - 1, DAY, "occurred_at_out_of_range"),
        (NOW - 1000 * DAY, None, "accepted"),
        (0, None, "accepted"),
        (-1, None, "occurred_at_out_of_range"),
    ],
)
async def test_how_old_and_how_new_a_contribution_may_be(
    world: World, occurred_at: int, late: int | None, outcome: str
) -> None:
    await world.active(ALICE)

    assert await world.outcome(contribution(occurred_at_ms=occurred_at, late_ms=late)) == outcome


async def test_the_daily_cap_is_per_member_and_local_day(world: World) -> None:
    await world.active(ALICE, BOB, max_xp_per_member_per_day=100)

    assert await world.outcome(contribution(1, xp=90)) == "accepted"
    assert await world.outcome(contribution(2, xp=11)) == "daily_cap_reached"
    assert await world.outcome(contribution(3, xp=10)) == "accepted"
    assert await world.outcome(contribution(4, xp=1)) == "daily_cap_reached"
    assert await world.outcome(contribution(5, xp=0)) == "accepted"
    assert await world.outcome(contribution(6, xp=100, day="2100-01-02")) == "accepted"
    assert await world.outcome(contribution(7, xp=100, user=BOB)) == "accepted"


async def test_a_void_gives_room_under_the_daily_cap(world: World) -> None:
    await world.active(ALICE, max_xp_per_member_per_day=100)
    await world.do(contribution(1, xp=100))
    await world.do(void(1))

    assert await world.outcome(contribution(2, xp=100)) == "accepted"


async def test_the_total_can_be_reached_and_not_passed(world: World) -> None:
    await world.active(ALICE, target_xp=10**12, current_xp=10**12 - 10)

    assert await world.outcome(contribution(1, xp=11)) == "total_limit_reached"
    assert await world.outcome(contribution(2, xp=10)) == "accepted"


async def test_a_raid_takes_a_million_contributions(world: World) -> None:
    await world.active(ALICE, contribution_count=999_999)

    assert await world.outcome(contribution(1)) == "accepted"
    assert await world.outcome(contribution(2)) == "contribution_limit_reached"


async def test_a_voided_one_still_counts_against_the_million(world: World) -> None:
    await world.active(ALICE, contribution_count=999_999)
    await world.do(contribution(1))
    await world.do(void(1))

    assert await world.outcome(contribution(2)) == "contribution_limit_reached"


async def test_a_refusal_changes_nothing(world: World) -> None:
    await world.active(ALICE, max_xp_per_contribution=1)
    before = await world.everything()

    await world.do(contribution(xp=2))

    assert await world.everything() == before


async def test_the_decision_says_which_epoch_it_belongs_to(world: World) -> None:
    await world.recruiting(ALICE, epoch=123_456_789)
    await world.do(Start(raid_id=RAID, actor_id=ALICE))

    decision = await world.do(contribution())

    assert decision.epoch == Epoch(123_456_789)
    assert [entry.epoch for entry in decision.entries] == [123_456_789]
