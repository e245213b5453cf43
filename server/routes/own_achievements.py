"""The caller's achievements, ready-made: what they have, and what they are nearest to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.achievements import nearest, overview
from realtime.ready_made import achievement_progress_page, achievements_page
from server import queries
from server.context import services_of
from server.identity import caller_of

NEXT_DEFAULT = 10


async def own_achievements(request: Request) -> Response:
    """Everything there is to unlock and when the caller did. Changes show as soon as they are announced."""
    user, services = (await caller_of(request)).require_user(), services_of(request)
    page = achievements_page(user.id)
    return await services.ready_made.answer(request, page, lambda: overview(services.pool, user.id))


async def next_achievements(request: Request) -> Response:
    user, services = (await caller_of(request)).require_user(), services_of(request)
    limit = queries.limit(request, default=NEXT_DEFAULT)
    page = achievement_progress_page(user.id, str(limit))
    return await services.ready_made.answer(request, page, lambda: nearest(services.pool, user.id, limit))


routes = [
    Route("/api/v1/me/achievements", own_achievements, methods=["GET"]),
    Route("/api/v1/me/achievements/next", next_achievements, methods=["GET"]),
]
