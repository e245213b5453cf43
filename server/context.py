"""What travels with a connection: its request id and the services it may use."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection
from starlette.types import Scope

if TYPE_CHECKING:
    from server.services import Services

REQUEST_ID = "raidline.request_id"
"""The key under which the middleware leaves the request's id in the ASGI scope."""

_HEADERS = "raidline.headers"
"""The key under which the scope keeps the request's headers by their names, once somebody has asked for one."""

WHOLE_EXTENSION = "raidline.whole"
"""In the ASGI scope's extensions, if the server offers it: has the head of this answer go out with its body."""


def new_request_id() -> str:
    return f"{random.getrandbits(64):016x}"  # no secret, and a system call less


def header_of(scope: Scope, name: bytes) -> str | None:
    """The first of this name (lower case). For those that every request is asked for: Starlette goes through all of
    its headers each time."""
    headers: dict[bytes, bytes] | None = scope.get(_HEADERS)
    if headers is None:
        headers = scope[_HEADERS] = dict(reversed(scope["headers"]))
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


def services_of(connection: HTTPConnection) -> Services:
    # By its key: as an attribute it is looked for in vain first, which takes longer than all the rest of this.
    services: Services = connection.scope["app"].state["services"]
    return services


def request_id_of(connection: HTTPConnection) -> str:
    return cast(str, connection.scope.get(REQUEST_ID, ""))
