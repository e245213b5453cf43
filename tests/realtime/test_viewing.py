"""view.lua: a raid as one reader may see it; and its JSON."""

import orjson
import pytest

from raidline.ids import RaidId, UserId
from realtime.raids import EVERYONE
from realtime.snapshot import Snapshot
from realtime.times import rfc3339
from tests.realtime.raid_world import (
    ACTIVE,
    ALICE,
    BOB,
    CODE,
    DAVE,
    HOUR,
    NOW,
    RAID,
    Loading,
    World,
    contribution,
)


async def _snapshot(world: World, loading: Loading) -> Snapshot:
    await world.load(loading)
    snapshot = (await world.store.view(RAID, EVERYONE)).snapshot
    assert snapshot is not None
    return snapshot


async def test_a_member_sees_the_raid(world: World) -> None:
    await world.active(ALICE, seq=5)

    view = await world.store.view(RAID, ALICE)

    assert (view.outcome, view.is_member, view.cursor) == ("ok", True, (7, 5))
    assert view.snapshot is not None
    assert (view.snapshot.raid_id, view.snapshot.cursor) == (RAID, (7, 5))


@pytest.mark.parametrize("viewer", [DAVE, None])
async def test_to_others_a_raid_that_is_not_public_does_not_exist(world: World, viewer: UserId | None) -> None:
    await world.active(ALICE)

    view = await world.store.view(RAID, viewer)

    assert (view.outcome, view.is_member, view.snapshot) == ("not_found", False, None)


@pytest.mark.parametrize("viewer", [DAVE, None])
async def test_a_public_raid_is_for_all_to_see(world: World, viewer: UserId | None) -> None:
    await world.active(ALICE, public=1)

    view = await world.store.view(RAID, viewer)

    assert (view.outcome, view.is_member) == ("ok", False)


async def test_an_operator_sees_every_raid(world: World) -> None:
    await world.active(ALICE)

    view = await world.store.view(RAID, EVERYONE)

    assert (view.outcome, view.is_member) == ("ok", False)


async def test_who_knows_the_head_gets_no_body(world: World) -> None:
    await world.active(ALICE, seq=5)

    view = await world.store.view(RAID, ALICE, known="7-5")

    assert (view.outcome, view.cursor, view.snapshot) == ("unchanged", (7, 5), None)


@pytest.mark.parametrize("known", ["7-4", "6-5", "nonsense"])
async def test_who_knows_another_head_gets_it_all(world: World, known: str) -> None:
    await world.active(ALICE, seq=5)

    assert (await world.store.view(RAID, ALICE, known=known)).outcome == "ok"


async def test_to_others_even_the_head_is_not_confirmed(world: World) -> None:
    await world.active(ALICE, seq=5)

    assert (await world.store.view(RAID, DAVE, known="7-5")).outcome == "not_found"


async def test_several_raids_are_seen_at_once(world: World) -> None:
    await world.active(ALICE)
    await world.load(Loading({"id": 43}), RaidId(43))

    views = await world.store.views([RaidId(43), RaidId(1), RAID], ALICE)

    assert {raid_id: view.outcome for raid_id, view in views.items()} == {43: "ok", 1: "missing", 42: "ok"}
    assert views[RaidId(43)].snapshot is not None


async def test_a_snapshot_says_all_that_the_contract_asks(world: World) -> None:
    loading = Loading(
        ACTIVE | {"seq": 5, "current_xp": 30, "current_tasks": 2, "description": "heads"},
        (ALICE, BOB),
        xp={BOB: 30},
        tasks={BOB: 2},
    )
    snapshot = await _snapshot(world, loading)

    assert orjson.loads(snapshot.to_json(online=[BOB], for_member=True)) == {
        "id": 42, "title": "Dragon", "description": "heads", "status": "active", "public": False,
        "openJoin": False, "inviteCode": CODE, "targetXp": 1_000_000, "targetTasks": 1_000, "currentXp": 30,
        "currentTasks": 2, "maxMembers": 4, "maxXpPerContribution": 10_000, "leaderId": 1,
        "createdAt": "2099-12-31T00:00:00.000Z",
        "startedAt": "2099-12-31T23:00:00.000Z", "endedAt": None, "deadline": "2100-01-01T23:00:00.000Z",
        "epoch": 7, "seq": 5, "cursor": "7-5",
        "members": [
            {
                "userId": 1, "username": "Alice", "role": "leader", "xpContributed": 0, "tasksContributed": 0,
                "isOnline": False, "joinedAt": "2099-12-31T00:00:00.000Z",
            },
            {
                "userId": 2, "username": "Bob", "role": "member", "xpContributed": 30, "tasksContributed": 2,
                "isOnline": True, "joinedAt": "2099-12-31T00:00:01.000Z",
            },
        ],
    }  # fmt: skip


async def test_the_invite_code_is_for_members_only(world: World) -> None:
    snapshot = await _snapshot(world, Loading({"public": 1}))

    assert "inviteCode" not in snapshot.to_dict(online=(), for_member=False)


async def test_members_stand_in_the_order_in_which_they_came(world: World) -> None:
    snapshot = await _snapshot(world, Loading(members=(BOB, DAVE, ALICE)))

    assert [member.user_id for member in snapshot.members] == [2, 4, 1]
    assert snapshot.member_ids == {1, 2, 4}


async def test_what_someone_who_left_contributed_makes_nobody_a_member(world: World) -> None:
    snapshot = await _snapshot(world, Loading(ACTIVE, xp={DAVE: 30}, tasks={DAVE: 1}))

    assert snapshot.member_ids == {ALICE}


async def test_the_end_is_seen(world: World) -> None:
    await world.active(ALICE, target_xp=1, target_tasks=1)
    await world.do(contribution())

    snapshot = (await world.store.view(RAID, ALICE)).snapshot

    assert snapshot is not None
    assert (snapshot.status, snapshot.to_dict(online=(), for_member=True)["endedAt"]) == (
        "completed",
        "2100-01-01T00:00:00.000Z",
    )


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (NOW + HOUR + 7, "2100-01-01T01:00:00.007Z"),
        (951782400999, "2000-02-29T00:00:00.999Z"),
    ],
)
def test_times_are_written_in_utc_with_milliseconds(milliseconds: int, text: str) -> None:
    assert rfc3339(milliseconds) == text
