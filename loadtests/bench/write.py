"""What one durable contribution costs, over HTTP, beside an empty POST to a bare Starlette app.

The client shares the two cores with all of it, so rates are of this machine; the ratio of CPU times is what to
compare. Every answer is checked, and at the end the raid's totals.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from loadtests.bench.world import World, cpu_seconds, free_port, process, world

CALLERS = 64
"""Requests under way at once."""

REQUESTS = 6_000
"""Of each kind, after the warm-up."""

WARM_UP = 500
XP = 7


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds in all; CPU of the server, Redis and Postgres."""

    wall: float
    server: float
    redis: float = 0.0
    postgres: float = 0.0

    def microseconds(self, spent: float) -> float:
        return spent / REQUESTS * 1e6


async def run(*, profiled: bool = False) -> None:
    """`profiled` changes nothing: the server is another process."""
    empty = await _empty()
    async with world() as services:
        durable = await _contributions(services)
    print(f"\nwrite: {REQUESTS} requests each, {CALLERS} callers at once")
    print(f"  empty POST            {empty.microseconds(empty.server):7.0f} us server   {REQUESTS / empty.wall:7.0f}/s")
    print(
        f"  durable contribution  {durable.microseconds(durable.server):7.0f} us server   "
        f"{REQUESTS / durable.wall:7.0f}/s   {durable.microseconds(durable.redis):.0f} us Redis   "
        f"{durable.microseconds(durable.postgres):.0f} us Postgres"
    )
    everything = durable.server + durable.redis + durable.postgres
    print(
        f"  ratio                 {durable.server / empty.server:7.2f} server, {everything / empty.server:.2f} in all"
    )


async def _empty() -> Cost:
    port = free_port()
    async with process(["loadtests.bench.empty"], {"PORT": str(port)}, port) as pid, _client(port) as http:

        async def post(_number: int) -> None:
            async with http.post("/post", json={"xp": XP}) as answer:
                assert answer.status == 201, answer.status

        await _all(WARM_UP, post)
        before, started = cpu_seconds(pid), time.perf_counter()
        await _all(REQUESTS, post)
        return Cost(time.perf_counter() - started, cpu_seconds(pid) - before)


async def _contributions(services: World) -> Cost:
    port = free_port()
    environment = {
        "PORT": str(port),
        "DATABASE_URL": services.urls.database_url,
        "REDIS_URL": services.urls.redis_url,
        "RAIDLINE_ADMIN_TOKEN": services.admin_token,
        "RAIDLINE_LOG_LEVEL": "warning",
    }
    async with process(["server", "serve"], environment, port) as pid, _client(port) as http:
        raid_id, headers = await _raid(http, services)
        path = f"/api/v1/raids/{raid_id}/contributions"

        async def post(number: int) -> None:
            key = {"Idempotency-Key": f"bench-{number}"}
            async with http.post(path, json={"xp": XP}, headers={**headers, **key}) as answer:
                assert answer.status == 201, await answer.text()

        await _all(WARM_UP, post)
        before, started = (cpu_seconds(pid), cpu_seconds(services.redis_pid)), time.perf_counter()
        postgres = cpu_seconds(services.postgres_pid, with_children=True)
        await _all(REQUESTS, lambda number: post(WARM_UP + number))
        cost = Cost(
            wall=time.perf_counter() - started,
            server=cpu_seconds(pid) - before[0],
            redis=cpu_seconds(services.redis_pid) - before[1],
            postgres=cpu_seconds(services.postgres_pid, with_children=True) - postgres,
        )
        async with http.get(f"/api/v1/raids/{raid_id}", headers=headers) as answer:
            raid = await answer.json()
        assert raid["currentXp"] == XP * (WARM_UP + REQUESTS), raid["currentXp"]
        return cost


async def _raid(http: aiohttp.ClientSession, services: World) -> tuple[int, dict[str, str]]:
    admin = {"Authorization": f"Bearer {services.admin_token}"}
    somebody = {"provider": "bench", "subject": "caller", "name": "caller", "scopes": ["unlimited"]}
    async with http.post("/api/v1/admin/sessions", json=somebody, headers=admin) as answer:
        headers = {"Authorization": f"Bearer {(await answer.json())['token']}"}
    async with http.post(
        "/api/v1/raids", json={"title": "bench", "targetXp": 10**12, "targetTasks": 0}, headers=headers
    ) as answer:
        raid_id = int((await answer.json())["id"])
    async with http.post(f"/api/v1/raids/{raid_id}/start", headers=headers) as answer:
        assert answer.status == 200
    return raid_id, headers


def _client(port: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=aiohttp.TCPConnector(limit=CALLERS))


async def _all(count: int, post: Callable[[int], Awaitable[None]]) -> None:
    numbers = iter(range(count))

    async def caller() -> None:
        for number in numbers:
            await post(number)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
