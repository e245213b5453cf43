"""What can go wrong with the ledger, and which SQLSTATE means what.

    LedgerError
    ├── LedgerAway        Postgres cannot be used now: come back later, nothing is known to have happened
    │   └── Collision     two transactions ran into one another; recording and healing try again by themselves
    ├── RaidUnknown       the ledger has no such raid
    └── BadData           Postgres refuses the values themselves (SQLSTATE classes 22 and 23)
        └── ZoneUnknown   a time zone that this Postgres has no rules of

Only `BadData` condemns an entry. Everything Postgres says that is neither that nor a collision of
transactions means that it is away, a full disk and a missing table included: quarantining people's
contributions because of the server's own trouble would be worse than waiting.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from raidline.ids import RaidId

COLLISIONS = frozenset({"40P01", "40001"})
"""Deadlock and serialization failure: the same transaction may well succeed when sent again."""

BAD_DATA_CLASSES = frozenset({"22", "23"})


class LedgerError(Exception):
    """Something the ledger could not do."""


class LedgerAway(LedgerError):
    """Postgres cannot be used now. `reason` is fit for a log: it names no value and no person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RaidUnknown(LedgerError):
    """The ledger has no such raid."""

    def __init__(self, raid_id: RaidId) -> None:
        super().__init__(f"no raid {raid_id} in the ledger")
        self.raid_id = raid_id


class BadData(LedgerError):
    """Postgres refuses the values themselves. `detail` names constraint and column, never a value."""

    def __init__(self, sqlstate: str, detail: str) -> None:
        super().__init__(f"{sqlstate} {detail}")
        self.sqlstate = sqlstate
        self.detail = detail


class ZoneUnknown(BadData):
    """This Postgres has no rules of a time zone, whatever others know: its days could not be told there."""


class Collision(LedgerAway):
    """Two transactions ran into one another and this one was rolled back: the same may well succeed again."""


AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""Every way in which the driver says that something went wrong."""


def translated(error: BaseException) -> LedgerError:
    """The domain's word for what the driver raised."""
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate is None:
        return LedgerAway(type(error).__name__)
    if sqlstate in COLLISIONS:
        return Collision(sqlstate)
    if sqlstate[:2] in BAD_DATA_CLASSES:
        return BadData(sqlstate, _without_values(error))
    return LedgerAway(f"{type(error).__name__} {sqlstate}")


@contextmanager
def zone_refused() -> Iterator[None]:
    """Around a statement that asks Postgres whether it knows a zone, and has no other parameter of that kind."""
    try:
        yield
    except BadData as error:
        if error.sqlstate == asyncpg.InvalidParameterValueError.sqlstate:
            raise ZoneUnknown(error.sqlstate, error.detail) from error
        raise


def _without_values(error: BaseException) -> str:
    """What Postgres says, less its message and detail: those quote what people wrote."""
    named = {
        word: getattr(error, f"{word}_name", None) for word in ("schema", "table", "column", "constraint", "data_type")
    }
    said = [f"{word} {name}" for word, name in named.items() if name and word != "schema"]
    return " ".join([type(error).__name__, *said])
