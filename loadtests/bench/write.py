"""What one durable contribution costs, over HTTP, beside an empty POST: in the same app, and in a bare one.

The client shares the two cores with all of it, so rates are of this machine; the ratio of CPU times is what to
compare. The kinds take short turns, so that all of them see the same noise: a figure is the median of the rounds, and a
ratio the median of what it is in each round. Every answer is checked, and at the end the raid's totals.
"""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from loadtests.bench.world import World, cpu_seconds, free_port, process, world
from loadtests.bench.write_app import EMPTY, PROFILE

CALLERS = 64
"""Requests under way at once."""

ROUNDS = 15
REQUESTS = 1_000
"""Of each kind, in each round."""

WARM_UP = 1_000
XP = 7

SAME_APP_MOST, BARE_MOST, ALL_MOST = 3.0, 4.0, 6.5
"""Ratios that have to hold: of the servers, and of server, Redis and Postgres together to the same app's empty POST."""

Post = Callable[[int], Awaitable[None]]
"""One request; the number makes it different from all others."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: by the clock, and of processor time."""

    wall: float
    server: float
    redis: float
    postgres: float

    @property
    def everything(self) -> float:
        return self.server + self.redis + self.postgres


@dataclass(slots=True)
class Kind:
    name: str
    post: Post
    pid: int
    rounds: list[Spent] = field(default_factory=list)

    def each(self, of: Callable[[Spent], float]) -> float:
        """Seconds of one request: the median of the rounds."""
        return statistics.median(of(spent) for spent in self.rounds) / REQUESTS

    def beside(self, floor: "Kind", of: Callable[[Spent], float] = lambda spent: spent.server) -> float:
        """How many times what the server spends on the floor's requests."""
        return statistics.median(of(mine) / its.server for mine, its in zip(self.rounds, floor.rounds, strict=True))


async def run(*, profiled: bool = False) -> None:
    """`profiled`: then one more server takes contributions, and says which functions its time went to."""
    async with world() as services:
        bare, empty, durable = await _measure(services)
        if profiled:
            await _profile(services)
    print(f"\nwrite: {ROUNDS} rounds of {REQUESTS} requests each, {CALLERS} callers at once, medians")
    for kind in (bare, empty, durable):
        print(
            f"  {kind.name:24} {kind.each(lambda spent: spent.server) * 1e6:6.0f} us server   "
            f"{kind.each(lambda spent: spent.redis) * 1e6:4.0f} us Redis   "
            f"{kind.each(lambda spent: spent.postgres) * 1e6:4.0f} us Postgres   "
            f"{1 / kind.each(lambda spent: spent.wall):5.0f}/s"
        )
    _tell("server, beside the same app's empty POST", durable.beside(empty), SAME_APP_MOST)
    _tell("server, beside a bare app's", durable.beside(bare), BARE_MOST)
    _tell("all three, beside the same app's", durable.beside(empty, lambda spent: spent.everything), ALL_MOST)


def _tell(what: str, ratio: float, most: float) -> None:
    print(f"  {what:42} {ratio:5.2f} (at most {most}: {'holds' if ratio <= most else 'DOES NOT HOLD'})")


async def _measure(services: World) -> list[Kind]:
    async with _bare() as (bare_pid, bare), _ours(services) as (pid, ours):
        raid_id, headers = await _raid(ours, services)
        durable = _contribution(ours, raid_id, headers)
        kinds = [
            Kind("empty POST, bare app", _empty(bare, "/post"), bare_pid),
            Kind("empty POST, same app", _empty(ours, EMPTY), pid),
            Kind("durable contribution", durable, pid),
        ]
        for kind in kinds:
            await _all(range(WARM_UP), kind.post)
        for number in range(ROUNDS):
            first = WARM_UP + number * REQUESTS
            for kind in kinds:
                kind.rounds.append(await _round(services, kind, range(first, first + REQUESTS)))
        async with ours.get(f"/api/v1/raids/{raid_id}", headers=headers) as answer:
            raid = await answer.json()
        assert raid["currentXp"] == XP * (WARM_UP + ROUNDS * REQUESTS), raid["currentXp"]
    return kinds


async def _profile(services: World) -> None:
    async with _ours(services, PROFILE) as (_pid, ours):
        raid_id, headers = await _raid(ours, services)
        await _all(range(REQUESTS), _contribution(ours, raid_id, headers))


async def _round(services: World, kind: Kind, numbers: range) -> Spent:
    def so_far() -> tuple[float, float, float, float]:
        return time.perf_counter(), cpu_seconds(kind.pid), *services.cpu_seconds()

    before = so_far()
    await _all(numbers, kind.post)
    return Spent(*(now - then for now, then in zip(so_far(), before, strict=True)))


def _empty(http: aiohttp.ClientSession, path: str) -> Post:
    async def post(_number: int) -> None:
        async with http.post(path, json={"xp": XP}) as answer:
            assert answer.status == 201, answer.status
            await answer.read()  # it comes after the head: who does not wait for it costs the server a connection

    return post


def _contribution(http: aiohttp.ClientSession, raid_id: int, headers: dict[str, str]) -> Post:
    path = f"/api/v1/raids/{raid_id}/contributions"

    async def post(number: int) -> None:
        key = {"Idempotency-Key": f"bench-{number}"}
        async with http.post(path, json={"xp": XP}, headers={**headers, **key}) as answer:
            assert answer.status == 201, await answer.text()

    return post


@contextlib.asynccontextmanager
async def _bare() -> AsyncIterator[tuple[int, aiohttp.ClientSession]]:
    port = free_port()
    async with process(["loadtests.bench.empty"], {"PORT": str(port)}, port) as pid, _client(port) as http:
        yield pid, http


@contextlib.asynccontextmanager
async def _ours(services: World, *arguments: str) -> AsyncIterator[tuple[int, aiohttp.ClientSession]]:
    port = free_port()
    environment = {
        "PORT": str(port),
        "DATABASE_URL": services.urls.database_url,
        "REDIS_URL": services.urls.redis_url,
        "RAIDLINE_ADMIN_TOKEN": services.admin_token,
        "RAIDLINE_LOG_LEVEL": "warning",
    }
    command = ["loadtests.bench.write_app", *arguments]
    async with process(command, environment, port, heard=PROFILE in arguments) as pid, _client(port) as http:
        yield pid, http


async def _raid(http: aiohttp.ClientSession, services: World) -> tuple[int, dict[str, str]]:
    admin = {"Authorization": f"Bearer {services.admin_token}"}
    somebody = {"provider": "bench", "subject": "caller", "name": "caller", "scopes": ["unlimited"]}
    token = (await _made(http, "/api/v1/admin/sessions", somebody, admin))["token"]
    headers = {"Authorization": f"Bearer {token}"}
    endless = {"title": "bench", "targetXp": 10**12, "targetTasks": 0}
    raid_id = int((await _made(http, "/api/v1/raids", endless, headers))["id"])
    await _made(http, f"/api/v1/raids/{raid_id}/start", {}, headers)
    return raid_id, headers


async def _made(
    http: aiohttp.ClientSession, path: str, body: dict[str, Any], headers: dict[str, str]
) -> dict[str, Any]:
    async with http.post(path, json=body, headers=headers) as answer:
        answer.raise_for_status()
        content: dict[str, Any] = await answer.json()
        return content


def _client(port: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=aiohttp.TCPConnector(limit=CALLERS))


async def _all(numbers: range, post: Post) -> None:
    waiting = iter(numbers)

    async def caller() -> None:
        for number in waiting:
            await post(number)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
