"""Whether the process lives, and whether it should be sent requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.errors import LedgerAway
from server.context import services_of
from server.problems import FieldError, Problem
from server.routes.answers import json_answer

if TYPE_CHECKING:
    from server.services import Services

CHECK_TIMEOUT_S = 1.0
REDIS_PATIENCE_S = 10.0
"""Without Redis for longer than this, requests are better sent elsewhere; a blip is no reason to."""


class Readiness:
    """What is remembered between looks: since when Redis is away, and that migrations were done."""

    def __init__(self) -> None:
        self.draining = False
        self._redis_away_since: float | None = None
        self._migrated = False

    async def look(self, services: Services) -> tuple[list[FieldError], list[str]]:
        """What forbids sending requests here, and what is merely missing."""
        redis, ledger = await asyncio.gather(services.redis_answers(), answers(self._check_ledger(services)))
        failing = [FieldError("process", "is shutting down")] if self.draining else []
        if ledger and not self._migrated:
            failing.append(FieldError("postgres", "lacks migrations: run `raidline migrate`"))
        away = [name for name, answered in redis.items() if not answered]
        # One shard of several is no reason: the raids on the others go on here as they would elsewhere.
        if len(away) < len(redis):
            self._redis_away_since = None
        elif self._without_redis_for() > REDIS_PATIENCE_S:
            failing.append(FieldError("redis", f"does not answer for more than {REDIS_PATIENCE_S:g} s"))
        return failing, ([] if ledger else ["postgres"]) + away

    def _without_redis_for(self) -> float:
        now = time.monotonic()
        if self._redis_away_since is None:
            self._redis_away_since = now
        return now - self._redis_away_since

    async def _check_ledger(self, services: Services) -> None:
        self._migrated = not await services.pending_migrations()


async def answers(check: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check
    except (LedgerAway, TimeoutError):
        return False
    return True


async def healthz(request: Request) -> Response:
    return json_answer({"status": "ok"})


async def readyz(request: Request) -> Response:
    readiness: Readiness = request.app.state.readiness
    failing, degraded = await readiness.look(services_of(request))
    if failing:
        detail = "; ".join(f"{one.field} {one.message}" for one in failing)
        raise Problem("not_ready", detail, errors=failing, headers={"Retry-After": "5"})
    return json_answer({"status": "ok", "degraded": degraded} if degraded else {"status": "ok"})


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
]
