"""Whoever is calling: what they are called, how far they have come, and the way out."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from server.caller import User
from server.context import services_of
from server.exporting import opened_export
from server.forgetter import forget
from server.identity import caller_of
from server.json_body import read_model
from server.me_bodies import MePatch
from server.own_snapshot import own_progress
from server.profile import change_profile
from server.routes.answers import JSON, own_json
from server.routes.raids import raid_page
from server.routes.sessions import set_cookie


async def get_me(request: Request) -> Response:
    user = (await caller_of(request)).require_user()
    return own_json(request, await _me(request, user))


async def _me(request: Request, user: User) -> dict[str, Any]:
    services = services_of(request)
    return await own_progress(services.profiles, services.streak_pages, user.id)


async def patch_me(request: Request) -> Response:
    user = (await caller_of(request)).require_user()
    body = await read_model(request, MePatch)
    await change_profile(services_of(request), user.id, body.name or None, body.tz or None)
    return own_json(request, await _me(request, user))


async def list_my_raids(request: Request) -> Response:
    caller = await caller_of(request)
    caller.require_user()
    return await raid_page(request, caller, mine=True)


async def export_me(request: Request) -> Response:
    """Everything about them, as long as it takes and in little memory."""
    user = (await caller_of(request)).require_user()
    content = await opened_export(services_of(request).pool, user.id)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="raidline-export.json"'}
    return StreamingResponse(content, headers=headers, media_type=JSON)


async def delete_me(request: Request) -> Response:
    user = (await caller_of(request)).require_user()
    await forget(services_of(request), user.id)
    answer = Response(status_code=204)
    set_cookie(answer, request, "", 0)
    return answer


routes = [
    Route("/api/v1/me", get_me, methods=["GET"]),
    Route("/api/v1/me", patch_me, methods=["PATCH"]),
    Route("/api/v1/me", delete_me, methods=["DELETE"]),
    Route("/api/v1/me/raids", list_my_raids, methods=["GET"]),
    Route("/api/v1/me/export", export_me, methods=["GET"]),
]
