"""What a log becomes: one raid per calendar quarter (UTC), its people, its targets. No I/O."""

from __future__ import annotations  # array[int] cannot be evaluated before Python 3.12

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from server.replay.rows import Refusal, Row, Rows

MAX_MEMBERS = 10_000
MAX_CONTRIBUTIONS = 1_000_000
"""Both are what one raid can hold; a row beyond is refused, so that its raid can still complete."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class QuarterName(NamedTuple):
    year: int
    quarter: int

    def __str__(self) -> str:
        return f"{self.year} Q{self.quarter}"


@dataclass(slots=True)
class Quarter:
    """One raid of the plan. Complete, by its sums, on the last of its rows, whatever their order."""

    name: QuarterName
    rows: array[int] = field(default_factory=lambda: array("q"))
    people: dict[int, None] = field(default_factory=dict)
    xp: int = 0
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def leader(self) -> int:
        """The first person active in it."""
        return next(iter(self.people))

    @property
    def tasks(self) -> int:
        return len(self.rows)

    @property
    def title(self) -> str:
        return f"Replay {self.name}"

    @property
    def description(self) -> str:
        """Names the rows by digest, so that another run of the same log finds its raid again."""
        digest = self._digest.hexdigest()[:32]
        return f"{self.tasks:,} rows of {len(self.people):,} people, replayed. Log digest {digest}"

    def refuses(self, row: Row) -> str | None:
        if self.tasks >= MAX_CONTRIBUTIONS:
            return f"{self.name} already has {MAX_CONTRIBUTIONS:,} rows, the most a raid can hold"
        if row.user not in self.people and len(self.people) >= MAX_MEMBERS:
            return f"{self.name} already has {MAX_MEMBERS:,} people, the most a raid can hold"
        return None

    def take(self, index: int, row: Row) -> None:
        self.rows.append(index)
        self.people[row.user] = None
        self.xp += row.files
        self._digest.update(b"%d %d %d %d %d\n" % row)


@dataclass(frozen=True, slots=True)
class Plan:
    rows: Rows
    quarters: Sequence[Quarter]
    quarter_of: array[int]
    """For each row the index of its quarter, -1 where the row is refused."""
    refused: Sequence[Refusal]

    @property
    def people(self) -> list[int]:
        """Everyone, by first appearance in a quarter."""
        return list(dict.fromkeys(person for quarter in self.quarters for person in quarter.people))


def quarter_of(at_ms: int) -> QuarterName:
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return QuarterName(at.year, (at.month + 2) // 3)


def make_plan(rows: Rows) -> Plan:
    """Sort the rows into quarters, oldest quarter first. The same rows always make the same plan."""
    found: dict[QuarterName, Quarter] = {}
    refused = list(rows.refused)
    names: list[QuarterName | None] = []
    for index in range(len(rows)):
        row = rows[index]
        name = quarter_of(row.at_ms)
        quarter = found.setdefault(name, Quarter(name))
        if reason := quarter.refuses(row):
            refused.append(Refusal(row.line, reason))
            names.append(None)
        else:
            quarter.take(index, row)
            names.append(name)
    order = sorted(found)
    position = {name: i for i, name in enumerate(order)}
    return Plan(
        rows=rows,
        quarters=[found[name] for name in order],
        quarter_of=array("i", (-1 if name is None else position[name] for name in names)),
        refused=sorted(refused),
    )
