"""What transactions left to say, said together where it comes close together."""

import time
from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest

from persistence.pool import transaction
from persistence.rows import OutboxRow
from persistence.telling import leave_word
from raidline.boards import BoardName
from raidline.ids import UserId
from realtime import keys
from server.notifier import GATHERED_MAX
from server.services import Services, open_services
from server.settings import Settings
from tests.helpers import eventually

ALICE, BOB = UserId(1), UserId(2)
BOARD = BoardName("raid:7")
HOUR_MS = 3_600_000


@pytest.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings) as opened:
        yield opened


def streak(user_id: UserId, current: int) -> dict[str, Any]:
    return {"userId": user_id, "raidId": None, "event": "streak", "data": {"current": current}}


def total(user_id: UserId, xp: int, version: int) -> list[Any]:
    return [user_id, "somebody", xp, version, 1000 + version]


async def left(services: Services, payload: dict[str, Any]) -> list[OutboxRow]:
    async with transaction(services.pool) as held:
        return await leave_word(held, "progress", payload)


async def all_crossed_off(services: Services) -> bool:
    return not await services.pool.fetchval("SELECT count(*) FROM outbox")


async def told(services: Services, user_id: UserId) -> list[bytes]:
    entries = (await services.scripted.plain([["XRANGE", keys.person_key(user_id, "log"), "-", "+"]]))[0]
    return [fields[fields.index(b"data") + 1] for _id, fields in entries]


async def ready_board(services: Services) -> None:
    now = round(time.time() * 1000)
    building = await services.board_store.begin(BOARD, now, final=False)
    assert await services.board_store.finish(building, now, now + HOUR_MS)


async def test_pages_are_dropped_once_and_every_event_is_told_in_order(services: Services) -> None:
    dropped: list[Collection[UserId] | None] = []
    services.notifier.on_pages_dropped(dropped.append)
    told_of = [(ALICE, 1), (BOB, 1), (ALICE, 2), (ALICE, 3)]
    payloads = [{"people": [one], "events": [streak(one, number)], "boards": {}} for one, number in told_of]
    for rows in [await left(services, payload) for payload in payloads]:
        services.notifier.send_soon(rows)

    await eventually(lambda: all_crossed_off(services))
    assert dropped == [[ALICE, BOB]]
    assert await told(services, ALICE) == [b'{"current":%d}' % number for number in (1, 2, 3)]
    assert await told(services, BOB) == [b'{"current":1}']


async def test_a_board_hears_the_last_total_of_everybody_in_whatever_order_they_come(services: Services) -> None:
    await ready_board(services)
    for totals in ([total(ALICE, 30, 3), total(BOB, 5, 1)], [total(ALICE, 10, 1)], [total(ALICE, 20, 2)]):
        services.notifier.send_soon(await left(services, {"people": [], "events": [], "boards": {BOARD: totals}}))

    await eventually(lambda: all_crossed_off(services))
    standing = await services.board_store.read_all(BOARD)
    assert standing is not None
    assert [(one.user_id, one.xp) for one in standing] == [(ALICE, 30), (BOB, 5)]


async def test_a_row_that_cannot_be_told_stays_and_the_others_are_told(services: Services) -> None:
    rows = [
        *await left(services, {"people": [], "events": [streak(ALICE, 1)], "boards": {}}),
        *await left(services, {"no": "news"}),
        *await left(services, {"people": [], "events": [streak(ALICE, 2)], "boards": {}}),
    ]
    services.notifier.send_soon(rows)

    async def only_the_bad_one_is_left() -> bool:
        return [one["id"] for one in await services.pool.fetch("SELECT id FROM outbox")] == [rows[1].id]

    await eventually(only_the_bad_one_is_left)
    assert await told(services, ALICE) == [b'{"current":1}', b'{"current":2}']


async def test_more_than_may_wait_is_left_to_the_worker(services: Services) -> None:
    payload: dict[str, Any] = {"people": [], "events": [], "boards": {}}
    rows = [row for _ in range(3) for row in await left(services, payload)]
    services.notifier.send_soon(rows[:1] * GATHERED_MAX + rows[1:])

    async def the_rest_is_left() -> bool:
        found = await services.pool.fetch("SELECT id FROM outbox ORDER BY id")
        return [one["id"] for one in found] == [row.id for row in rows[1:]]

    await eventually(the_rest_is_left)
