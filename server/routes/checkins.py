"""Check-ins: a day that counts without a contribution, once however often it is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.checkins import check_in
from raidline.days import FIRST_DAY
from server.caller import Caller
from server.context import services_of
from server.contributions import BACKDATE
from server.identity import caller_of
from server.json_body import read_optional
from server.me_bodies import CheckInBody
from server.problems import FieldError, Problem, unauthenticated
from server.routes.answers import raw_json
from server.times import milliseconds, not_over, now_ms, today_in

AHEAD = timedelta(minutes=5)
"""How far somebody's clock may be ahead of ours; the same for contributions."""


async def post_checkin(request: Request) -> Response:
    """201 for the first of the local day, 200 with the same answer for every other."""
    caller, services = await caller_of(request), services_of(request)
    user = caller.require_user()
    occurred = (await read_optional(request, CheckInBody)).occurred_at
    at_ms = now_ms()
    if occurred is not None:
        check_time(occurred, caller, services.settings.late_days)
    day = occurred.date() if occurred else date.fromisoformat(today_in(user.tz))
    occurred_ms = milliseconds(occurred) if occurred else at_ms
    made = await check_in(services.pool, user.id, day, occurred_ms, at_ms, occurred is None or not_over(occurred))
    if made is None:
        raise unauthenticated()
    await services.notifier.send(made.outbox)
    return raw_json(made.answer, 201 if made.first else 200, None if made.first else {"Idempotent-Replayed": "true"})


def check_time(occurred: datetime, caller: Caller, late_days: int) -> None:
    """Raises Problem for a time that is ahead, or too long ago where the scope `backdate` does not free of that."""
    now = datetime.now(UTC)
    is_late = BACKDATE not in caller.scopes and occurred < now - timedelta(days=late_days)
    if is_late or occurred.date() < FIRST_DAY or occurred > now + AHEAD:
        error = FieldError("occurredAt", f"has to lie within the last {late_days} days")
        raise Problem("occurred_at_out_of_range", errors=[error])


routes = [Route("/api/v1/me/checkin", post_checkin, methods=["POST"])]
