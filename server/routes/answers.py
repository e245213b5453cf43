"""What the routes have in common: JSON out, and a command's way to the raid's snapshot."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from raidline.ids import RaidId
from realtime.commands import Command
from server import reading
from server.caller import ADMIN, Caller
from server.context import services_of
from server.failures import refusal
from server.outcomes import Refused
from server.ready_made import etag_of, matches

JSON: Final = "application/json"


def json_answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return raw_json(orjson.dumps(content), status, headers)


def raw_json(content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(content, status, headers=headers, media_type=JSON)


def own_json(request: Request, content: Any) -> Response:
    """What is the caller's alone: kept by nobody else, and 304 for who reads it and has it as it is."""
    body = orjson.dumps(content)
    headers = {"ETag": etag_of(body), "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    if_none_match = request.headers.get("if-none-match")
    reads = request.method in ("GET", "HEAD")
    if reads and if_none_match is not None and matches(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return raw_json(body, headers=headers)


def raid_of(request: Request) -> RaidId:
    return RaidId(request.path_params["raid_id"])


async def carry_out(request: Request, command: Command) -> int:
    """Submit it. Returns 200, or 202 while the ledger does not hold it. Raises Problem when the rules refuse it."""
    outcome = await services_of(request).write_path.submit(command)
    if isinstance(outcome, Refused):
        raise refusal(outcome.code)
    return 200 if outcome.durable else 202


async def carried_out(request: Request, caller: Caller, command: Command) -> Response:
    """Submit it, and answer with the raid as it stands after it."""
    status = await carry_out(request, command)
    services = services_of(request)
    by_operator = ADMIN in caller.scopes
    snapshot = await reading.snapshot_json(services, command.raid_id, caller.viewer, by_operator=by_operator)
    return raw_json(snapshot, status)
