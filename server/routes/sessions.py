"""Sessions: for guests, for whomever the admin names, and their end."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.errors import BadData
from realtime.times import rfc3339
from server.bodies import AdminSessionBody, GuestBody
from server.caller import ADMIN, User
from server.context import services_of
from server.identity import COOKIE, caller_of
from server.json_body import read_model
from server.problems import Problem
from server.routes.answers import json_answer
from server.sessions import LIFETIME
from server.times import milliseconds

GUEST = "guest"


async def make_guest_session(request: Request) -> Response:
    if not services_of(request).settings.guests:
        raise Problem("not_found")
    body = await read_model(request, GuestBody)
    return await _session_answer(request, (GUEST, str(uuid.uuid4())), body.name, body.tz, ())


async def make_admin_session(request: Request) -> Response:
    (await caller_of(request)).require_scope(ADMIN)
    body = await read_model(request, AdminSessionBody)
    return await _session_answer(request, (body.provider, body.subject), body.name, body.tz, body.scopes)


async def _session_answer(
    request: Request, identity: tuple[str, str], name: str, tz: str, scopes: Collection[str]
) -> Response:
    services = services_of(request)
    found = await services.people.find_or_make_user(*identity, name, tz)
    try:
        session = await services.sessions.make(User(found.id, found.name, found.tz), scopes)
    except BadData:  # they went away in between, and their identity is free again
        found = await services.people.find_or_make_user(*identity, name, tz)
        session = await services.sessions.make(User(found.id, found.name, found.tz), scopes)
    answer = json_answer(
        {
            "token": session.token,
            "expiresAt": rfc3339(milliseconds(session.expires_at)),
            "user": {"id": found.id, "name": found.name, "tz": found.tz},
        },
        201,
        {"Cache-Control": "no-store"},
    )
    set_cookie(answer, request, session.token, int(LIFETIME.total_seconds()))
    return answer


async def end_session(request: Request) -> Response:
    caller = await caller_of(request)
    services = services_of(request)
    if caller.token_hash is None:
        raise Problem("user_required", "The admin token is no session and cannot be ended here.")
    await services.notifier.send(await services.sessions.end(caller.token_hash))
    answer = Response(status_code=204)
    set_cookie(answer, request, "", 0)
    return answer


def set_cookie(answer: Response, request: Request, value: str, max_age: int) -> None:
    answer.set_cookie(
        COOKIE, value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=_is_https(request)
    )


def _is_https(request: Request) -> bool:
    """Also behind a proxy that ends TLS. Whoever claims it falsely only hides its own cookie from itself."""
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return request.url.scheme == "https" or forwarded == "https"


routes = [
    Route("/api/v1/sessions/guest", make_guest_session, methods=["POST"]),
    Route("/api/v1/admin/sessions", make_admin_session, methods=["POST"]),
    Route("/api/v1/sessions/current", end_session, methods=["DELETE"]),
]
