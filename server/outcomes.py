"""What becomes of a command."""

from dataclasses import dataclass
from typing import NamedTuple

from realtime.cursor import Cursor

REDIS_AWAY = "redis_away"
"""A reason of `Unavailable`, for whoever can do something else meanwhile."""


class Unavailable(Exception):
    """Not known to have happened: 503, to be sent again with the same key after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class ScriptFault(Exception):
    """A script failed, which none should: a fault of ours, and a 500."""


class Accepted(NamedTuple):
    """It happened. `durable`: the ledger holds it (else it will, from the log). `replayed`: it had happened before.

    Both ready JSON: `totals` of a contribution (`Counted`), `effects` of a durable one.
    """

    outcome: str
    cursor: Cursor
    durable: bool
    replayed: bool
    totals: bytes | None = None
    effects: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not happen, and this word says why (the scripts' headers list them)."""

    code: str


Outcome = Accepted | Refused
