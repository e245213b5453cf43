"""Who is calling: bearer token or cookie, a session or the admin."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from raidline.ids import SessionToken
from server.caller import THE_ADMIN, Caller
from server.context import header_of, services_of
from server.problems import Problem, unauthenticated

COOKIE: Final = "raidline_session"

_TOKEN_MAX = 256
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who is calling. Raises Problem: 401 without a valid token, 403 for a write by cookie from elsewhere.

    The header wins over the cookie, also when what it carries is not valid.
    """
    header = header_of(connection.scope, b"authorization")
    if header is not None:
        return await _caller_with(connection, _bearer_token(header))
    cookie = connection.cookies.get(COOKIE)
    if not cookie:
        raise unauthenticated()
    check_origin(connection)
    caller = await _caller_with(connection, cookie)
    return Caller(caller.user, caller.scopes, caller.token_hash, caller.expires_at, via_cookie=True)


async def _caller_with(connection: HTTPConnection, token: str) -> Caller:
    services = services_of(connection)
    admin_token = services.settings.admin_token
    if admin_token is not None and is_same_secret(token, admin_token.get_secret_value()):
        return THE_ADMIN
    caller = await services.sessions.resolve(SessionToken(token))
    if caller is None:
        raise unauthenticated()
    return caller


def _bearer_token(header: str) -> str:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not 0 < len(token) <= _TOKEN_MAX:
        raise unauthenticated()
    return token


def is_same_secret(given: str, secret: str) -> bool:
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


def check_origin(connection: HTTPConnection) -> None:
    """A write by cookie has to come from a page of this host: browsers send the cookie from anywhere, but
    say where from. A WebSocket counts as a write, for it takes contributions."""
    scope = connection.scope
    if scope["type"] == "http" and scope["method"] in _READS:
        return
    if not is_same_origin(connection.headers):
        raise Problem("bad_origin")


def is_same_origin(headers: Headers) -> bool:
    """Compares host and port only: behind a proxy that ends TLS the scheme we see is not the page's."""
    try:
        origin = urlsplit(headers.get("origin", ""))
    except ValueError:
        return False
    port = _DEFAULT_PORTS.get(origin.scheme)
    if port is None or not origin.netloc:
        return False
    host = headers.get("host", "").lower()
    return origin.netloc.lower().removesuffix(port) == host.removesuffix(port)
