"""Achievements as an operator sees them: given again to all who are due, and how they go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.analytics import analytics
from persistence.recomputing import make_recompute
from raidline.ids import AchievementId, JobId
from server import queries
from server.caller import ADMIN
from server.context import services_of
from server.identity import caller_of
from server.problems import Problem, invalid_field
from server.routes.answers import json_answer, raw_json

DAYS_DEFAULT = 30
DAYS_MAX = 366


async def recompute(request: Request) -> Response:
    (await caller_of(request)).require_scope(ADMIN)
    achievement_id, services = AchievementId(request.path_params["achievement_id"]), services_of(request)
    job = await make_recompute(
        services.pool,
        achievement_id,
        dry_run=queries.flag(request, "dryRun"),
        announce=queries.flag(request, "announce"),
    )
    if job is None:
        known = await services.definitions.find(achievement_id, None)
        raise Problem("no_metric" if known else "unknown_achievement")
    return json_answer(job.shown(), 202, {"Location": f"/api/v1/admin/jobs/{job.id}"})


async def get_job(request: Request) -> Response:
    (await caller_of(request)).require_scope(ADMIN)
    job = await services_of(request).jobs.find(JobId(request.path_params["job_id"]))
    if job is None:
        raise Problem("not_found")
    return json_answer(job.shown())


async def get_analytics(request: Request) -> Response:
    (await caller_of(request)).require_scope(ADMIN)
    last = day_of(request, "to") or datetime.now(UTC).date()
    first = day_of(request, "from") or last - timedelta(days=DAYS_DEFAULT - 1)
    if not first <= last < first + timedelta(days=DAYS_MAX):
        raise invalid_field("from", f"has to lie at most {DAYS_MAX} days before to, and not behind it")
    return raw_json(await analytics(services_of(request).pool, first, last))


def day_of(request: Request, name: str) -> date | None:
    given = queries.text(request, name)
    if given is None:
        return None
    try:
        day = date.fromisoformat(given) if len(given) == len("2026-11-21") else None
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 9000:
        raise invalid_field(name, "has to be a day, such as 2026-11-21")
    return day


routes = [
    Route("/api/v1/admin/achievements/{achievement_id:id}/recompute", recompute, methods=["POST"]),
    Route("/api/v1/admin/achievements/analytics", get_analytics, methods=["GET"]),
    Route("/api/v1/admin/jobs/{job_id:id}", get_job, methods=["GET"]),
]
