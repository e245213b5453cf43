"""From a contribution that is posted to the last subscriber's socket: the whole way, through ledger and all."""

import asyncio
from typing import Any

import aiohttp

from loadtests.bench.fanout.errors import BenchError
from loadtests.bench.fanout.ground import Ground
from loadtests.bench.fanout.knobs import (
    CONTRIBUTION_RATE,
    CONTRIBUTION_SUBSCRIBERS,
    CONTRIBUTIONS,
    PATIENCE_SECONDS,
    SETTLE_SECONDS,
    WARM_UP_EVENTS,
)
from loadtests.bench.fanout.payload import now
from loadtests.bench.fanout.peer import SSE
from loadtests.bench.fanout.peers.ours import Ours, Serving
from loadtests.bench.fanout.sitting import insist
from loadtests.bench.fanout.subscribers import Delivery, Subscribers, subscribers


async def contribute(ours: Ours, ground: Ground, subscriber_count: int = CONTRIBUTION_SUBSCRIBERS) -> Delivery:
    """Its clock starts before a contribution is sent, so what is told is a little more than from being accepted."""
    async with ours.serving(ground) as serving, subscribers(serving.door(SSE)) as clients:
        await clients.connect(subscriber_count)
        await asyncio.sleep(SETTLE_SECONDS)
        first = serving.raid.seq + 1
        await _delivered(serving, clients, first, WARM_UP_EVENTS)
        delivery = await _delivered(serving, clients, first + WARM_UP_EVENTS, CONTRIBUTIONS)
    insist(ours, delivery)
    return delivery


async def _delivered(serving: Serving, clients: Subscribers, first: int, count: int) -> Delivery:
    await clients.expect(first, count, PATIENCE_SECONDS)
    await _post(serving, count)
    return await clients.report()


async def _post(serving: Serving, count: int) -> None:
    headers = {"Authorization": f"Bearer {serving.raid.token}"}
    loop = asyncio.get_running_loop()
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{serving.port}", headers=headers) as http,
        asyncio.TaskGroup() as tasks,
    ):
        began = loop.time()
        for place in range(count):
            await asyncio.sleep(began + place / CONTRIBUTION_RATE - loop.time())
            tasks.create_task(_post_one(http, serving.raid.id))


async def _post_one(http: aiohttp.ClientSession, raid_id: int) -> None:
    body: dict[str, Any] = {"xp": 10, "taskId": str(now())}
    async with http.post(f"/api/v1/raids/{raid_id}/contributions", json=body) as answer:
        if answer.status != 201:
            raise BenchError(f"a contribution was answered with {answer.status}: {await answer.text()}")
