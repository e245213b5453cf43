"""Lock, fold, look up: what recording and healing share, all within the caller's transaction."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import asyncpg
import orjson

from persistence.entries import CONTRIBUTION, ENDS, FoldInput, LedgerEntry
from persistence.pool import Connection
from persistence.rows import EntryKey, OutboxRow, RecordedKey
from persistence.statements import statement
from persistence.streaks import DayChange
from raidline.ids import ContributionId, Epoch, RaidId, UserId

KeyName = tuple[RaidId, ContributionId]


class StandingStreak(NamedTuple):
    """A streak as it is seen: `current` is 0 once a whole day was missed."""

    current: int
    longest: int
    state: str


class FreshKey(NamedTuple):
    """A contribution recorded just now, its key not written yet."""

    name: EntryKey
    user_id: UserId
    day: date
    xp: int
    at_ms: int


class TakenBack(NamedTuple):
    """A contribution that was voided just now."""

    raid_id: RaidId
    user_id: UserId
    day: date
    at: int
    """In ms."""


class Person(NamedTuple):
    """Somebody whose totals a fold has moved, and the streak they had before days are folded."""

    user_id: UserId
    at_ms: int
    """The last of their entries."""
    midnight_passed: bool
    """A freeze is to be spent before the streak is seen."""
    streak: StandingStreak
    xp_before: int
    tasks_before: int
    level_before: int
    xp: int
    tasks: int
    level: int
    crosses: bool
    """Their XP or tasks have passed the threshold of some achievement."""


@dataclass(slots=True)
class Fold:
    """What one fold has newly put into the ledger."""

    keys: list[FreshKey] = field(default_factory=list)
    taken_back: list[TakenBack] = field(default_factory=list)
    people: dict[UserId, Person] = field(default_factory=dict)
    days: list[DayChange] = field(default_factory=list)
    events: set[EntryKey] = field(default_factory=set)
    """Every fresh entry that is no contribution."""
    met: set[RaidId] = field(default_factory=set)
    """Raids whose sums meet both targets now."""
    outbox: list[OutboxRow] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[asyncpg.Record], cause: str = CONTRIBUTION) -> "Fold":
        """From the rows of fold.sql and of those that return rows of its kinds."""
        fold = cls()
        for kind, raid_id, user_id, a, b, c, d, day, numbers, body in rows:
            match kind:
                case "key":
                    fold.keys.append(FreshKey((raid_id, a, b), user_id, day, c, d))
                case "user":
                    fold.people[user_id] = _person(user_id, a, b == 1, StandingStreak(c, d, body), numbers)
                case "day":
                    fold.days.append(DayChange(user_id, day, a, body, c == 1, a if b is None else b, cause))
                case "void":
                    fold.taken_back.append(TakenBack(raid_id, user_id, day, d))
                case "event":
                    fold.events.add((raid_id, a, b))
                case "raid" if body == "true":
                    fold.met.add(raid_id)
                case "outbox":
                    fold.outbox.append(OutboxRow.of({**orjson.loads(body), "id": a}))
        return fold


def _person(user_id: UserId, at_ms: int, passed: bool, streak: StandingStreak, numbers: Sequence[int]) -> Person:
    xp_before, tasks_before, level_before, xp, tasks, level, crosses = numbers
    return Person(user_id, at_ms, passed, streak, xp_before, tasks_before, level_before, xp, tasks, level, crosses == 1)


async def lock(connection: Connection, raids: Sequence[RaidId], users: Sequence[UserId]) -> dict[RaidId, Epoch]:
    """Lock in the order of everybody; the epochs of those raids that exist."""
    rows = await connection.fetch(statement("lock"), sorted(raids), sorted(users))
    return {row["id"]: row["epoch"] for row in rows}


async def fold(connection: Connection, entries: Sequence[LedgerEntry]) -> Fold:
    """Fold entries, given in the order of their names, into rows and totals. The locks must be held.

    What follows from it is for `progress.advance`, which also writes the keys: nothing else may call this.
    """
    return Fold.of(await connection.fetch(statement("fold"), *FoldInput.of(entries).parameters()))


async def keys_known(connection: Connection, wanted: Iterable[KeyName]) -> dict[KeyName, RecordedKey]:
    """What the ledger held of these contributions before this transaction or holds by it."""
    names = sorted(set(wanted))
    if not names:
        return {}
    rows = await connection.fetch(
        statement("keys_known"), [raid for raid, _ in names], [contribution for _, contribution in names]
    )
    return {
        (row["raid_id"], row["contribution_id"]): RecordedKey(
            row["epoch"], row["seq"], row["fingerprint"], row["effects"].encode(), fresh=False
        )
        for row in rows
    }


async def keys_aside(connection: Connection, wanted: Iterable[KeyName]) -> set[EntryKey]:
    """The names under which these contributions stand in quarantine."""
    names = sorted(set(wanted))
    if not names:
        return set()
    rows = await connection.fetch(
        statement("keys_aside"), [raid for raid, _ in names], [contribution for _, contribution in names]
    )
    return {(row["raid_id"], row["epoch"], row["seq"]) for row in rows}


async def names_held(connection: Connection, names: Iterable[EntryKey]) -> dict[EntryKey, bool]:
    """Those of these entries that the ledger holds as an event (False) or in quarantine (True)."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    raids, epochs, seqs = zip(*wanted, strict=True)
    rows = await connection.fetch(statement("names_held"), raids, epochs, seqs)
    return {(row["raid_id"], row["epoch"], row["seq"]): row["quarantined"] for row in rows}


async def targets_met_at(connection: Connection, end: LedgerEntry) -> bool:
    """Whether its raid met both targets at this entry: what was voided later does not count against it."""
    return bool(await connection.fetchval(statement("targets_met_at"), end.raid_id, end.epoch, end.seq))


async def put_aside(connection: Connection, entry: LedgerEntry, sqlstate: str, detail: str) -> Fold:
    """Quarantine one entry; a repeat changes nothing. The locks must be held.

    What its void took back before is given back: that is for `progress.put_aside` to go on with.
    """
    rows = await connection.fetch(
        statement("quarantine"),
        *entry.name,
        entry.event,
        uuid_text(entry.contribution_id),
        entry.raw.decode("utf-8", "backslashreplace").replace("\x00", "\\u0000"),
        sqlstate,
        detail,
    )
    return Fold.of(rows)


def uuid_text(text: object) -> str | None:
    """A contribution id worth looking for; the malformed one of a bad entry is worth nothing."""
    try:
        return str(uuid.UUID(str(text)))
    except ValueError:
        return None


def key_name(entry: LedgerEntry) -> KeyName | None:
    """How a contribution is known for ever; None for any other entry."""
    if entry.event != CONTRIBUTION or entry.contribution_id is None:
        return None
    return (entry.raid_id, entry.contribution_id)


def is_end(entry: LedgerEntry) -> bool:
    return entry.event in ENDS
