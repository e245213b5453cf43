"""What a ready-made page costs, and a 304, beside an empty GET in the same app by the same people.

The client shares the two cores with the server, so the ratio of CPU times is what to compare; the rates are of this
machine. The kinds take turns, so that all of them see the same noise.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from loadtests.bench.cached_app import EMPTY
from loadtests.bench.world import World, cpu_seconds, free_port, process, world

CALLERS = 64
"""People, each with one request under way."""

ROUNDS = 5
REQUESTS = 2_000
"""Of each kind, in each round, after one round to warm up."""

PAGE = "/api/v1/me/achievements"
PAGE_MOST, NOT_MODIFIED_MOST = 2.0, 1.5
"""Ratios to the empty GET that have to hold."""


@dataclass(slots=True)
class Person:
    headers: dict[str, str]
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    path: str
    status: int
    headers: Callable[[Person], dict[str, str]]
    most: float | None = None


KINDS = (
    Kind("empty GET", EMPTY, 200, lambda person: person.headers),
    Kind("page from cache", PAGE, 200, lambda person: person.headers, PAGE_MOST),
    Kind("304", PAGE, 304, lambda person: {**person.headers, "If-None-Match": person.etag}, NOT_MODIFIED_MOST),
)


@dataclass(slots=True)
class Cost:
    """Seconds over all rounds."""

    wall: float = 0.0
    server: float = 0.0
    redis: float = 0.0
    postgres: float = 0.0
    rounds: list[float] = field(default_factory=list)
    """The server's, one by one."""


async def run(*, profiled: bool = False) -> None:
    """`profiled` changes nothing: the server is another process."""
    async with world() as services:
        costs, size = await _measure(services)
    asked = ROUNDS * REQUESTS
    empty = costs["empty GET"]
    print(f"\ncached: {asked} requests each, {CALLERS} people at once, a page of {size} bytes")
    for kind in KINDS:
        cost = costs[kind.name]
        print(
            f"  {kind.name:16} {cost.server / asked * 1e6:7.0f} us server   {asked / cost.wall:7.0f}/s   "
            f"{cost.redis / asked * 1e6:.0f} us Redis   {cost.postgres / asked * 1e6:.0f} us Postgres"
        )
    for kind in KINDS[1:]:
        ratio = costs[kind.name].server / empty.server
        verdict = "holds" if kind.most and ratio <= kind.most else "DOES NOT HOLD"
        print(f"  ratio of {kind.name:16} {ratio:5.2f} (at most {kind.most}: {verdict})")


async def _measure(services: World) -> tuple[dict[str, Cost], int]:
    port = free_port()
    environment = {
        "PORT": str(port),
        "DATABASE_URL": services.urls.database_url,
        "REDIS_URL": services.urls.redis_url,
        "RAIDLINE_ADMIN_TOKEN": services.admin_token,
        "RAIDLINE_LOG_LEVEL": "warning",
    }
    connector = aiohttp.TCPConnector(limit=CALLERS)
    async with (
        process(["loadtests.bench.cached_app"], environment, port) as pid,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector) as http,
    ):
        people = [await _person(http, services, number) for number in range(CALLERS)]
        size = await _fill(http, people)
        costs = {kind.name: Cost() for kind in KINDS}
        for round_ in range(ROUNDS + 1):
            for kind in KINDS:
                counted = costs[kind.name] if round_ else Cost()
                await _round(http, services, pid, people, kind, counted)
        return costs, size


async def _person(http: aiohttp.ClientSession, services: World, number: int) -> Person:
    admin = {"Authorization": f"Bearer {services.admin_token}"}
    somebody = {"provider": "bench", "subject": str(number), "name": f"person-{number}", "scopes": ["unlimited"]}
    async with http.post("/api/v1/admin/sessions", json=somebody, headers=admin) as answer:
        return Person({"Authorization": f"Bearer {(await answer.json())['token']}"})


async def _fill(http: aiohttp.ClientSession, people: list[Person]) -> int:
    """Have every page made; the size of one."""
    size = 0
    for person in people:
        async with http.get(PAGE, headers=person.headers) as answer:
            assert answer.status == 200, answer.status
            person.etag, size = answer.headers["ETag"], len(await answer.read())
    return size


async def _round(
    http: aiohttp.ClientSession, services: World, pid: int, people: list[Person], kind: Kind, cost: Cost
) -> None:
    numbers = iter(range(REQUESTS))

    async def caller(person: Person) -> None:
        headers = kind.headers(person)
        for _ in numbers:
            async with http.get(kind.path, headers=headers) as answer:
                assert answer.status == kind.status, answer.status
                await answer.read()

    def spent() -> tuple[float, float, float]:
        return cpu_seconds(pid), *services.cpu_seconds()

    before, started = spent(), time.perf_counter()
    await asyncio.gather(*(caller(person) for person in people))
    cost.wall += time.perf_counter() - started
    server, redis, postgres = (now - then for now, then in zip(spent(), before, strict=True))
    cost.server += server
    cost.redis += redis
    cost.postgres += postgres
    cost.rounds.append(server)
