"""Days as everything that is kept or asked for names them: `2026-11-20`."""

import re
from datetime import date

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def parse_day(text: str) -> date | None:
    """The day, or None for anything that is not one, or one that nobody can mean."""
    if _DAY.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None
