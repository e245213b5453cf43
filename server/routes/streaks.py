"""A person's streak: every day of it, and what they do to keep it."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.streak_keeping import Kept, Refusal
from server import queries
from server.caller import User
from server.context import services_of
from server.identity import caller_of
from server.json_body import read_model, read_optional
from server.me_bodies import DayBody, PauseBody
from server.problems import FieldError, Problem, invalid_field, unauthenticated
from server.routes.answers import own_json
from server.streak_view import streak_json
from server.times import now_ms, today_in

DAYS_DEFAULT = 180

REPAIR_LOOKS_BACK = 3
"""Days in which a repair can have been: 48 hours, in any zone."""

_FIELDS = {"pause_in_past": "from", "pause_backwards": "to", "pause_too_long": "to"}
"""What a refusal is about, where it is about something that was given."""


async def get_streak(request: Request) -> Response:
    user = (await caller_of(request)).require_user()
    return await _answer(request, user, *_range(request, user))


async def freeze_streak(request: Request) -> Response:
    """Spends a freeze on today; the same again once it is."""
    user = (await caller_of(request)).require_user()
    body = await read_optional(request, DayBody)
    if body.day not in (None, _today(user)):
        raise invalid_field("day", "has to be today, where you are")
    result = await services_of(request).streak_keeping.freeze(user.id, now_ms())
    if isinstance(result, Refusal) and not await _is_so(request, user, result, "frozen", _today(user)):
        raise _refused(result)
    return await _kept(request, user, result)


async def repair_streak(request: Request) -> Response:
    """Mends one missed day; the same again once it is."""
    user = (await caller_of(request)).require_user()
    body = await read_optional(request, DayBody)
    result = await services_of(request).streak_keeping.repair(user.id, now_ms(), body.day)
    if isinstance(result, Refusal) and not await _is_so(request, user, result, "repaired", body.day):
        raise _refused(result)
    return await _kept(request, user, result)


async def pause_streak(request: Request) -> Response:
    user = (await caller_of(request)).require_user()
    body = await read_model(request, PauseBody)
    result = await services_of(request).streak_keeping.pause(user.id, now_ms(), body.first, body.last)
    if isinstance(result, Refusal):
        raise _refused(result)
    return await _kept(request, user, result)


async def resume_streak(request: Request) -> Response:
    """The end of a pause; nothing where there is none."""
    user = (await caller_of(request)).require_user()
    result = await services_of(request).streak_keeping.resume(user.id, now_ms())
    if isinstance(result, Refusal):
        raise _refused(result)
    return await _kept(request, user, result)


async def _is_so(request: Request, user: User, refusal: Refusal, state: str, day: date | None) -> bool:
    """Whether what was refused is so already, because the same came before and its answer was lost."""
    if refusal.code not in ("already_kept", "repaired_lately", "nothing_to_repair"):
        return False
    today = _today(user)
    first, last = (day, day) if day else (today - timedelta(days=REPAIR_LOOKS_BACK), today - timedelta(days=1))
    days = await services_of(request).streak_keeping.days(user.id, first, last, now_ms())
    states = [one.state for one in days]
    # Without a day the latest missed one was meant: with another missed since, it is another wish.
    return state in states and "missed" not in states


async def _kept(request: Request, user: User, result: Kept | Refusal) -> Response:
    if isinstance(result, Kept):
        await services_of(request).notifier.send(result.outbox)
    today = _today(user)
    return await _answer(request, user, today - timedelta(days=DAYS_DEFAULT - 1), today)


async def _answer(request: Request, user: User, first: date, last: date) -> Response:
    page = await services_of(request).streak_pages.page(user.id, user.tz, now_ms(), first, last)
    if page is None:
        raise unauthenticated()
    return own_json(request, streak_json(page, first, last))


def _range(request: Request, user: User) -> tuple[date, date]:
    """`from` and `to`, or the last `days` days."""
    wanted = queries.limit(request, default=DAYS_DEFAULT, most=queries.DAYS_MAX, name="days")
    return queries.days(request, _today(user), default=wanted)


def _today(user: User) -> date:
    return date.fromisoformat(today_in(user.tz))


def _refused(refusal: Refusal) -> Problem:
    if refusal.code == "user_unknown":
        return unauthenticated()
    problem = Problem(refusal.code)
    if field := _FIELDS.get(refusal.code):
        problem.errors = (FieldError(field, problem.title),)
    if refusal.wait_ms is not None:
        problem.headers["Retry-After"] = str(-(-refusal.wait_ms // 1000))
    return problem


routes = [
    Route("/api/v1/me/streak", get_streak, methods=["GET"]),
    Route("/api/v1/me/streak/freeze", freeze_streak, methods=["POST"]),
    Route("/api/v1/me/streak/repair", repair_streak, methods=["POST"]),
    Route("/api/v1/me/streak/pause", pause_streak, methods=["POST"]),
    Route("/api/v1/me/streak/pause", resume_streak, methods=["DELETE"]),
]
