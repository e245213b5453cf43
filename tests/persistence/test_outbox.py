"""Word of what happened waits in the outbox until it has been passed on."""

import orjson

from persistence.pool import transaction
from persistence.statements import statement
from tests.persistence.conftest import World


async def test_rows_stay_until_they_are_deleted(world: World) -> None:
    (ada,) = await world.users(1)
    logs = [await world.active_raid(ada) for _ in range(3)]
    recorded = await world.ledger.record([log.end("raid_failed") for log in logs])
    waiting = await world.ledger.send_outbox(0, 10)
    assert waiting == recorded.outbox
    assert [orjson.loads(row.payload)["raidId"] for row in waiting] == [log.raid_id for log in logs]
    assert await world.ledger.send_outbox(0, 2) == waiting[:2]
    await world.ledger.delete_outbox([waiting[0].id])
    assert await world.ledger.send_outbox(0, 10) == waiting[1:]


async def test_what_is_young_is_left_to_the_server_that_wrote_it(world: World) -> None:
    (ada,) = await world.users(1)
    await world.ledger.record([(await world.active_raid(ada)).end("raid_failed")])
    assert await world.ledger.send_outbox(60, 10) == []


async def test_what_another_worker_reads_is_skipped(world: World) -> None:
    (ada,) = await world.users(1)
    for _ in range(2):
        await world.ledger.record([(await world.active_raid(ada)).end("raid_failed")])
    async with transaction(world.pool) as other:
        (taken,) = await other.fetch(statement("outbox_take"), 0.0, 1)
        (left,) = await world.ledger.send_outbox(0, 10)
        assert left.id > taken["id"]
    assert len(await world.ledger.send_outbox(0, 10)) == 2
