"""Contributions: posted one by one or as a phone's backlog, voided, and read back from the ledger."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raidline.ids import ContributionId
from realtime.commands import Void
from server import idempotency, queries, reading
from server.bodies import BatchBody
from server.caller import ADMIN
from server.context import request_id_of, services_of
from server.contributions import ContributionAnswer, contribute, contribute_all
from server.courses import POINTS_DEFAULT, POINTS_LEAST, POINTS_MOST
from server.identity import caller_of
from server.json_body import read_json, read_model
from server.middleware import BATCH_PATH
from server.routes.answers import carried_out, json_answer, raid_of, raw_json
from server.routes.direct import Direct, Ready
from server.rows import contribution_json


async def post_contribution(request: Request) -> Response:
    caller = await caller_of(request)
    key = idempotency.key_from(request.scope["headers"]) or idempotency.make_key()
    answer = await contribute(
        services_of(request),
        caller,
        raid_of(request),
        key,
        await read_json(request),
        request_id=request_id_of(request),
    )
    return Ready(answer.status, answer.body, [*answer.headers, (idempotency.NAME, key.encode())])


async def post_batch(request: Request) -> Response:
    caller = await caller_of(request)
    body = await read_model(request, BatchBody)
    answers = await contribute_all(services_of(request), caller, body.items, request_id_of(request))
    return json_answer({"results": [_result(answer) for answer in answers]})


def _result(answer: ContributionAnswer) -> dict[str, object]:
    content = orjson.Fragment(answer.body)
    if answer.ok:
        return {"status": answer.status, "contribution": content}
    return {"status": answer.status, "problem": content}


async def void_contribution(request: Request) -> Response:
    caller = await caller_of(request)
    is_admin = ADMIN in caller.scopes
    command = Void(
        raid_id=raid_of(request),
        contribution_id=ContributionId(str(request.path_params["contribution_id"])),
        actor_id=caller.viewer if is_admin else caller.require_user().id,
        is_admin=is_admin,
    )
    return await carried_out(request, caller, command)


async def list_contributions(request: Request) -> Response:
    """The ledger, newest first. Whether the caller may see it, Redis says."""
    caller, raid_id, services = await caller_of(request), raid_of(request), services_of(request)
    cursor, limit = queries.text(request, "cursor"), queries.limit(request)
    await reading.view(services, raid_id, caller.viewer)
    with queries.cursor_refused():
        page = await services.raids.contributions_page(raid_id, cursor, limit)
    content = [contribution_json(row) for row in page.contributions]
    return json_answer({"contributions": content, "nextCursor": page.next_cursor})


async def raid_progress(request: Request) -> Response:
    """How the totals came about, for a chart: the ledger's, up to `server.courses.IN_MEMORY_S` old."""
    caller, raid_id, services = await caller_of(request), raid_of(request), services_of(request)
    points = queries.limit(request, default=POINTS_DEFAULT, least=POINTS_LEAST, most=POINTS_MOST, name="points")
    await reading.view(services, raid_id, caller.viewer)
    return raw_json(await services.courses.course_json(raid_id, points), headers={"Cache-Control": "private, no-cache"})


POSTED = Route("/api/v1/raids/{raid_id:id}/contributions", Direct(post_contribution), methods=["POST"])

routes = [
    POSTED,
    Route("/api/v1/raids/{raid_id:id}/contributions", list_contributions, methods=["GET"]),
    Route(
        "/api/v1/raids/{raid_id:id}/contributions/{contribution_id:uuid}",
        void_contribution,
        methods=["DELETE"],
    ),
    Route("/api/v1/raids/{raid_id:id}/progress", raid_progress, methods=["GET"]),
    Route(BATCH_PATH, post_batch, methods=["POST"]),
]
