"""Every month has its partition ahead of time, and rows that came before it are moved there."""

import asyncio
from datetime import UTC, datetime

import pytest

from persistence.partitions import ensure_partitions
from tests.persistence.conftest import World
from tests.persistence.log import Log

MONTHS = (
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'contributions'::regclass ORDER BY 1"
)


def month(offset: int) -> str:
    today = datetime.now(UTC)
    years, months = divmod(today.month - 1 + offset, 12)
    return f"{today.year + years}_{months + 1:02}"


def in_month(name: str) -> int:
    year, number = name.split("_")
    return round(datetime(int(year), int(number), 1, tzinfo=UTC).timestamp() * 1000)


async def partitions(world: World) -> list[str]:
    return [name.removeprefix("contributions_") for (name,) in await world.rows(MONTHS)]


async def place_of(world: World, log: Log) -> list[tuple[str, int]]:
    return await world.rows(
        "SELECT tableoid::regclass::text, count(*) FROM contributions WHERE raid_id = $1 GROUP BY 1 ORDER BY 1",
        log.raid_id,
    )


async def test_this_month_and_three_more_are_there_and_none_is_made_twice(world: World) -> None:
    assert await partitions(world) == [*(month(offset) for offset in range(4)), "default"]
    assert await ensure_partitions(world.pool) == []
    assert await ensure_partitions(world.pool, 5) == [month(4).replace("_", "-"), month(5).replace("_", "-")]


async def test_rows_in_the_default_partition_move_to_their_month(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    old, far = month(-14), month(7)
    ends = [in_month(old), in_month(month(-13)) - 1]
    entries = [log.contribute(ada, at=at) for at in [*ends, in_month(far), in_month(month(-13))]]
    await world.ledger.record(entries)
    assert await place_of(world, log) == [("contributions_default", 4)]
    assert len(await ensure_partitions(world.pool)) == 3
    assert sorted(await place_of(world, log)) == sorted(
        [(f"contributions_{old}", 2), (f"contributions_{month(-13)}", 1), (f"contributions_{far}", 1)]
    )
    again = await world.ledger.record([*entries, log.contribute(ada, at=ends[0])])
    assert sum(key.fresh for key in again.keys.values()) == 1
    assert await world.sums(log) == (50, 5)
    assert await world.value("SELECT count(*) FROM contributions_default") == 0


async def test_a_partition_made_late_has_the_indexes_and_checks_of_the_others(world: World) -> None:
    await ensure_partitions(world.pool, 6)
    shapes = await world.rows(
        "SELECT count(DISTINCT i.indexrelid), count(DISTINCT x.inhparent), count(DISTINCT k.conname)"
        " FROM pg_inherits h JOIN pg_index i ON i.indrelid = h.inhrelid"
        " JOIN pg_inherits x ON x.inhrelid = i.indexrelid"
        " JOIN pg_constraint k ON k.conrelid = h.inhrelid AND k.contype = 'c'"
        " WHERE h.inhparent = 'contributions'::regclass GROUP BY h.inhrelid"
    )
    assert set(shapes) == {(2, 2, 2)}


@pytest.mark.parametrize("workers", [4])
async def test_several_workers_make_each_once_while_rows_come_in(world: World, workers: int) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    entries = [log.contribute(ada, at=in_month(month(8)) + number) for number in range(300)]

    async def record() -> None:
        for start in range(0, 300, 10):
            await world.ledger.record(entries[start : start + 10])

    writing = asyncio.create_task(record())
    made = await asyncio.gather(*(ensure_partitions(world.pool, 9) for _ in range(workers)))
    await writing
    assert sorted(name for names in made for name in names) == [
        month(offset).replace("_", "-") for offset in range(4, 10)
    ]
    await ensure_partitions(world.pool, 9)
    assert await place_of(world, log) == [(f"contributions_{month(8)}", 300)]
    assert await world.sums(log) == (3000, 300)
