"""The rules of *Decide* and *Record* that keep the ledger and the state in step, each with what happens without it."""

import asyncio
from typing import Any

import persistence.recording
import server.recorder
from persistence.rows import KnownKey
from raidline.ids import ContributionId, RaidId
from server.points import Point
from server.recorder import NOT_YET
from tests.faults.rules import Rule
from tests.faults.world import World


async def test_what_was_decided_in_an_earlier_life_is_decided_again(rule: Rule, world: World) -> None:
    """The fence: a commit behind a heal would count what the state does not."""
    rule.in_python(persistence.recording, "_fold_past_the_fence", _without_a_fence)
    gate = world.one.gate(Point.AFTER_DECIDE_BEFORE_RECORD)
    held = asyncio.create_task(world.contribute("held"))
    await gate.reached.wait()
    await world.lose()
    await world.contribute("after", world.two)
    gate.opened.set()
    accepted = await held
    assert accepted.durable
    rule.holds(await world.in_step() and accepted.cursor.epoch == await world.epoch())


async def _without_a_fence(original: Any, held: Any, entries: Any, _epochs: Any) -> Any:
    return await original(held, entries, {entry.raid_id: entry.epoch for entry in entries})


async def test_an_end_brings_what_led_to_it(rule: Rule, world: World) -> None:
    """Otherwise its raid would have to heal, and every stream to begin anew, whenever servers share a raid."""
    rule.in_lua(
        "includes/ending",
        "if first_new - 1 > raid.audited_seq then hand_over(raid, raid.audited_seq + 1, first_new - 1) end",
    )
    await world.begin_raid(target_tasks=2)
    epoch = await world.epoch()
    world.one.loses_the_ledger()
    await world.contribute("first")
    last = await world.contribute("last", world.two)
    assert last.durable
    rule.holds(await world.ends() == ["raid_complete"] and await world.epoch() == epoch)


async def test_a_completion_is_recorded_only_where_the_sums_are_met(rule: Rule, world: World) -> None:
    """Were it recorded without what led to it, and that got lost, the raid would be complete without its sums."""
    rule.in_python(persistence.recording, "targets_met_at", _always)
    await world.begin_raid(target_tasks=2)
    world.one.loses_the_ledger()
    lost = await world.contribute("lost")
    await world.drop_from_log(lost.cursor.seq)
    last = await world.contribute("last", world.two)
    assert last.durable
    row = await world.row()
    rule.holds((row["status"], row["current_tasks"]) == ("active", 1) and await world.in_step())


async def _always(_original: object, *_arguments: object) -> bool:
    return True


async def test_what_the_ledger_said_counts_only_in_the_life_it_was_asked_in(rule: Rule, world: World) -> None:
    """Meanwhile the key may have been decided elsewhere, and dropped from the state again by a heal."""
    rule.in_lua("includes/contribution", "type(looked_up) ~= 'table' or looked_up.epoch ~= raid.epoch", "not looked_up")
    for server_ in (world.one, world.two):
        server_.services.ledger._key_limit = 0
    await world.contribute("known")
    await world.lose()
    await world.two.heal(world.raid)
    asked, answered = _slow_to_hear(world)
    world.one.loses_the_ledger()
    slow = asyncio.create_task(world.contribute("key"))
    await asked.wait()
    await world.contribute("key", world.two)
    await world.lose()
    await world.two.heal(world.raid)
    answered.set()
    await slow
    await world.audited()
    rule.holds(await world.in_step())


def _slow_to_hear(world: World) -> tuple[asyncio.Event, asyncio.Event]:
    """Set when server one has its first answer about a key, and to be set when it may go on with it."""
    asked, answered = asyncio.Event(), asyncio.Event()
    ledger = world.one.services.ledger
    known_key = ledger.known_key

    async def slowly(raid_id: RaidId, contribution_id: ContributionId) -> KnownKey | None:
        known = await known_key(raid_id, contribution_id)
        asked.set()
        await answered.wait()
        return known

    ledger.known_key = slowly  # type: ignore[method-assign]
    return asked, answered


async def test_a_key_that_neither_log_nor_ledger_holds_is_decided_anew(rule: Rule, world: World) -> None:
    """Postgres came back from a backup, and the log had been trimmed: the state alone still knows it."""
    rule.in_python(server.recorder, "_verdict", _not_yet_for_the_unknown)
    await world.back_up()
    gone = await world.contribute("gone")
    await world.restore()
    await world.drop_from_log(gone.cursor.seq)
    again = await world.contribute("gone", world.two)
    rule.holds(again.durable and await world.holds("gone") and await world.in_step())


def _not_yet_for_the_unknown(original: Any, *arguments: Any) -> Any:
    verdict = original(*arguments)
    return NOT_YET if verdict.key is None else verdict


async def test_a_contribution_the_ledger_has_at_another_place_is_not_counted_twice(rule: Rule, world: World) -> None:
    """The state had lost the key and decided it again: the ledger notices, and the raid heals."""
    rule.in_python(server.recorder, "_is_at", _always_so)
    await world.contribute("known")
    await world.redis.hdel(f"raid:{{{world.raid}}}:contributions", *await _names(world))
    await world.contribute("known")
    rule.holds(await world.in_step())


async def _names(world: World) -> list[bytes]:
    return [name async for name, _ in world.redis.hscan_iter(f"raid:{{{world.raid}}}:contributions")]


def _always_so(_original: object, *_arguments: object) -> bool:
    return True
