"""The rules of *Heal*, each with what happens without it."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import persistence.healing
from persistence.entries import LedgerEntry
from persistence.errors import LedgerError
from persistence.healing import Healing
from persistence.pool import transaction
from raidline.ids import Epoch, RaidId
from realtime.commands import Cancel, Update
from realtime.healing import Frozen, RaidCare
from realtime.keys import raid_key
from server.healer import Healer
from server.outcomes import Unavailable
from server.points import Point
from tests.faults.rules import Rule
from tests.faults.world import Server, World, all_different, id_of
from tests.helpers import eventually

LARGE = 10**9
"""An epoch far beyond the seconds since 2026."""


async def test_a_state_of_another_run_of_redis_is_not_trusted(rule: Rule, world: World) -> None:
    """It may be older than what was published and recorded: its next entry would have the name of one that was."""
    rule.in_lua("includes/raid", "raid.run_id == run_id and ")
    older = await world.dump()
    known = await world.contribute("known")
    await world.restart_from(older)
    new = await world.contribute("new")
    rule.holds(new.cursor != known.cursor and await world.in_step())


async def test_a_state_that_lags_its_row_heals(rule: Rule, world: World) -> None:
    """Instead of being refused by the fence for ever."""
    rule.in_lua("includes/raid", " and raid.epoch >= least_epoch")
    await world.ledger.execute("UPDATE raids SET epoch = epoch + 5")
    durable = False
    with contextlib.suppress(Unavailable):
        durable = (await world.contribute("new")).durable
    rule.holds(durable)


async def test_nothing_is_appended_to_a_log_that_is_being_recorded(rule: Rule, world: World) -> None:
    """The state is frozen before its log is read: what came after the reading would be gone with the swap."""
    rule.in_lua("includes/raid", "raid.frozen == '' and ")
    world.two.loses_the_ledger()
    gate = world.one.gate(Point.HEAL_AFTER_COMMIT)
    healing = asyncio.create_task(world.one.heal(world.raid, await world.epoch() + 1))
    await gate.reached.wait()
    waits = _told_to_wait_for_a_heal(world.two)
    late = asyncio.create_task(world.contribute("late", world.two))
    told = asyncio.create_task(waits.wait())
    await asyncio.wait({late, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    gate.opened.set()
    await asyncio.gather(healing, late)
    await world.audited()
    rule.holds(await world.holds("late"))


def _told_to_wait_for_a_heal(one: Server) -> asyncio.Event:
    """Set when somebody of this server was told that the state is in doubt."""
    told, ensure = asyncio.Event(), one.services.healer.ensure

    async def noted(raid_id: RaidId, least_epoch: Epoch) -> None:
        told.set()
        await ensure(raid_id, least_epoch)

    one.services.healer.ensure = noted  # type: ignore[method-assign]
    return told


async def test_the_new_epoch_is_above_the_rows(rule: Rule, world: World) -> None:
    """Otherwise what was decided before the heal is recorded behind it."""
    rule.in_sql(persistence.healing, "heal_raid", "greatest(r.epoch + 1,", "greatest(r.epoch,")
    await world.set_epoch(LARGE)
    gate = world.one.gate(Point.AFTER_DECIDE_BEFORE_RECORD)
    held = asyncio.create_task(world.contribute("held"))
    await gate.reached.wait()
    await world.lose()
    after = await world.contribute("after", world.two)
    gate.opened.set()
    rule.holds((await held).cursor != after.cursor and await world.in_step())


async def test_the_new_epoch_is_above_the_states(rule: Rule, world: World) -> None:
    """Where Postgres was restored from a backup, the state has lived longer than the row."""
    rule.in_sql(persistence.healing, "heal_raid", " $2::bigint + 1,", " $2::bigint * 0,")
    await world.set_epoch(LARGE)
    await world.back_up()
    await world.one.heal(world.raid, LARGE + 50)
    await world.restore()
    durable = False
    with contextlib.suppress(Unavailable):
        durable = (await world.contribute("new")).durable
    rule.holds(durable and await world.epoch() > LARGE + 50)


async def test_the_new_epoch_is_above_those_that_nobody_remembers(rule: Rule, world: World) -> None:
    """Redis has lost its data and Postgres comes from a backup: only the clock is sure to have gone on."""
    rule.in_sql(
        persistence.healing,
        "heal_raid",
        "extract(epoch FROM now() - timestamptz '2026-01-01 00:00:00+00')::bigint",
        "0",
    )
    await world.set_epoch(5)
    await world.back_up()
    await world.lose()
    forgotten = await world.contribute("forgotten")
    await eventually(lambda: _seconds_are_above(world, forgotten.cursor.epoch))
    await world.restore()
    await world.lose()
    new = await world.contribute("new")
    rule.holds(all_different([new.cursor, forgotten.cursor]))


async def _seconds_are_above(world: World, epoch: Epoch) -> bool:
    return bool(
        await world.ledger.fetchval(
            "SELECT extract(epoch FROM now() - timestamptz '2026-01-01 00:00:00+00')::bigint > $1",
            epoch,
        )
    )


async def test_a_heal_records_a_completion_only_where_the_sums_are_met(rule: Rule, world: World) -> None:
    """The frozen log may lack what led to it."""
    rule.in_python(persistence.healing, "targets_met_at", _always)
    await world.begin_raid(target_tasks=2)
    world.one.loses_the_ledger()
    lost = await world.contribute("lost")
    await world.contribute("last")
    await world.drop_from_log(lost.cursor.seq)
    await world.two.heal(world.raid, await world.epoch() + 1)
    row = await world.row()
    rule.holds((row["status"], row["current_tasks"]) == ("active", 1))


async def test_a_heal_records_at_most_one_end(rule: Rule, world: World) -> None:
    """The ledger may have another one by now than the log that was frozen."""
    rule.in_python(persistence.healing, "heal_raid", _with_a_second_end)
    await world.begin_raid(target_tasks=1)
    world.one.loses_the_ledger()
    await world.contribute("last")
    frozen = await persistence.healing.parse_frozen([entry for _, entry in await world.log()])
    await world.lose()
    await world.two.services.write_path.submit(Cancel(raid_id=world.raid, actor_id=world.user))
    healed = False
    with contextlib.suppress(LedgerError):
        await persistence.healing.heal_raid(world.two.services.pool, world.raid, None, frozen, 10)
        healed = True
    rule.holds(healed and await world.ends() == ["raid_cancelled"])


async def _with_a_second_end(original: Any, pool: Any, *arguments: Any) -> Any:
    """Every end is taken, and no index is in the way."""
    async with transaction(pool) as held:
        await held.execute("DROP INDEX raid_events_one_end")
    take_end = Healing._take_end
    Healing._take_end = _take_any_end  # type: ignore[assignment, method-assign]
    try:
        return await original(pool, *arguments)
    finally:
        Healing._take_end = take_end  # type: ignore[method-assign]


async def _take_any_end(healing: Healing, end: LedgerEntry) -> None:
    await healing._halving([end])


async def test_a_raid_is_loaded_as_it_was_only_with_the_flag(rule: Rule, world: World) -> None:
    """Without it nobody knows what was decided last: whoever still holds it would record it behind the state."""
    rule.in_sql(persistence.healing, "raid_lock_unloaded", " AND unloaded")
    gate = world.one.gate(Point.AFTER_DECIDE_BEFORE_RECORD)
    held = asyncio.create_task(world.contribute("held"))
    await gate.reached.wait()
    await world.lose()
    await world.two.heal(world.raid)
    gate.opened.set()
    await held
    rule.holds(await world.in_step())


async def test_a_swap_replaces_only_the_state_it_froze(rule: Rule, world: World) -> None:
    """Another heal may have been quicker, and its state has taken entries since."""
    rule.in_lua(
        "swap",
        "if standing[1] and (token == '' or standing[2] ~= token or standing[1] ~= ARGV[3]) then return 'occupied' end",
    )
    await _overtaken_by_a_heal(world)
    rule.holds(await world.holds("after"))


async def test_a_swap_without_a_frozen_state_needs_an_empty_place(rule: Rule, world: World) -> None:
    frozen_one = "standing[2] ~= token or standing[1] ~= ARGV[3]"
    rule.in_lua("swap", f"token == '' or {frozen_one}", f"token ~= '' and ({frozen_one})")
    await world.lose()
    await _overtaken_by_a_heal(world)
    rule.holds(await world.holds("after"))


async def _overtaken_by_a_heal(world: World) -> None:
    """One heals and waits before its swap; two heals meanwhile, and takes a contribution that is only in Redis."""
    for server in (world.one, world.two):
        server.heals_without_a_lock()
    epoch = int((await world.row())["epoch"])
    gate = world.one.gate(Point.HEAL_AFTER_COMMIT)
    healing = asyncio.create_task(world.one.heal(world.raid, epoch + 1))
    await gate.reached.wait()
    await world.two.heal(world.raid, epoch + 2)
    world.two.loses_the_ledger()
    await world.contribute("after", world.two)
    gate.opened.set()
    await healing
    await world.audited()


async def test_a_state_that_was_loaded_in_part_is_not_put_in_place(rule: Rule, world: World) -> None:
    rule.in_lua("swap", "if found ~= count then return 'incomplete' end")
    await world.contribute("known")
    await world.contribute("forgotten")
    await world.lose()
    gate = world.one.gate(Point.BETWEEN_LOAD_CHUNKS, nth=5)
    healing = asyncio.create_task(world.one.heal(world.raid))
    await gate.reached.wait()
    (loaded,) = [key async for key in world.redis.scan_iter(raid_key(world.raid, "load:*:contributions"))]
    await world.redis.hdel(loaded, id_of("forgotten"))
    gate.opened.set()
    await healing
    world.two.loses_the_ledger()
    again = await world.contribute("forgotten", world.two)
    rule.holds(again.replayed and await world.in_step())


async def test_a_state_is_put_in_place_only_in_the_run_of_redis_it_was_made_for(rule: Rule, world: World) -> None:
    """Redis may have restarted between the freezing and the swap; a heal that is done has to have helped."""
    rule.in_lua("swap", "if ARGV[1] ~= ARGV[6] then return 'suspect' end")
    freeze, asked = RaidCare.freeze, 0

    async def frozen_before_a_restart(care: RaidCare, raid_id: RaidId, least_epoch: Epoch) -> Frozen:
        nonlocal asked
        asked += 1
        frozen = await freeze(care, raid_id, least_epoch)
        return replace(frozen, run_id="an earlier run") if asked == 1 else frozen

    await world.lose()
    care = world.one.services.care
    world.one.services.healer._care.freeze = (  # type: ignore[method-assign]
        lambda raid_id, least_epoch: frozen_before_a_restart(care, raid_id, least_epoch)
    )
    await world.one.heal(world.raid)
    marks = await care.marks([world.raid])
    rule.holds(marks[world.raid].in_order)


async def test_a_heal_ends_a_raid_whose_targets_are_met(rule: Rule, world: World) -> None:
    """Its end was lost, or dropped by an earlier heal that found the sums not met yet."""
    rule.in_method(Healer, "settle", _never)
    await world.begin_raid(target_tasks=1)
    world.one.loses_the_ledger()
    await world.contribute("last")
    await world.two.services.ledger.record([entry for event, entry in await world.log() if event != "raid_complete"])
    await world.lose()
    await world.two.heal(world.raid)
    status = (await world.state())["status"], (await world.row())["status"], await world.ends()
    rule.holds(status == ("completed", "completed", ["raid_complete"]))


async def test_nothing_is_appended_to_a_sealed_state(rule: Rule, world: World) -> None:
    """It expires, and what the ledger does not hold by then is gone."""
    rule.in_lua("includes/raid", "if raid.sealed == '1' then return { 'suspect', text_of(raid.epoch + 1) } end")
    await world.begin_raid(target_tasks=1)
    await world.contribute("last")
    await world.audited()
    assert (await world.state())["sealed"] == "1"
    world.one.loses_the_ledger()
    command = Update(raid_id=world.raid, actor_id=world.user, changes={"title": "Autumn"})
    await world.one.services.write_path.submit(command)
    if await world.redis.pttl(raid_key(world.raid, "state")) > 0:
        await world.lose()  # its hour is over
    await world.audited()
    rule.holds((await world.row())["title"] == "Autumn")


async def _always(_original: object, *_arguments: object) -> bool:
    return True


async def _never(_original: object, *_arguments: object) -> None:
    return None
