"""Tickets for those who cannot send a header with what they open: EventSource and WebSocket of other origins."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raidline.ids import RaidId
from realtime.times import rfc3339
from server.bodies import TicketBody
from server.context import services_of
from server.identity import caller_of
from server.json_body import read_optional
from server.routes.answers import json_answer


async def issue_ticket(request: Request) -> Response:
    caller = await caller_of(request)
    body = await read_optional(request, TicketBody)
    raid_id = None if body.raid_id is None else RaidId(body.raid_id)
    ticket = await services_of(request).tickets.issue(caller, raid_id)
    content = {"ticket": ticket.text, "expiresAt": rfc3339(ticket.expires_ms)}
    return json_answer(content, 201, {"Cache-Control": "no-store"})


routes = [Route("/api/v1/stream-tickets", issue_ticket, methods=["POST"])]
