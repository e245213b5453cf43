"""Query parameters: read by name, refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from starlette.requests import Request

from raidline.days import parse_day
from server.problems import invalid_field

PAGE_DEFAULT = 20
PAGE_MAX = 100
DAYS_MAX = 366


def text(request: Request, name: str) -> str | None:
    """The parameter, or None where it is absent or empty. Given twice, nobody can know which was meant."""
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise invalid_field(name, "given more than once")
    return given[0] if given and given[0] else None


def limit(
    request: Request, *, default: int = PAGE_DEFAULT, least: int = 1, most: int = PAGE_MAX, name: str = "limit"
) -> int:
    given = text(request, name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 6 and least <= int(given) <= most):
        raise invalid_field(name, f"has to be a whole number from {least} to {most}")
    return int(given)


def number(request: Request, name: str) -> int | None:
    """An id."""
    given = text(request, name)
    if given is None:
        return None
    if not _is_id(given):
        raise invalid_field(name, "has to be an id")
    return int(given)


def numbers(request: Request, name: str, *, most: int) -> list[int]:
    """Ids with commas between them, each once, in the order in which they are given."""
    given = text(request, name)
    found = given.split(",") if given is not None else []
    if not all(_is_id(one) for one in found):
        raise invalid_field(name, "has to be ids with commas between them")
    ids = list(dict.fromkeys(map(int, found)))
    if len(ids) > most:
        raise invalid_field(name, f"has to be at most {most} ids")
    return ids


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


def day(request: Request, name: str) -> date | None:
    given = text(request, name)
    found = None if given is None else parse_day(given)
    if given is not None and found is None:
        raise invalid_field(name, "has to be a day, such as 2026-11-20")
    return found


def days(request: Request, today: date, *, default: int, most: int = DAYS_MAX) -> tuple[date, date]:
    """The first and the last day of `from` and `to`; without `to` up to today, without `from` as many as default."""
    last = day(request, "to") or today
    first = day(request, "from") or last - timedelta(days=default - 1)
    if first > last:
        raise invalid_field("from", "has to be no later than the last day")
    if (last - first).days >= most:
        raise invalid_field("from", f"has to be at most {most - 1} days before the last day")
    return first, last


def _is_id(given: str) -> bool:
    return given.isascii() and given.isdigit() and len(given) <= 18 and int(given) > 0


@contextmanager
def cursor_refused() -> Iterator[None]:
    """The ledger knows its own cursors, and raises ValueError for what is none."""
    try:
        yield
    except ValueError as error:
        raise invalid_field("cursor", "has to be the nextCursor of an earlier answer") from error
