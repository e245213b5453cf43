"""What the server is, on one page: its routes, what every request goes through, what lives as long as it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from server.context import REQUEST_ID
from server.failures import EXPECTED
from server.middleware import RequestFrame
from server.problems import Problem
from server.routes import (
    achievement_admin,
    achievements,
    checkins,
    contributions,
    events,
    health,
    leaderboards,
    me,
    membership,
    own_achievements,
    raids,
    sessions,
    sockets,
    stats,
    streaks,
    stream_tickets,
    streams,
    web,
)
from server.routes.direct import Ahead
from server.routes.health import Readiness
from server.services import Services, open_services
from server.settings import Settings
from server.times import is_time_zone


def create_app(settings: Settings, *, services: Services | None = None) -> Starlette:
    """The ASGI application. `app.state.drain()` sends the streams elsewhere before a shutdown."""
    app = Starlette(
        routes=all_routes(),
        middleware=[
            Middleware(RequestFrame),
            *cross_origin(settings.allowed_origins),
            Middleware(Ahead, route=contributions.POSTED),
        ],
        exception_handlers=dict(EXPECTED),
        lifespan=lambda app: lifespan(app, settings, services),
    )
    app.router.redirect_slashes = False
    app.router.default = nothing_there
    app.state.readiness = Readiness()
    app.state.drain = lambda: drain(app)
    return app


def all_routes() -> Sequence[BaseRoute]:
    # The busiest first: Starlette tries one after the other. Contributions that are posted it never sees (`Ahead`).
    return [
        *contributions.routes,
        *raids.routes,
        *streams.routes,
        *sockets.routes,
        *stream_tickets.routes,
        *membership.routes,
        *events.routes,
        *me.routes,
        *checkins.routes,
        *streaks.routes,
        *stats.routes,
        *own_achievements.routes,
        *achievements.routes,
        *achievement_admin.routes,
        *leaderboards.routes,
        *sessions.routes,
        *health.routes,
        *web.routes,
    ]


async def nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    """A path that no route has, also for a WebSocket, which is answered before it is one."""
    page = web.lost(Request(scope)) if scope["type"] == "http" else None
    answer = page or Problem("not_found").to_response(scope.get(REQUEST_ID, ""))
    await answer(scope, receive, send)


@asynccontextmanager
async def lifespan(app: Starlette, settings: Settings, given: Services | None) -> AsyncIterator[None]:
    opening: AbstractAsyncContextManager[Services] = nullcontext(given) if given else open_services(settings)
    is_time_zone("UTC")  # reads the names of all zones once, before anybody waits for it
    web.PAGE.look()  # likewise
    async with opening as services:
        app.state.services = services
        yield


def drain(app: Starlette) -> None:
    app.state.readiness.draining = True
    services: Services | None = getattr(app.state, "services", None)
    if services is not None:  # else a signal came before there was anything to drain
        services.hub.drain()


def cross_origin(allowed: Sequence[str]) -> list[Middleware]:
    """For pages of other origins that carry a bearer token; cookies are for our own page alone."""
    if not allowed:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(allowed),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "Last-Event-ID",
                "X-Request-Id",
            ],
            expose_headers=[
                "ETag",
                "Idempotency-Key",
                "Idempotent-Replayed",
                "Location",
                "Retry-After",
                "X-Request-Id",
            ],
            max_age=600,
        )
    ]
