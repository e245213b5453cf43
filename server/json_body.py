"""A request's JSON body: read once, checked for what JSON itself leaves open, then for its fields."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from server.context import header_of
from server.problems import FieldError, Problem, invalid, invalid_field

Model = TypeVar("Model", bound=BaseModel)

_MEMBER = re.compile(rb'"[ \t\r\n]*:')
_ERRORS_SHOWN = 20


async def read_json(request: Request) -> dict[str, Any]:
    """The body as a JSON object with every name given once. How long it may be, the middleware says."""
    check_content_type(header_of(request.scope, b"content-type"))
    return parse_object(await body_of(request))


async def body_of(request: Request) -> bytes:
    """All of it, once. Starlette's own goes through an asynchronous generator, of which the loop keeps account."""
    message = await request.receive()
    pieces: list[bytes] = [message.get("body", b"")]
    while message.get("more_body"):
        message = await request.receive()
        pieces.append(message.get("body", b""))
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return b"".join(pieces)


async def read_optional(request: Request, model: type[Model]) -> Model:
    """A body that need not be there: none says as much as one without a field."""
    given = await read_given(request, model)
    return validate(model, {}) if given is None else given


async def read_given(request: Request, model: type[Model]) -> Model | None:
    """The body, or None where there is none."""
    body = await body_of(request)
    if not body:
        return None
    check_content_type(header_of(request.scope, b"content-type"))
    return validate(model, parse_object(body))


async def read_model(request: Request, model: type[Model]) -> Model:
    return validate(model, await read_json(request))


def check_content_type(given: str | None) -> None:
    if given is None:
        return
    media_type = given.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem("unsupported_media_type")


def parse_object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem("invalid_json") from error
    if not isinstance(value, dict):
        raise invalid_field("body", "has to be a JSON object")
    refuse_duplicates(body, value)
    return value


def refuse_duplicates(body: bytes, value: dict[str, Any]) -> None:
    """Raises when a name is given twice: which of the two was meant, nobody can know.

    orjson keeps the last silently. Each member has a colon behind its name, so where the body has no more
    colons than the value has members, none was lost; only otherwise is it worth a closer look.
    """
    colons = body.count(b":")
    if colons == len(value):  # flat, as most are
        return
    members = count_members(value)
    if colons == members or len(_MEMBER.findall(body)) == members:
        return
    try:
        json.loads(body, object_pairs_hook=object_without_duplicates)
    except RecursionError as error:
        raise Problem("invalid_json") from error


def count_members(value: dict[str, Any]) -> int:
    members = 0
    to_visit: list[Any] = [value]
    while to_visit:
        one = to_visit.pop()
        if isinstance(one, dict):
            members += len(one)
            one = one.values()
        to_visit.extend(child for child in one if isinstance(child, dict | list))
    return members


def object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem("duplicate_field")
    return found


def validate(model: type[Model], value: object) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise_invalid(error)


def raise_invalid(error: ValidationError) -> NoReturn:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    raise invalid(
        *(
            FieldError(".".join(str(part) for part in detail["loc"]) or "body", detail["msg"])
            for detail in details[:_ERRORS_SHOWN]
        )
    ) from error
