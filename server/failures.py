"""Which problem the caller sees when something below the routes raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response
from starlette.routing import Match

from persistence.errors import LedgerAway, RaidUnknown, ZoneUnknown
from realtime.errors import RedisAway
from server.context import request_id_of
from server.outcomes import Unavailable
from server.problems import FieldError, Problem, invalid_field, unavailable

_REASONS = {
    "redis_away": "The raids cannot be reached at the moment.",
    "ledger_away": "The ledger cannot be reached at the moment.",
    "ledger_behind": "The ledger has to catch up with this raid first.",
    "overloaded": "Too much is waiting at the moment.",
    "raid_in_doubt": "The raid is being put in order.",
}
"""What `Unavailable` says, for people."""

_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


def problem_of(failure: Exception) -> Problem:
    """The problem to answer with. Raises what is none of the failures that are to be expected."""
    match failure:
        case Problem():
            return failure
        case RaidUnknown():
            return Problem("not_found")
        case ZoneUnknown():
            return invalid_field("tz", "is not known here")
        case RedisAway():
            return unavailable(_REASONS["redis_away"])
        case LedgerAway():
            return unavailable(_REASONS["ledger_away"])
        case Unavailable():
            return unavailable(_REASONS.get(failure.reason), failure.retry_after)
        case HTTPException() if failure.status_code < 500:
            code = _HTTP_CODES.get(failure.status_code, "bad_request")
            return Problem(code, headers=failure.headers)
    raise failure


async def answer_failure(connection: HTTPConnection, failure: Exception) -> Response:
    problem = problem_of(failure)
    if problem.code == "method_not_allowed":
        problem.headers["Allow"] = ", ".join(sorted(_methods_at(connection)))
    return problem.to_response(request_id_of(connection))


def _methods_at(connection: HTTPConnection) -> set[str]:
    """What may be done at this path, by whichever route: Starlette tells only of the first."""
    here = [route for route in connection.app.routes if route.matches(connection.scope)[0] is not Match.NONE]
    return {method for route in here for method in getattr(route, "methods", None) or ()}


async def answer_nobody(connection: HTTPConnection, failure: Exception) -> Response:
    # The caller went away in the middle of its own request; the server only needs something to write.
    return Response(status_code=400)


EXPECTED: Mapping[Any, Any] = {
    Problem: answer_failure,
    RaidUnknown: answer_failure,
    ZoneUnknown: answer_failure,
    RedisAway: answer_failure,
    LedgerAway: answer_failure,
    Unavailable: answer_failure,
    HTTPException: answer_failure,
    ClientDisconnect: answer_nobody,
}
"""What Starlette is to answer by itself; everything else is a fault of ours (`server.middleware`)."""


_FIELDS = {"occurred_at_out_of_range": "occurredAt", "xp_above_cap": "xp", "daily_cap_reached": "xp"}
"""What a refusal is about, where it is about something that was given."""


def refusal(code: str, *, trusted: bool = False) -> Problem:
    """What a raid's rules refused. That one is no member is told only to the trusted (a backend that posts
    for others): to everybody else the raid must look like one that does not exist."""
    if code == "not_member" and not trusted:
        return Problem("not_found")
    problem = Problem(code)
    if field := _FIELDS.get(code):
        problem.errors = (FieldError(field, problem.title),)
    return problem
