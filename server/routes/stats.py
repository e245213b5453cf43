"""What a person did, day by day: from the aggregates, never from the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.profiles import StatsDay
from raidline.ids import UserId
from realtime.ready_made import stats_page
from server import queries
from server.context import services_of
from server.identity import caller_of
from server.routes.answers import own_json
from server.services import Services
from server.times import today_in

DAYS_DEFAULT = 30


async def get_stats(request: Request) -> Response:
    """The days that everybody asks for are kept ready-made; any others are read each time."""
    user, services = (await caller_of(request)).require_user(), services_of(request)
    first, last = queries.days(request, date.fromisoformat(today_in(user.tz)), default=DAYS_DEFAULT)
    if queries.text(request, "from") or queries.text(request, "to"):
        return own_json(request, await stats_json(services, user.id, first, last))

    async def build() -> bytes:
        return orjson.dumps(await stats_json(services, user.id, first, last))

    return await services.ready_made.answer(request, stats_page(user.id, last.isoformat()), build)


async def stats_json(services: Services, user_id: UserId, first: date, last: date) -> dict[str, object]:
    days = await services.profiles.stats(user_id, first, last)
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "totals": _totals(days),
        "days": [_day_json(one) for one in days],
    }


def _totals(days: Sequence[StatsDay]) -> dict[str, int]:
    return {
        "xp": sum(one.xp for one in days),
        "tasks": sum(one.tasks for one in days),
        "checkIns": sum(one.checkins for one in days),
        "activeDays": sum(one.tasks > 0 or one.checkins > 0 for one in days),
    }


def _day_json(one: StatsDay) -> dict[str, object]:
    return {"day": one.day.isoformat(), "xp": one.xp, "tasks": one.tasks, "checkedIn": one.checkins > 0}


routes = [Route("/api/v1/me/stats", get_stats, methods=["GET"])]
