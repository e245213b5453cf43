"""Every error of the HTTP face, as RFC 9457 `application/problem+json`.

    Problem                one code of PROBLEMS: what the caller gets to see
      invalid(...)         422 `validation_failed`, naming the fields at fault
      unavailable(...)     503 with Retry-After: not known to have happened, send it again

A code is for programs and never changes; a detail is for people and may. Neither repeats what the
caller sent: an error must not carry anybody's words or secrets into a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"
DEFAULT_RETRY_AFTER = 1

PROBLEMS: Mapping[str, tuple[int, str]] = {
    # The request as such
    "invalid_json": (400, "The body is not valid JSON"),
    "duplicate_field": (400, "A field is given twice"),
    "bad_header": (400, "A header is malformed"),
    "bad_request": (400, "The request is malformed"),
    "validation_failed": (422, "Some fields are not acceptable"),
    "headers_too_large": (431, "The headers are too large"),
    "body_too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body has to be application/json"),
    "method_not_allowed": (405, "This method is not allowed here"),
    # Who is calling
    "unauthenticated": (401, "A valid session is needed"),
    "bad_origin": (403, "Writes by cookie have to come from the same origin"),
    "user_required": (403, "This needs a user, and the caller is none"),
    "insufficient_scope": (403, "The session lacks the scope for this"),
    # Things that are not there, for this caller
    "not_found": (404, "There is no such thing"),
    "not_member": (404, "This user is not a member of the raid"),
    "unknown_member": (404, "This user is not a member of the raid"),
    "unknown_user": (404, "There is no such user"),
    "unknown_achievement": (404, "There is no such achievement"),
    "unknown_contribution": (404, "There is no such contribution in this raid"),
    "unknown_invite_code": (404, "No raid can be joined with this code"),
    # What the raid's rules refuse
    "raid_not_active": (409, "The raid has not started"),
    "raid_ended": (409, "The raid has ended"),
    "deadline_passed": (409, "The raid's deadline has passed"),
    "raid_full": (409, "The raid is full"),
    "raid_not_recruiting": (409, "The raid takes no new members now"),
    "not_leader": (403, "Only the raid's leader may do this"),
    "not_allowed": (403, "Only its author or the raid's leader may do this"),
    "void_window_closed": (403, "One's own contribution can be voided for 15 minutes"),
    "leader_cannot_be_removed": (422, "The leader cannot be removed; hand over the lead first"),
    "xp_above_cap": (422, "The XP is above the raid's cap for one contribution"),
    "daily_cap_reached": (422, "The raid's cap for one member and day is reached"),
    "occurred_at_out_of_range": (422, "The time is too long ago or in the future"),
    "idempotency_key_reused": (422, "This key belongs to a contribution with another body"),
    "total_limit_reached": (422, "The raid's total would pass its limit"),
    "contribution_limit_reached": (422, "The raid has as many contributions as it can hold"),
    # What the rules of achievements refuse
    "unlocked_by_metric": (403, "An achievement with a metric is unlocked by what its owner does"),
    "no_metric": (422, "The achievement has no metric to be recomputed from"),
    # What the rules of streaks refuse
    "no_streak": (409, "There is no streak to be kept"),
    "no_freeze": (409, "No freeze is held"),
    "already_active": (409, "The day counts already"),
    "already_kept": (409, "The day is kept already"),
    "nothing_to_repair": (409, "No day can be repaired"),
    "repaired_lately": (409, "A day can be repaired once in 7 days"),
    "pause_in_past": (422, "A pause cannot begin in the past"),
    "pause_backwards": (422, "A pause cannot end before it begins"),
    "pause_too_long": (422, "A pause can reach at most 90 days ahead"),
    # The server's own state
    "internal_error": (500, "Something went wrong here"),
    "unavailable": (503, "Not possible at the moment, try again"),
    "not_ready": (503, "This server is not ready"),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str
    message: str


class Problem(Exception):
    """An answer that ends the request. `code` is one of PROBLEMS and decides the status."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status, self.title = PROBLEMS[code]
        self.detail = detail or self.title + "."
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def as_json(self, request_id: str) -> dict[str, object]:
        content: dict[str, object] = {
            "type": f"urn:raidline:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "requestId": request_id,
        }
        if self.errors:
            content["errors"] = [{"field": error.field, "message": error.message} for error in self.errors]
        return content

    def to_response(self, request_id: str) -> Response:
        content = orjson.dumps(self.as_json(request_id))
        return Response(content, self.status, headers=self.headers, media_type=PROBLEM_JSON)


def invalid(*errors: FieldError) -> Problem:
    names = ", ".join(dict.fromkeys(error.field for error in errors))
    return Problem("validation_failed", f"Not acceptable: {names}.", errors=errors)


def invalid_field(field: str, message: str) -> Problem:
    return invalid(FieldError(field, message))


def bad_header(name: str, message: str) -> Problem:
    return Problem("bad_header", f"{name}: {message}.", errors=[FieldError(name, message)])


def unauthenticated() -> Problem:
    # Why a token failed is nobody's business but its owner's.
    return Problem("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="raidline"'})


def insufficient_scope(scope: str) -> Problem:
    challenge = f'Bearer realm="raidline", error="insufficient_scope", scope="{scope}"'
    return Problem("insufficient_scope", f"The scope {scope} is needed.", headers={"WWW-Authenticate": challenge})


def unavailable(detail: str | None = None, retry_after: float = DEFAULT_RETRY_AFTER) -> Problem:
    whole_seconds = max(1, round(retry_after))
    return Problem("unavailable", detail, headers={"Retry-After": str(whole_seconds)})
