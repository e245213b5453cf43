"""`raidline import`: a log through the write path of this process, without HTTP and without sessions."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import orjson
from rich.console import Console
from rich.text import Text

from persistence.errors import LedgerAway
from persistence.raids import NewRaid
from raidline.ids import InviteCode, RaidId, UserId
from realtime.cancelling import end_tasks
from realtime.commands import Command, Join, Start
from realtime.errors import RedisAway
from server import reading
from server.bodies import ContributionBody, RaidBody
from server.caller import Caller, User
from server.contributions import prepare
from server.failures import refusal
from server.json_body import validate
from server.outcomes import Refused, Unavailable
from server.problems import Problem
from server.replay.client import Answer
from server.replay.patience import Patience
from server.replay.people import PROVIDER, SCOPES, Person, name_of
from server.replay.plan import make_plan
from server.replay.rows import ReplayError, Row, read_rows
from server.replay.run import PATIENCE_S, Run
from server.replay.way import Fate, NoRaid, Sent, body_of, key_of
from server.rows import raid_json
from server.services import Services, open_services
from server.settings import Settings
from server.worker import run_worker

CONCURRENCY = 512
"""Rows under way at once: what is decided while a batch is recorded makes the next one."""

_PAGE = 100
_REACH_S = 5.0
_TIME_ZONE = "UTC"
_AWAY = (LedgerAway, RedisAway, Unavailable)

T = TypeVar("T")


async def import_log(
    file: Path,
    settings: Settings,
    *,
    concurrency: int = CONCURRENCY,
    patience: float = PATIENCE_S,
    console: Console | None = None,
) -> int:
    """Feed the log in. What `replay` did before is found again, and the other way round; exit codes as there."""
    try:
        plan = make_plan(read_rows(file))
        async with open_services(settings) as services:
            # What a worker does is needed too: without an auditor a raid's log grows until it is full.
            worker = asyncio.create_task(run_worker(services))
            try:
                way = InProcess(services, patience)
                code = await Run(way, plan, concurrency, console or Console()).all()
                await way.finish_jobs()
                return code
            finally:
                await end_tasks([worker])
    except ReplayError as error:
        Console(stderr=True).print(Text(f"raidline import: {error}"), soft_wrap=True)
        return 2


class InProcess:
    def __init__(self, services: Services, patience: float) -> None:
        self._services = services
        self._patience = patience
        self._callers: dict[int, Caller] = {}

    async def reach(self) -> None:
        async def ping() -> None:
            await self._services.ledger.ping()
            if not all((await self._services.redis_answers()).values()):
                raise RedisAway("a ping was not answered")

        await self._answered(ping, min(self._patience, _REACH_S))

    async def sign_in(self, number: int) -> Person:
        name, people = name_of(number), self._services.people
        found = await self._answered(lambda: people.find_or_make_user(PROVIDER, name, name, _TIME_ZONE))
        self._callers[found.id] = Caller(User(found.id, found.name, found.tz), frozenset(SCOPES))
        return Person(found.id, found.name)

    async def page(self, person: Person, cursor: str | None) -> Mapping[str, Any]:
        raids, user_id = self._services.raids, UserId(person.user_id)
        page = await self._answered(lambda: raids.list_raids(user_id, None, True, cursor, _PAGE))
        return {"raids": [raid_json(row) for row in page.raids], "nextCursor": page.next_cursor}

    async def snapshot(self, raid_id: int, person: Person) -> Mapping[str, Any]:
        raid, viewer = RaidId(raid_id), UserId(person.user_id)
        found = await self._answered(lambda: reading.snapshot_json(self._services, raid, viewer))
        snapshot: Mapping[str, Any] = orjson.loads(found)
        return snapshot

    async def make_raid(self, leader: Person, fields: Mapping[str, Any]) -> Mapping[str, Any] | NoRaid | None:
        try:
            body = validate(RaidBody, fields)
        except Problem as problem:
            return NoRaid(_told(problem))
        new = NewRaid(leader_id=UserId(leader.user_id), leader_name=leader.name, **body.model_dump())
        try:
            raid_id = await self._services.raids.create_raid(new)
        except LedgerAway as error:
            await Patience("the ledger", self._patience).wait(str(error), asked=1.0)
            return None
        return await self.snapshot(raid_id, leader)

    async def join(self, raid_id: int, invite_code: str, person: Person) -> None:
        user_id, code = UserId(person.user_id), InviteCode(invite_code)
        await self._carry_out(Join(raid_id=RaidId(raid_id), user_id=user_id, username=person.name, invite_code=code))

    async def start(self, raid_id: int, leader: Person) -> None:
        await self._carry_out(Start(raid_id=RaidId(raid_id), actor_id=UserId(leader.user_id)))

    async def send(self, raid_id: int, person: Person, row: Row) -> Sent:
        caller, body = self._callers[person.user_id], validate(ContributionBody, body_of(row))
        try:
            command = await prepare(self._services, caller, RaidId(raid_id), key_of(row), body)
            outcome = await self._answered(lambda: self._services.write_path.submit(command))
        except ReplayError:
            raise
        except Exception as fault:
            # What would be a 500: it is this row that is told of, and the others go on.
            return Sent(Fate.FAILED, reason=f"{type(fault).__name__}: {fault}")
        if isinstance(outcome, Refused):
            return Sent(Fate.REFUSED, reason=_told(refusal(outcome.code)))
        return Sent(Fate.REPEATED if outcome.replayed else Fate.ACCEPTED, outcome.durable)

    async def finish_jobs(self) -> None:
        """What the rows led to and is done in pages, such as counting a completed raid for its members."""
        await self._answered(self._services.job_runner.work_all)

    async def _carry_out(self, command: Command) -> None:
        await self._answered(lambda: self._services.write_path.submit(command))

    async def _answered(self, ask: Callable[[], Awaitable[T]], patience: float | None = None) -> T:
        """Ask until the services answer. All that is asked here may be asked again: it finds what it did."""
        waiting = Patience("the services", patience or self._patience)
        while True:
            try:
                return await ask()
            except _AWAY as error:
                asked = float(error.retry_after) if isinstance(error, Unavailable) else 0.0
                why = error.reason if isinstance(error, Unavailable) else f"{type(error).__name__}: {error}"
            await waiting.wait(why, asked)


def _told(problem: Problem) -> str:
    """In the words a replay would have got for it."""
    return Answer(problem.status, problem.as_json("")).problem
