"""Entries of a log, as the two kinds of reader get them, and what is told besides."""

from dataclasses import dataclass
from typing import NamedTuple

from raidline.ids import Epoch, Seq
from realtime.cursor import Cursor

ENDS = frozenset({"raid_complete", "raid_failed", "raid_cancelled"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What a subscriber gets: `data` is the event's JSON, ready to be sent."""

    epoch: Epoch
    seq: Seq
    event: str
    data: bytes

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.seq)


@dataclass(frozen=True, slots=True)
class Aside:
    """Told to those who watch just then, and not of the log: it has no place in it, and nobody resumes by it.

    `id` is the announcement's own: the same one that comes again is dropped.
    """

    id: str
    event: str
    data: bytes


class LedgerEntry(NamedTuple):
    """What the ledger gets: `ledger` is self-contained JSON, format v = 1."""

    epoch: Epoch
    seq: Seq
    event: str
    ledger: bytes

    @property
    def is_end(self) -> bool:
        return self.event in ENDS
