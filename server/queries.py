"""Query parameters: read by name, refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request

from server.problems import invalid_field

PAGE_DEFAULT = 20
PAGE_MAX = 100


def text(request: Request, name: str) -> str | None:
    """The parameter, or None where it is absent or empty. Given twice, nobody can know which was meant."""
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise invalid_field(name, "given more than once")
    return given[0] if given and given[0] else None


def limit(request: Request, *, default: int = PAGE_DEFAULT, most: int = PAGE_MAX) -> int:
    given = text(request, "limit")
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 6 and 1 <= int(given) <= most):
        raise invalid_field("limit", f"has to be a whole number from 1 to {most}")
    return int(given)


def flag(request: Request, name: str) -> bool:
    given = text(request, name)
    if given not in (None, "true", "false", "1", "0"):
        raise invalid_field(name, "has to be true or false")
    return given in ("true", "1")


def one_of(request: Request, name: str, words: tuple[str, ...]) -> str | None:
    given = text(request, name)
    if given is not None and given not in words:
        raise invalid_field(name, "has to be one of " + ", ".join(words))
    return given


@contextmanager
def cursor_refused() -> Iterator[None]:
    """The ledger knows its own cursors, and raises ValueError for what is none."""
    try:
        yield
    except ValueError as error:
        raise invalid_field("cursor", "has to be the nextCursor of an earlier answer") from error
