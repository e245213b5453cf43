"""Leaderboards: of a day, of a week, of a raid."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raidline.boards import Board, Period, of_raid, parse_day, parse_week
from raidline.ids import UserId
from realtime.boards import Around, BoardPage, Place, Row
from realtime.glances import glance
from server import queries, reading
from server.caller import Caller
from server.context import services_of
from server.identity import caller_of
from server.problems import Problem, invalid_field
from server.ready_made import matches
from server.routes.answers import json_answer, raid_of


async def daily_board(request: Request) -> Response:
    caller = await caller_of(request)
    return await _answer(request, caller, _asked_for(parse_day(request.path_params["day"])))


async def weekly_board(request: Request) -> Response:
    caller = await caller_of(request)
    return await _answer(request, caller, _asked_for(parse_week(request.path_params["week"])))


async def raid_board(request: Request) -> Response:
    """Whoever may see the raid may see its board, which is final when the raid has ended."""
    caller, raid_id, services = await caller_of(request), raid_of(request), services_of(request)
    seen = await reading.healed(services, raid_id, lambda: glance(services.scripted, raid_id, caller.viewer))
    if seen.outcome == "not_found":
        raise Problem("not_found")
    return await _answer(request, caller, of_raid(raid_id), ended=seen.ended)


def _asked_for(period: Period | None) -> Period:
    if period is None:
        raise Problem("not_found")
    return period


async def _answer(request: Request, caller: Caller, board: Board, *, ended: bool = False) -> Response:
    place, limit = _place(request, caller), queries.limit(request)
    page = await services_of(request).leaderboards.page(board, caller.viewer, place, limit)
    final = page.final or ended
    etag = _etag(page, caller.viewer, final)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    if matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return json_answer(_shown(board, page, final), headers=headers)


def _place(request: Request, caller: Caller) -> Place | Around | None:
    around, cursor = queries.one_of(request, "around", ("me",)), queries.text(request, "cursor")
    if around and cursor:
        raise invalid_field("cursor", "cannot be given with around")
    if around:
        caller.require_user()
        return "me"
    with queries.cursor_refused():
        return Place.parse(cursor) if cursor else None


def _etag(page: BoardPage, viewer: UserId | None, final: bool) -> str:
    """Of the board as it stands, for this caller; the address says the rest."""
    return f'"{page.edition}-{viewer or 0}{"-final" if final else ""}"'


def _shown(board: Board, page: BoardPage, final: bool) -> dict[str, object]:
    return {
        "board": board.name,
        "entries": [_row(row) for row in page.rows],
        "me": _row(page.me) if page.me else None,
        "rankMethod": "competition",
        "final": final,
        "nextCursor": str(page.following) if page.following else None,
    }


def _row(row: Row) -> dict[str, object]:
    return {"rank": row.rank, "userId": row.user_id, "username": row.name, "xp": row.xp, "tied": row.tied}


routes = [
    Route("/api/v1/leaderboards/daily/{day}", daily_board, methods=["GET"]),
    Route("/api/v1/leaderboards/weekly/{week}", weekly_board, methods=["GET"]),
    Route("/api/v1/leaderboards/raids/{raid_id:id}", raid_board, methods=["GET"]),
]
