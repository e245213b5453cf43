"""stream_start.lua and log_page.lua: what a subscriber or a poller gets from where it was."""

from collections.abc import Sequence

import pytest

from raidline.ids import Epoch, Seq, UserId
from realtime.cursor import NOWHERE, Cursor
from realtime.entries import Entry
from realtime.healing import LOG_KEPT
from realtime.raids import EVERYONE, RESUME_MAX
from tests.realtime.raid_world import ALICE, DAVE, EPOCH, RAID, World, key


def at(seq: int, epoch: int = EPOCH) -> Cursor:
    return Cursor(Epoch(epoch), Seq(seq))


def seqs(entries: Sequence[Entry]) -> list[int]:
    return [entry.seq for entry in entries]


async def _long_log(world: World, *, trimmed: int) -> int:
    """A log whose oldest `trimmed` entries are gone; the seq of its last."""
    await world.active(ALICE)
    await world.contributions(LOG_KEPT + trimmed)
    await world.care.advance(RAID, EPOCH, Seq(LOG_KEPT + trimmed))
    return LOG_KEPT + trimmed


# -- stream_start ----------------------------------------------------------------------------------------


async def test_a_first_visit_gets_a_snapshot(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(3)

    start = await world.store.stream_start(RAID, ALICE, None)

    assert (start.outcome, start.recovered, start.head) == ("ok", "none", (7, 3))
    assert (start.is_member, start.public, start.entries) == (True, False, ())
    assert start.snapshot is not None
    assert start.snapshot.cursor == (7, 3)


async def test_who_missed_some_gets_exactly_those(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(3)

    start = await world.store.stream_start(RAID, ALICE, at(1))

    assert (start.recovered, seqs(start.entries), start.snapshot) == ("full", [2, 3], None)
    second = (await world.log())[1]
    assert (start.entries[0].event, start.entries[0].cursor) == ("contribution", (7, 2))
    assert key(2).encode() in start.entries[0].data
    assert second.data["seq"] == 2


async def test_who_missed_nothing_gets_nothing(world: World) -> None:
    await world.active(ALICE, seq=3)

    start = await world.store.stream_start(RAID, ALICE, at(3))

    assert (start.recovered, start.entries, start.snapshot) == ("full", (), None)


@pytest.mark.parametrize("cursor", [at(1, epoch=6), at(1, epoch=8), at(4), NOWHERE])
async def test_a_cursor_of_another_life_or_ahead_of_the_head_is_a_reset(world: World, cursor: Cursor) -> None:
    await world.active(ALICE)
    await world.contributions(3)

    start = await world.store.stream_start(RAID, ALICE, cursor)

    assert (start.outcome, start.recovered, start.entries) == ("ok", "reset", ())
    assert start.snapshot is not None


async def test_a_thousand_missed_entries_are_served_and_one_more_is_a_reset(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(RESUME_MAX + 1)

    served = await world.store.stream_start(RAID, ALICE, at(1))
    reset = await world.store.stream_start(RAID, ALICE, at(0))

    assert (served.recovered, seqs(served.entries)) == ("full", list(range(2, RESUME_MAX + 2)))
    assert reset.recovered == "reset"


async def test_a_cursor_older_than_the_log_is_a_reset(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(10)
    await world.redis.xtrim(world.key("log"), minid="6-0")

    assert (await world.store.stream_start(RAID, ALICE, at(4))).recovered == "reset"
    assert (await world.store.stream_start(RAID, ALICE, at(5))).recovered == "full"


async def test_after_a_heal_the_log_is_empty_and_the_head_is_all_there_is(world: World) -> None:
    await world.active(ALICE, seq=3)

    assert (await world.store.stream_start(RAID, ALICE, at(2))).recovered == "reset"
    assert (await world.store.stream_start(RAID, ALICE, at(3))).recovered == "full"


@pytest.mark.parametrize("viewer", [DAVE, None])
@pytest.mark.parametrize("cursor", [None, at(0)])
async def test_to_others_there_is_nothing_to_subscribe_to(
    world: World, viewer: UserId | None, cursor: Cursor | None
) -> None:
    await world.active(ALICE)
    await world.contributions(3)

    start = await world.store.stream_start(RAID, viewer, cursor)

    assert (start.outcome, start.entries, start.snapshot) == ("not_found", (), None)


async def test_a_public_raid_can_be_watched_by_all(world: World) -> None:
    await world.active(ALICE, public=1)

    start = await world.store.stream_start(RAID, None, None)

    assert (start.outcome, start.is_member, start.public) == ("ok", False, True)


async def test_without_a_state_a_subscriber_waits_for_a_heal(world: World) -> None:
    assert (await world.store.stream_start(RAID, ALICE, None)).outcome == "missing"


# -- log_page --------------------------------------------------------------------------------------------


async def test_a_log_is_paged_through(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(5)

    first = await world.store.entries_after(RAID, at(0), 3)
    second = await world.store.entries_after(RAID, first.entries[-1].cursor, 3)
    last = await world.store.entries_after(RAID, second.entries[-1].cursor, 3)

    assert [seqs(page.entries) for page in (first, second, last)] == [[1, 2, 3], [4, 5], []]
    assert {(page.outcome, page.head) for page in (first, second, last)} == {("ok", (7, 5))}


@pytest.mark.parametrize("cursor", [at(1, epoch=6), at(1, epoch=8), at(6), NOWHERE])
async def test_a_page_after_a_cursor_that_means_nothing_is_a_reset(world: World, cursor: Cursor) -> None:
    await world.active(ALICE)
    await world.contributions(5)

    page = await world.store.entries_after(RAID, cursor, 3)

    assert (page.outcome, page.entries, page.head) == ("reset", (), (7, 5))


@pytest.mark.parametrize("limit", [1, 3, 100, 1000])
async def test_a_page_never_skips_what_was_trimmed(world: World, limit: int) -> None:
    await _long_log(world, trimmed=20)

    inside_the_gap = await world.store.entries_after(RAID, at(5), limit)
    at_its_edge = await world.store.entries_after(RAID, at(20), limit)

    assert (inside_the_gap.outcome, inside_the_gap.entries) == ("reset", ())
    assert seqs(at_its_edge.entries) == list(range(21, 21 + limit))


async def test_a_page_has_at_most_a_thousand_entries(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(1001)

    page = await world.store.entries_after(RAID, at(0), 5000)

    assert (page.outcome, len(page.entries)) == ("ok", 1000)


async def test_a_page_from_a_log_with_a_hole_is_a_reset(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(5)
    await world.redis.xdel(world.key("log"), "3-0")

    assert (await world.store.entries_after(RAID, at(0), 100)).outcome == "reset"
    assert (await world.store.stream_start(RAID, ALICE, at(0))).recovered == "reset"


async def test_pages_are_for_those_who_may_see_the_raid(world: World) -> None:
    await world.active(ALICE)
    await world.contributions(2)

    outsider = await world.store.entries_after(RAID, at(0), 10, DAVE)
    member = await world.store.entries_after(RAID, at(0), 10, ALICE)
    operator = await world.store.entries_after(RAID, at(0), 10, EVERYONE)

    assert (outsider.outcome, outsider.entries) == ("not_found", ())
    assert seqs(member.entries) == seqs(operator.entries) == [1, 2]


@pytest.mark.parametrize(("doubt", "outcome"), [({}, "ok"), ({"frozen": "somebody"}, "suspect")])
async def test_a_page_of_a_state_in_doubt_is_not_given(world: World, doubt: dict[str, object], outcome: str) -> None:
    await world.active(ALICE)
    await world.set(**doubt, title="Dragon")

    assert (await world.store.entries_after(RAID, at(0), 10)).outcome == outcome


async def test_without_a_state_there_is_no_page(world: World) -> None:
    assert (await world.store.entries_after(RAID, at(0), 10)).outcome == "missing"
