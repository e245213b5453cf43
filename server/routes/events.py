"""The log, for those who poll."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from realtime.cursor import Cursor
from realtime.entries import Entry
from server import queries, reading
from server.context import services_of
from server.identity import caller_of
from server.routes.answers import json_answer, raid_of

EVENTS_DEFAULT = 100
EVENTS_MAX = 1000


async def poll_events(request: Request) -> Response:
    """What follows the cursor, and whether anything is missing before it, in the words of `hello`.

    full: `events` follow in order. none: a first visit, begin at `head` after reading the snapshot. reset:
    the cursor cannot be served; read the snapshot and go on from its cursor. A bad cursor is no error.
    """
    caller, raid_id, services = await caller_of(request), raid_of(request), services_of(request)
    after, limit = (
        queries.text(request, "after"),
        queries.limit(request, default=EVENTS_DEFAULT, most=EVENTS_MAX),
    )
    cursor = Cursor.parse(after) if after else None
    page = await reading.log_page(services, raid_id, caller.viewer, cursor, limit)
    recovered = "none" if after is None else "full" if page.outcome == "ok" else "reset"
    events = [_shown(entry) for entry in page.entries] if recovered == "full" else []
    return json_answer({"events": events, "head": str(page.head), "recovered": recovered})


def _shown(entry: Entry) -> dict[str, object]:
    return {"id": str(entry.cursor), "event": entry.event, "data": orjson.Fragment(entry.data)}


routes = [Route("/api/v1/raids/{raid_id:id}/events", poll_events, methods=["GET"])]
