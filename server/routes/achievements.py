"""Achievements: what there is to unlock, and who has come how far. Rules: docs/progress.md."""

from __future__ import annotations

import time
from typing import NoReturn

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.definitions import DefinitionFields, SeenDefinition
from persistence.errors import BadData
from raidline.ids import AchievementId, UserId
from server import queries
from server.achievement_bodies import DefinitionBody, DefinitionChange, PairBody, ProgressBody
from server.caller import Caller
from server.context import services_of
from server.identity import caller_of
from server.json_body import read_given, read_model, validate
from server.problems import Problem, invalid_field
from server.routes.answers import json_answer

WRITE = "achievements:write"
DEFINITIONS = "/api/v1/users/achievements/definitions"
PROGRESS = "/api/v1/users/achievements/progress"

PAGE_DEFAULT = 100
PAGE_MAX = 500


async def create_definition(request: Request) -> Response:
    (await caller_of(request)).require_scope(WRITE)
    body, services = await read_model(request, DefinitionBody), services_of(request)
    try:
        made = await services.definitions.create(DefinitionFields(**body.model_dump()))
    except BadData as error:
        raise_apart(error)
    await services.notifier.send(made.outbox)
    location = {"Location": f"{DEFINITIONS}/{made.definition.id}"}
    return json_answer(made.definition.shown(openly=True), 201, location)


async def list_definitions(request: Request) -> Response:
    caller = await caller_of(request)
    with queries.cursor_refused():
        page = await services_of(request).definitions.page(
            caller.viewer, queries.text(request, "cursor"), limit_of(request)
        )
    shown = [shown_to(caller, one) for one in page.definitions]
    return json_answer({"definitions": shown, "nextCursor": page.next_cursor})


async def get_definition(request: Request) -> Response:
    caller = await caller_of(request)
    found = await services_of(request).definitions.find(achievement_of(request), caller.viewer)
    if found is None:
        raise Problem("unknown_achievement")
    return json_answer(shown_to(caller, found))


async def change_definition(request: Request) -> Response:
    (await caller_of(request)).require_scope(WRITE)
    body, services = await read_model(request, DefinitionChange), services_of(request)
    try:
        changed = await services.definitions.change(achievement_of(request), body.changes)
    except BadData as error:
        raise_apart(error)
    if changed is None:
        raise Problem("unknown_achievement")
    await services.notifier.send(changed.outbox)
    return json_answer(changed.definition.shown(openly=True))


async def delete_definition(request: Request) -> Response:
    (await caller_of(request)).require_scope(WRITE)
    services = services_of(request)
    told = await services.definitions.delete(achievement_of(request))
    if told is None:
        raise Problem("unknown_achievement")
    await services.notifier.send(told)
    return Response(status_code=204)


async def note_progress(request: Request) -> Response:
    """How far somebody is, in the caller's own words."""
    caller, body = await caller_of(request), await read_model(request, ProgressBody)
    user_id, achievement_id = concerned(caller, body.user_id), AchievementId(body.achievement_id)
    services = services_of(request)
    try:
        noted = await services.achievements.note(user_id, achievement_id, body.metadata)
    except BadData as error:
        raise invalid_field("metadata", "holds text that cannot be stored") from error
    if noted is None:
        known = await services.definitions.find(achievement_id, None)
        raise Problem("unknown_user" if known else "unknown_achievement")
    return json_answer(noted.shown())


async def get_progress(request: Request) -> Response:
    caller = await caller_of(request)
    user_id = concerned(caller, queries.number(request, "userId"))
    found = await services_of(request).achievements.find(user_id, named_achievement(request))
    if found is None:
        raise Problem("not_found")
    return json_answer(found.shown())


async def list_progress(request: Request) -> Response:
    caller = await caller_of(request)
    user_id = concerned(caller, queries.number(request, "userId"))
    with queries.cursor_refused():
        page = await services_of(request).achievements.page(
            user_id,
            queries.text(request, "cursor"),
            limit_of(request),
            unlocked_only=queries.flag(request, "unlockedOnly"),
        )
    return json_answer({"progress": [one.shown() for one in page.progress], "nextCursor": page.next_cursor})


async def unlock(request: Request) -> Response:
    """Unlock on a caller's word; again it answers with the first time. Nobody gives themself what a metric leads to."""
    caller, body = await caller_of(request), await read_model(request, PairBody)
    caller.require_scope(WRITE)
    user_id, achievement_id = concerned(caller, body.user_id), AchievementId(body.achievement_id)
    services = services_of(request)
    found = await services.definitions.find(achievement_id, None)
    if found is None:
        raise Problem("unknown_achievement")
    if found.definition.fields.metric is not None and user_id == caller.viewer:
        raise Problem("unlocked_by_metric")
    progress, told = await services.achievements.unlock(user_id, achievement_id, time.time_ns() // 1_000_000)
    await services.notifier.send(told)
    if progress is None:
        raise Problem("unknown_user")
    return json_answer(progress.shown())


async def delete_progress(request: Request) -> Response:
    """Named in the query or in a body. What is unlocked only goes with the scope, also one's own."""
    caller = await caller_of(request)
    pair = await pair_of(request)
    user_id, achievement_id = concerned(caller, pair.user_id), AchievementId(pair.achievement_id)
    allowed = WRITE in caller.scopes
    services = services_of(request)
    deleted = await services.achievements.delete(user_id, achievement_id, unlocked=allowed)
    if deleted is None:
        raise Problem("not_found")
    if not deleted.deleted:
        caller.require_scope(WRITE)
    await services.notifier.send(deleted.outbox)
    return Response(status_code=204)


def shown_to(caller: Caller, seen: SeenDefinition) -> dict[str, object]:
    return seen.definition.shown(openly=seen.unlocked or WRITE in caller.scopes)


def concerned(caller: Caller, named: int | None) -> UserId:
    """Whose progress it is: the caller's own, or with the scope anybody's."""
    if named is None:
        return caller.require_user().id
    if named != caller.viewer:
        caller.require_scope(WRITE)
    return UserId(named)


def achievement_of(request: Request) -> AchievementId:
    return AchievementId(request.path_params["achievement_id"])


def named_achievement(request: Request) -> AchievementId:
    named = queries.number(request, "achievementId")
    if named is None:
        raise invalid_field("achievementId", "has to be given")
    return AchievementId(named)


async def pair_of(request: Request) -> PairBody:
    given = await read_given(request, PairBody)
    if given is not None:
        return given
    named = {"userId": queries.number(request, "userId"), "achievementId": named_achievement(request)}
    return validate(PairBody, named)


def limit_of(request: Request) -> int:
    return queries.limit(request, default=PAGE_DEFAULT, most=PAGE_MAX)


def raise_apart(error: BadData) -> NoReturn:
    """Metric and threshold may come in two requests, so only the ledger knows whether they go together."""
    if "achievements_threshold_goes_with_metric" in error.detail:
        raise invalid_field("threshold", "has to be given with a metric, and only with one") from error
    raise error


routes = [
    Route(DEFINITIONS, create_definition, methods=["POST"]),
    Route(DEFINITIONS, list_definitions, methods=["GET"]),
    Route(DEFINITIONS + "/{achievement_id:id}", get_definition, methods=["GET"]),
    Route(DEFINITIONS + "/{achievement_id:id}", change_definition, methods=["PUT"]),
    Route(DEFINITIONS + "/{achievement_id:id}", delete_definition, methods=["DELETE"]),
    Route(PROGRESS, note_progress, methods=["POST"]),
    Route(PROGRESS, get_progress, methods=["GET"]),
    Route(PROGRESS, delete_progress, methods=["DELETE"]),
    Route(PROGRESS + "/list", list_progress, methods=["GET"]),
    Route(PROGRESS + "/unlock", unlock, methods=["PUT"]),
]
