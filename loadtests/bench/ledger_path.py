"""The write path in this process with everything folded: two thousand callers at once, beside a bare INSERT.

Redis, Postgres, callers and server share the machine's cores. Each caller is a person who submits a contribution,
waits until it is durable, and submits the next, through several local days. Then the same rows go into a bare table,
twice: by the same callers through the same gathering line, and by nobody, in the batches in which they had come.
Everything that was recorded is checked afterwards.
"""

import asyncio
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from loadtests.bench.bare import Bare, Row, bench_sql
from loadtests.bench.profiling import Timings, python_profile
from loadtests.bench.world import World, own_connection, world
from persistence.raids import NewRaid
from raidline.ids import CommandId, ContributionId, InviteCode, RaidId, UserId
from realtime.commands import Contribute, Join, Start
from server.flights import Flight, Line
from server.logs import configure_logs
from server.outcomes import Accepted
from server.recorder import RECORD_MOST, RECORD_WAITING
from server.services import Services, open_services
from server.settings import load_settings

CALLERS = 2_000
"""Requests under way at once, each of a person of its own."""

RAIDS = 20
XP = 47
"""Of each contribution: with so many, 1,000 XP are reached on the way."""

PATIENCE_MS = 60_000
"""Every answer has to be a durable one, however busy the machine."""

DRAIN_SECONDS = 60.0
"""Longest wait until everything has been told."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`definitions`: so many achievements in place of the default ones, one reached with each task; 0: the default."""

    name: str
    days: int
    per_day: int
    definitions: int = 0
    least_contributions: int = 0
    least_unlocks: int = 0


SCENARIOS = (
    Scenario("everyday", days=8, per_day=3, least_contributions=5_000),
    Scenario("many unlock", days=2, per_day=5, definitions=20, least_unlocks=1_000),
)


@dataclass(slots=True)
class Cost:
    """Seconds: as the clock shows them, and of processors."""

    rows: int = 0
    wall: float = 0.0
    python: float = 0.0
    redis: float = 0.0
    postgres: float = 0.0
    waits: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Party:
    """Who contributes: people with ids in a row, each in one raid."""

    people: Sequence[UserId]
    raids: Sequence[RaidId]

    def raid_of(self, number: int) -> RaidId:
        return self.raids[number % len(self.raids)]

    @property
    def span(self) -> tuple[int, int]:
        return min(self.people), max(self.people)


async def run(*, profiled: bool = False) -> None:
    configure_logs("warning", "text")
    for scenario in SCENARIOS:
        async with world() as services_world:
            with Timings.watching() if profiled else nullcontext() as timings:
                await _scenario(scenario, services_world, timings)


async def _scenario(scenario: Scenario, services_world: World, timings: Timings | None) -> None:
    async with _services(services_world) as services:
        party = await _party(services, scenario)
        if timings:
            timings.clear()
        with python_profile(timings is not None):
            cost = await _contribute(services, services_world, scenario, party)
        drained = await _drained(services)
        await _check(services, scenario, party)
    batches = await _batches(services_world, party)
    gathered, alone = await _bare(services_world, batches)
    days, unlocks = await _gained(services_world, party)
    _print(scenario, cost, batches, drained, gathered, alone, days, unlocks)
    if timings:
        timings.print(cost.rows)


@asynccontextmanager
async def _services(services_world: World) -> AsyncIterator[Services]:
    urls = services_world.urls
    settings = load_settings(database_url=urls.database_url, redis_url=urls.redis_url, ack_timeout_ms=PATIENCE_MS)
    async with open_services(settings) as services:
        yield services


async def _party(services: Services, scenario: Scenario) -> Party:
    async with services.pool.acquire() as held:
        if scenario.definitions:
            await held.execute(bench_sql("definitions"), scenario.definitions, scenario.definitions, 0, 1)
        people = [row["id"] for row in await held.fetch(bench_sql("people"), CALLERS)]
    raids = [await _raid(services, leader) for leader in people[:RAIDS]]
    party = Party(people, [raid for raid, _code in raids])
    await asyncio.gather(
        *(_join(services, raids[number % RAIDS], person) for number, person in enumerate(people) if number >= RAIDS)
    )
    for raid_id, leader in zip(party.raids, people, strict=False):
        await services.write_path.submit(Start(raid_id=raid_id, actor_id=leader))
    return party


async def _raid(services: Services, leader: UserId) -> tuple[RaidId, InviteCode]:
    raid_id = await services.raids.create_raid(
        NewRaid("bench", "", False, False, 10**12, 0, 24, 10_000, 10_000, None, leader, "person")
    )
    row = await services.raids.raid(raid_id)
    assert row is not None
    return raid_id, row.invite_code


async def _join(services: Services, raid: tuple[RaidId, InviteCode], person: UserId) -> None:
    raid_id, code = raid
    await services.write_path.submit(Join(raid_id=raid_id, user_id=person, username="person", invite_code=code))


async def _contribute(services: Services, services_world: World, scenario: Scenario, party: Party) -> Cost:
    cost, today = Cost(), datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in range(scenario.days - 1, -1, -1)]

    async def caller(number: int) -> None:
        for day in days:
            for turn in range(scenario.per_day):
                command = _command(party, number, day, turn, live=day == today)
                started = time.perf_counter()
                outcome = await services.write_path.submit(command)
                cost.waits.append(time.perf_counter() - started)
                assert isinstance(outcome, Accepted), outcome
                assert outcome.durable, outcome
                assert not outcome.replayed, outcome

    before, started = _processors(services_world), time.perf_counter()
    await asyncio.gather(*map(caller, range(CALLERS)))
    cost.wall, cost.rows = time.perf_counter() - started, CALLERS * scenario.days * scenario.per_day
    spent = [after - earlier for after, earlier in zip(_processors(services_world), before, strict=True)]
    cost.python, cost.redis, cost.postgres = spent
    return cost


def _command(party: Party, number: int, day: date, turn: int, *, live: bool) -> Contribute:
    contribution_id = ContributionId(str(uuid.uuid4()))
    occurred = datetime(day.year, day.month, day.day, 8 + turn, tzinfo=UTC)
    return Contribute(
        raid_id=party.raid_of(number),
        command_id=CommandId(contribution_id),
        contribution_id=contribution_id,
        fingerprint="ab" * 32,
        user_id=party.people[number],
        actor_id=party.people[number],
        xp=XP,
        type="task_complete",
        occurred_at_ms=None if live else round(occurred.timestamp() * 1000),
        day=day.isoformat(),
        live=live,
        late_ms=None,
    )


def _processors(services_world: World) -> tuple[float, float, float]:
    return time.process_time(), *services_world.cpu_seconds()


async def _drained(services: Services) -> float:
    """How long it took after the last answer until everything had been told."""
    started = time.perf_counter()
    while await services.ledger.send_outbox(0, 1):
        assert time.perf_counter() - started < DRAIN_SECONDS, "the outbox does not empty"
        await asyncio.sleep(0.01)
    return time.perf_counter() - started


async def _check(services: Services, scenario: Scenario, party: Party) -> None:
    async with services.pool.acquire() as held:
        wrong = [tuple(row) for row in await held.fetch(bench_sql("wrong"), *party.span, timeout=60)]
    assert not wrong, wrong
    per_raid = CALLERS // RAIDS * scenario.days * scenario.per_day
    for raid_id in party.raids:
        row = await services.raids.raid(raid_id)
        assert row is not None
        assert (row.current_xp, row.current_tasks) == (XP * per_raid, per_raid)
        head = (await services.store.heads([raid_id]))[raid_id]
        assert head.seq == row.last_seq, (head, row.last_seq)


async def _batches(services_world: World, party: Party) -> list[list[Row]]:
    async with own_connection(services_world.urls.database_url) as held:
        rows = [tuple(row) for row in await held.fetch(bench_sql("batches"), *party.span)]
    return [[row[:-1] for row in batch] for _transaction, batch in groupby(rows, key=lambda row: row[-1])]


async def _bare(services_world: World, batches: Sequence[Sequence[Row]]) -> tuple[float, float]:
    """Seconds for the same rows by as many callers through a gathering line, and in the same batches by nobody."""
    async with AsyncExitStack() as stack:
        bare = Bare(await stack.enter_async_context(own_connection(services_world.urls.database_url)))
        await bare.make()
        started = time.perf_counter()
        await _gather_bare(bare, [row for batch in batches for row in batch])
        gathered = time.perf_counter() - started
        await bare.drop()

        await bare.make()
        bare.spent = 0.0
        for batch in batches:
            await bare.insert(batch)
        await bare.drop()
        return gathered, bare.spent


async def _gather_bare(bare: Bare, rows: Sequence[Row]) -> None:
    async def fly(items: Sequence[Row], flight: Flight[None]) -> None:
        await bare.insert(items)
        flight.land_all(None)

    line: Line[Row, None] = Line(fly, most=RECORD_MOST, waiting=RECORD_WAITING)
    waiting = iter(rows)

    async def caller() -> None:
        for row in waiting:
            await line.submit(row)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


async def _gained(services_world: World, party: Party) -> tuple[int, int]:
    async with own_connection(services_world.urls.database_url) as held:
        row = await held.fetchrow(bench_sql("gained"), *party.span)
    assert row is not None
    return row["days"], row["unlocks"]


def _print(
    scenario: Scenario,
    cost: Cost,
    batches: Sequence[Sequence[Row]],
    drained: float,
    gathered: float,
    alone: float,
    days: int,
    unlocks: int,
) -> None:
    rate, waits, sizes = cost.rows / cost.wall, sorted(cost.waits), [len(batch) for batch in batches]
    python, redis, postgres = (spent / cost.rows * 1e6 for spent in (cost.python, cost.redis, cost.postgres))
    print(f"\nledger, write path, {scenario.name}: {cost.rows} contributions, {CALLERS} callers, {RAIDS} raids")
    print(f"  durable contributions {rate:7.0f}/s   {_at_least(scenario.least_contributions)}")
    print(f"  streak days begun     {days / cost.wall:7.0f}/s")
    print(f"  unlocks               {unlocks / cost.wall:7.0f}/s   {_at_least(scenario.least_unlocks)}")
    print(f"  a caller waits        {_of(waits, 0.5):7.0f} ms  1 in 100 for {_of(waits, 0.99):.0f} ms")
    print(f"  batches               {len(sizes):7}    median {statistics.median(sizes):.0f} rows")
    print(f"  told after the end    {drained:7.2f} s")
    print(f"  processor time        {python:7.0f} us Python, {redis:.0f} us Redis, {postgres:.0f} us Postgres per row")
    print(
        f"  bare INSERT           {cost.rows / gathered:7.0f}/s   by the callers      ratio {cost.wall / gathered:.1f}"
    )
    print(f"                        {cost.rows / alone:7.0f}/s   in those batches    ratio {cost.wall / alone:.1f}")


def _at_least(bound: int) -> str:
    return f"(at least {bound})" if bound else ""


def _of(waits: Sequence[float], part: float) -> float:
    """Milliseconds that so many of the callers waited at most."""
    return waits[min(len(waits) - 1, int(len(waits) * part))] * 1e3
