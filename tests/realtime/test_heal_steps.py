"""freeze.lua, read_log.lua and swap.lua: the Redis side of a heal."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from raidline.ids import Epoch, Seq
from realtime import keys
from realtime.healing import LOG_PAGE, AuditEntry, Frozen, HealToken
from tests.realtime.raid_world import (
    ACTIVE,
    ALICE,
    BOB,
    EPOCH,
    NOW,
    RAID,
    Loading,
    World,
    contribution,
    join,
    key,
    packed_contribution,
)

A_MOMENT = 60_000
"""Milliseconds that asking for several expiries in turn never takes, and by which no two kinds of them agree."""


async def _healed(world: World, loading: Loading, frozen: Frozen, *, expire_at_ms: int = 0) -> str:
    state = loading.state(frozen.run_id)
    return await world.care.load(RAID, state, frozen, expire_at_ms=expire_at_ms)


async def _pages(pages: AsyncIterator[list[AuditEntry] | None]) -> list[list[AuditEntry] | None]:
    return [page async for page in pages]


# -- freeze ----------------------------------------------------------------------------------------------


async def test_a_state_in_order_is_not_frozen(world: World) -> None:
    await world.active(ALICE, seq=5)

    frozen = await world.care.freeze(RAID, EPOCH)

    assert (frozen.outcome, frozen.epoch, frozen.seq) == ("in_order", EPOCH, 5)
    assert (await world.state())["frozen"] == ""


@pytest.mark.parametrize("doubt", [{"run_id": "0" * 40}, {"frozen": "somebody"}, {"epoch": 6}])
async def test_a_state_in_doubt_is_frozen_with_the_healers_token(world: World, doubt: dict[str, object]) -> None:
    await world.active(ALICE, seq=5)
    await world.set(**doubt)

    frozen = await world.care.freeze(RAID, EPOCH)

    assert (frozen.outcome, frozen.seq) == ("frozen", 5)
    assert (await world.state())["frozen"] == frozen.token != ""
    assert await world.outcome(contribution()) == "suspect"


async def test_where_no_state_stands_there_is_none_to_freeze(world: World) -> None:
    frozen = await world.care.freeze(RAID, EPOCH)

    assert (frozen.outcome, frozen.epoch, frozen.seq) == ("missing", 0, 0)
    assert await world.everything() == {}


# -- read_log --------------------------------------------------------------------------------------------


async def test_a_log_is_read_in_pages_above_a_seq(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(LOG_PAGE + 3)

    pages = await _pages(world.care.log_pages(RAID, EPOCH, Seq(1)))

    assert [[one.entry.seq for one in page or []] for page in pages] == [
        list(range(2, LOG_PAGE + 2)),
        [LOG_PAGE + 2, LOG_PAGE + 3],
    ]
    first = (pages[0] or [])[0]
    assert (str(first.command_id), first.entry.event, first.entry.epoch) == (str(key(2)), "contribution", EPOCH)
    assert first.entry.ledger == (await world.do(contribution(2))).entries[0].ledger


async def test_an_empty_log_has_no_page(world: World) -> None:
    await world.active(ALICE)

    assert await _pages(world.care.log_pages(RAID, EPOCH, Seq(0))) == []


@pytest.mark.parametrize(("epoch", "token"), [(EPOCH, "another heal's"), (EPOCH, None), (Epoch(8), "this heal's")])
async def test_a_log_that_is_another_by_now_is_not_handed_out(world: World, epoch: Epoch, token: str | None) -> None:
    await world.active(ALICE)
    await world.do(contribution())
    await world.set(frozen="this heal's")

    assert await _pages(world.care.log_pages(RAID, epoch, Seq(0), HealToken(token) if token else None)) == [None]
    assert len(await _pages(world.care.log_pages(RAID, EPOCH, Seq(0), HealToken("this heal's")))) == 1


async def test_without_a_state_no_log_is_handed_out(world: World) -> None:
    assert await _pages(world.care.log_pages(RAID, EPOCH, Seq(0))) == [None]


# -- swap ------------------------------------------------------------------------------------------------


async def test_a_state_is_placed_where_none_stands(world: World) -> None:
    frozen = await world.care.freeze(RAID, EPOCH)

    assert await _healed(world, Loading(ACTIVE | {"epoch": 8, "seq": 12}), frozen) == "placed"

    assert await world.store.heads([RAID]) == {RAID: (8, 12)}
    assert await world.outcome(contribution()) == "accepted"


async def test_the_frozen_state_is_replaced_with_all_its_keys(world: World) -> None:
    await world.active(ALICE, BOB)
    await world.do(contribution(1, user=BOB))
    await world.do(join(ALICE))
    frozen = await world.care.freeze(RAID, Epoch(8))

    assert await _healed(world, Loading(ACTIVE | {"epoch": 8, "seq": 1}, xp={ALICE: 3}), frozen) == "placed"

    assert await world.hash("xp") == {"1": "3"}
    assert await world.hash("tasks") == {}
    assert sorted(await world.hash("members")) == ["1"]
    assert await world.log() == []
    names = {name.decode() for name in await world.redis.keys("raid:*")}
    assert names == {world.key(part) for part in ("state", "members", "xp", "by_join")}


async def test_subscribers_are_told_that_older_cursors_mean_nothing(world: World) -> None:
    frozen = await world.care.freeze(RAID, EPOCH)
    async with world.redis.pubsub() as subscriber:
        await subscriber.subscribe(keys.events_channel(RAID))
        await subscriber.get_message(timeout=5)

        await _healed(world, Loading({"epoch": 8, "seq": 12}), frozen)

        assert (await subscriber.get_message(timeout=5))["data"] == b"8-12\nreset\n{}"


async def test_a_state_that_stands_is_not_replaced_by_who_found_none(world: World) -> None:
    missing = await world.care.freeze(RAID, EPOCH)
    await world.active(ALICE)

    assert await _healed(world, Loading({"epoch": 8}), missing) == "occupied"
    assert (await world.state())["epoch"] == "7"


@pytest.mark.parametrize("since", [{"frozen": "another heal's"}, {"frozen": ""}, {"epoch": 9}])
async def test_a_state_that_is_not_the_frozen_one_is_not_replaced(world: World, since: dict[str, object]) -> None:
    await world.active(ALICE)
    frozen = await world.care.freeze(RAID, Epoch(8))
    await world.set(**since)

    assert await _healed(world, Loading({"epoch": 8}), frozen) == "occupied"


async def test_a_frozen_state_that_is_gone_leaves_its_place(world: World) -> None:
    await world.active(ALICE)
    frozen = await world.care.freeze(RAID, Epoch(8))
    await world.redis.flushall()

    assert await _healed(world, Loading({"epoch": 8}), frozen) == "placed"


async def test_a_load_that_lost_elements_is_not_put_in_place(world: World) -> None:
    frozen = await world.care.freeze(RAID, EPOCH)
    names = dict(zip(keys.PARTS, keys.load_keys(RAID, "half"), strict=True))
    loaded = Loading(xp={ALICE: 1, BOB: 2}).state(frozen.run_id)
    for part, content in loaded.hashes().items():
        if content:
            await world.redis.hset(names[part], mapping=content)
    await world.redis.zadd(names["by_join"], loaded.by_join)
    await world.redis.hdel(names["xp"], "2")

    word = await world.care._swap(RAID, "half", loaded.counts(), frozen, 0)

    assert word == "incomplete"
    assert await world.redis.exists(world.key("state")) == 0


async def test_a_heal_that_began_on_another_redis_starts_over(world: World) -> None:
    frozen = replace(await world.care.freeze(RAID, EPOCH), run_id="0" * 40)

    assert await _healed(world, Loading(), frozen) == "suspect"
    assert await world.redis.exists(world.key("state")) == 0


async def test_a_healed_state_does_not_expire(world: World) -> None:
    await world.active(ALICE)
    await world.do(contribution(1))
    frozen = await world.care.freeze(RAID, Epoch(8))

    await _healed(world, _everywhere(), frozen)

    assert set((await _expiries(world)).values()) == {-1}


async def test_an_unloaded_state_comes_back_with_one_expiry_on_every_key(world: World) -> None:
    frozen = await world.care.freeze(RAID, EPOCH)

    await _healed(world, _everywhere(), frozen, expire_at_ms=NOW)

    expiries = await _expiries(world)
    assert set(expiries) == {*keys.PARTS} - {"log", "day_xp", "commands"}
    assert min(expiries.values()) > 0
    assert max(expiries.values()) - min(expiries.values()) < A_MOMENT


async def test_an_expiry_of_the_state_that_was_replaced_is_gone(world: World) -> None:
    await world.ended(ALICE)
    await world.care.seal(RAID, EPOCH, NOW)
    frozen = await world.care.freeze(RAID, Epoch(8))

    await _healed(world, _everywhere(), frozen)

    assert set((await _expiries(world)).values()) == {-1}


async def test_what_a_load_leaves_behind_goes_away_by_itself(world: World) -> None:
    frozen = await world.care.freeze(RAID, EPOCH)
    await world.active(ALICE)
    await _healed(world, _everywhere(), frozen)

    left = [name for name in await world.redis.keys("raid:*") if b":load:" in name]

    assert left
    assert all([0 < await world.redis.ttl(name) <= 600 for name in left])


def _everywhere() -> Loading:
    """Something under every key that a load can fill, apart from commands and days."""
    return Loading(
        {"epoch": 8},
        (ALICE, BOB),
        xp={ALICE: 10},
        tasks={ALICE: 1},
        contributions={key(1): packed_contribution(1)},
        past={BOB: "left"},
    )


async def _expiries(world: World) -> dict[str, int]:
    found = {part: await world.redis.pttl(world.key(part)) for part in keys.PARTS}
    return {part: left for part, left in found.items() if left != -2}
