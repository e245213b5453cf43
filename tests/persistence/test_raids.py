"""Raids are made with a code of their own, and found by those who may see them."""

import asyncio

import pytest

from persistence import invite_codes, raids
from persistence.errors import BadData, LedgerAway
from persistence.raids import RaidPage
from raidline.ids import InviteCode, RaidId, UserId
from tests.persistence.conftest import World


async def test_a_code_is_eight_characters_that_nobody_mixes_up(world: World) -> None:
    codes = {invite_codes.new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert {len(code) for code in codes} == {8}
    assert not set("".join(codes)) & set("0O1IL")
    (ada,) = await world.users(1)
    log = await world.raid(ada)
    row = await world.raids.raid(log.raid_id)
    assert row is not None
    assert await world.raids.raid_of_code(row.invite_code.lower()) == log.raid_id


async def test_a_code_that_is_taken_is_not_given_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (ada,) = await world.users(1)
    drawn = iter(["AAAAAAAA", "AAAAAAAA", "BBBBBBBB", "AAAAAAAA", "BBBBBBBB", "CCCCCCCC"])
    monkeypatch.setattr(raids, "new_code", lambda: InviteCode(next(drawn)))
    first, second = await world.raid(ada), await world.raid(ada)
    claimed = await world.raids.claim_invite_code(first.raid_id)
    assert claimed == "CCCCCCCC"
    assert [await world.raids.raid_of_code(code) for code in ("aaaaaaaa", "bbbbbbbb", "CCCCCCCC", "DDDDDDDD")] == [
        first.raid_id,
        second.raid_id,
        first.raid_id,
        None,
    ]


async def test_a_draw_that_never_finds_a_free_code_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (ada,) = await world.users(1)
    monkeypatch.setattr(raids, "new_code", lambda: InviteCode("AAAAAAAA"))
    log = await world.raid(ada)
    with pytest.raises(LedgerAway):
        await world.raid(ada)
    with pytest.raises(LedgerAway):
        await world.raids.claim_invite_code(log.raid_id)


@pytest.mark.parametrize("code", ["", "\x00", "ÄÖÜÄÖÜÄÖ", "x" * 10_000, "ABCD-EFG"])
async def test_what_cannot_be_a_code_leads_nowhere(world: World, code: str) -> None:
    assert await world.raids.raid_of_code(code) is None


async def test_a_raid_that_cannot_be_is_bad_data(world: World) -> None:
    (ada,) = await world.users(1)
    with pytest.raises(BadData, match="raids_targets_are_possible"):
        await world.raid(ada, target_xp=0, target_tasks=0)


async def test_everyone_sees_what_they_are_in_and_what_is_public_newest_first(world: World) -> None:
    ada, bob = await world.users(2)
    private, public = await world.raid(ada), await world.raid(ada, public=True)
    bobs = await world.raid(bob)
    left = await world.raid(ada)
    await world.ledger.record([left.join(bob), left.leave(bob)])

    async def ids(user: UserId | None, mine: bool = False, status: str | None = None) -> list[RaidId]:
        page = await world.raids.list_raids(user, status, mine, None, 10)
        return [row.id for row in page.raids]

    assert await ids(ada) == [left.raid_id, public.raid_id, private.raid_id]
    assert await ids(bob) == [bobs.raid_id, public.raid_id]
    assert await ids(bob, mine=True) == [bobs.raid_id]
    assert await ids(None) == [public.raid_id]
    assert await ids(ada, status="active") == []
    await world.ledger.record([private.start()])
    assert await ids(ada, status="active") == [private.raid_id]
    assert await ids(ada, mine=True, status="recruiting") == [left.raid_id, public.raid_id]


@pytest.mark.parametrize("mine", [True, False])
async def test_pages_of_raids_hold_each_once(world: World, mine: bool) -> None:
    (ada,) = await world.users(1)
    made = [(await world.raid(ada, public=number % 2 == 0)).raid_id for number in range(7)]
    seen: list[RaidId] = []
    page = RaidPage([], None)
    while True:
        page = await world.raids.list_raids(ada, None, mine, page.next_cursor, 3)
        seen += [row.id for row in page.raids]
        if page.next_cursor is None:
            break
    assert seen == made[::-1]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1-", "9" * 30, "١", "1-2-3", "\x00"])
async def test_a_cursor_that_is_none_is_a_value_error(world: World, cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        await world.raids.list_raids(None, None, False, cursor, 10)
    with pytest.raises(ValueError, match="not a cursor"):
        await world.raids.contributions_page(RaidId(1), cursor, 10)


async def test_pages_of_contributions_are_newest_first_and_hold_each_once(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada, at=1_790_000_000_000 + number * 10**9) for number in range(9)]
    await world.ledger.record([*entries, log.void(entries[4])])
    healed = await world.ledger.heal(log.raid_id, None, [])
    life = log.reborn(healed.raid.epoch, healed.raid.last_seq)
    await world.ledger.record([life.contribute(ada)])
    seqs: list[int] = []
    cursor = None
    while True:
        page = await world.raids.contributions_page(log.raid_id, cursor, 4)
        seqs += [row.seq for row in page.contributions]
        assert [row.seq for row in page.contributions if row.voided] == ([6] if 6 in seqs[-4:] else [])
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seqs == [12, *range(10, 1, -1)]


async def test_what_the_worker_asks_for(world: World) -> None:
    (ada,) = await world.users(1)
    recruiting, active, done = [await world.raid(ada) for _ in range(3)]
    await world.ledger.record([active.start(), done.start(), done.end("raid_failed")])
    assert await world.raids.deadlines() == [(active.raid_id, active.deadline)]
    await world.ledger.set_unloaded(done.raid_id, done.epoch)
    live = await world.raids.live_raids(0, 10)
    assert [(raid.raid_id, raid.epoch, raid.last_seq, raid.status) for raid in live] == [
        (recruiting.raid_id, recruiting.epoch, 0, "recruiting"),
        (active.raid_id, active.epoch, 1, "active"),
    ]
    assert [raid.raid_id for raid in await world.raids.live_raids(recruiting.raid_id, 1)] == [active.raid_id]
    assert await world.raids.exists(done.raid_id)
    assert not await world.raids.exists(RaidId(done.raid_id + 1000))
    assert await world.raids.known([done.raid_id, RaidId(done.raid_id + 1000)]) == {done.raid_id}
    assert await world.raids.raid(RaidId(done.raid_id + 1000)) is None


async def test_many_raids_made_at_once_have_codes_of_their_own(world: World) -> None:
    (ada,) = await world.users(1)
    await asyncio.gather(*(world.raid(ada) for _ in range(20)))
    assert await world.value("SELECT count(DISTINCT invite_code) FROM raids") == 20
    assert await world.value("SELECT count(*) FROM raid_members WHERE state = 'member'") == 20
