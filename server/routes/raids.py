"""Raids: made, listed, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.raids import NewRaid
from raidline.ids import RaidId
from realtime.commands import Cancel, Start, Update
from realtime.raids import View
from server import queries, reading
from server.bodies import HYDRATE_MAX, HydrateBody, RaidBody, RaidPatch
from server.caller import Caller
from server.context import services_of
from server.identity import caller_of
from server.json_body import read_model
from server.problems import invalid_field
from server.routes.answers import carried_out, json_answer, raid_of, raw_json
from server.rows import raid_json

if TYPE_CHECKING:
    from server.services import Services

STATUSES = ("recruiting", "active", "completed", "failed", "cancelled")


async def create_raid(request: Request) -> Response:
    leader = (await caller_of(request)).require_user()
    body = await read_model(request, RaidBody)
    services = services_of(request)
    new_raid = NewRaid(leader_id=leader.id, leader_name=leader.name, **body.model_dump())
    raid_id = await services.raids.create_raid(new_raid)
    snapshot = await reading.snapshot_json(services, raid_id, leader.id)
    return raw_json(snapshot, 201, {"Location": f"/api/v1/raids/{raid_id}"})


async def list_raids(request: Request) -> Response:
    """Read from the ledger, newest first: what the caller is in, and what is public."""
    caller = await caller_of(request)
    return await raid_page(request, caller, mine=queries.flag(request, "mine"))


async def raid_page(request: Request, caller: Caller, *, mine: bool) -> Response:
    with queries.cursor_refused():
        page = await services_of(request).raids.list_raids(
            caller.viewer,
            status=queries.one_of(request, "status", STATUSES),
            mine=mine,
            cursor=queries.text(request, "cursor"),
            limit=queries.limit(request),
        )
    return json_answer({"raids": [raid_json(row) for row in page.raids], "nextCursor": page.next_cursor})


async def hydrate_raids(request: Request) -> Response:
    caller = await caller_of(request)
    body = await read_model(request, HydrateBody)
    raid_ids = [RaidId(one) for one in dict.fromkeys(body.ids)]
    if len(raid_ids) > HYDRATE_MAX:
        raise invalid_field("ids", f"has to name at most {HYDRATE_MAX} raids")
    services = services_of(request)
    seen = await reading.views(services, raid_ids, caller.viewer)
    return json_answer({"raids": {str(raid_id): _shown(services, raid_id, seen[raid_id]) for raid_id in raid_ids}})


def _shown(services: Services, raid_id: RaidId, seen: View | None) -> dict[str, object] | None:
    if seen is None or seen.snapshot is None:
        return None
    return seen.snapshot.to_dict(online=reading.everybody_online(services, seen.snapshot), for_member=seen.is_member)


async def get_raid(request: Request) -> Response:
    """The snapshot. Its ETag is the cursor, so it does not cover presence."""
    caller, raid_id, services = await caller_of(request), raid_of(request), services_of(request)
    known = request.headers.get("if-none-match", "")
    seen = await reading.view(services, raid_id, caller.viewer, known=_single_cursor(known))
    headers = {"ETag": f'"{seen.cursor}"', "Cache-Control": "private", "Vary": "Authorization, Cookie"}
    if seen.outcome == "unchanged" or _matches(known, str(seen.cursor)):
        return Response(status_code=304, headers=headers)
    return raw_json(reading.render(services, raid_id, seen, for_member=seen.is_member), headers=headers)


def _cursors(if_none_match: str) -> list[str]:
    return [tag.strip().removeprefix("W/").strip('"') for tag in if_none_match.split(",")]


def _single_cursor(if_none_match: str) -> str:
    """The one cursor the caller has, which lets Redis keep the rest of the raid to itself."""
    cursors = _cursors(if_none_match)
    return cursors[0] if len(cursors) == 1 else ""


def _matches(if_none_match: str, cursor: str) -> bool:
    return if_none_match.strip() == "*" or cursor in _cursors(if_none_match)


async def patch_raid(request: Request) -> Response:
    caller = await caller_of(request)
    leader = caller.require_user()
    body = await read_model(request, RaidPatch)
    command = Update(raid_id=raid_of(request), actor_id=leader.id, changes=body.changes)
    return await carried_out(request, caller, command)


async def start_raid(request: Request) -> Response:
    caller = await caller_of(request)
    command = Start(raid_id=raid_of(request), actor_id=caller.require_user().id)
    return await carried_out(request, caller, command)


async def cancel_raid(request: Request) -> Response:
    caller = await caller_of(request)
    command = Cancel(raid_id=raid_of(request), actor_id=caller.require_user().id)
    return await carried_out(request, caller, command)


routes = [
    Route("/api/v1/raids", create_raid, methods=["POST"]),
    Route("/api/v1/raids", list_raids, methods=["GET"]),
    Route("/api/v1/raids/hydrate", hydrate_raids, methods=["POST"]),
    Route("/api/v1/raids/{raid_id:id}", get_raid, methods=["GET"]),
    Route("/api/v1/raids/{raid_id:id}", patch_raid, methods=["PATCH"]),
    Route("/api/v1/raids/{raid_id:id}/start", start_raid, methods=["POST"]),
    Route("/api/v1/raids/{raid_id:id}/cancel", cancel_raid, methods=["POST"]),
]
