"""What a batch does for people: the one way from entries to streaks, unlocks, effects and word of them.

    fold       rows and totals; which contributions are new                     fold.sql
    days       local days that turned active or are so no more, and their runs  streaks.py
    unlock     what metrics crossed                                             unlocking.py
    conclude   the keys with their effects, and one row in the outbox           conclude.sql

All of it within the caller's transaction, under the locks of lock.sql. A statement with nothing to do is not sent.
The keys come last: until then nobody can have been told that anything happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from persistence import folding
from persistence.effects import effects_json, streak_event
from persistence.entries import LedgerEntry
from persistence.folding import Fold, FreshKey, Person, StandingStreak
from persistence.pool import Connection
from persistence.rows import EntryKey, OutboxRow
from persistence.statements import statement
from persistence.streaks import DayChange, StreakMove, fold_days, streaks_seen
from persistence.telling import Event, leave_word, unlock_events
from persistence.unlocking import Move, Unlocks, unlock
from raidline.ids import RaidId, UserId


@dataclass(slots=True)
class Advanced:
    """What a batch has newly put into the ledger."""

    effects: dict[EntryKey, bytes] = field(default_factory=dict)
    """Of each contribution that was new."""
    events: set[EntryKey] = field(default_factory=set)
    """Every other entry that was new."""
    met: set[RaidId] = field(default_factory=set)
    """Raids whose sums meet both targets now."""
    outbox: list[OutboxRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Progress:
    """What moved totals and days did for people."""

    streaks: dict[UserId, StandingStreak]
    moves: dict[UserId, StreakMove]
    unlocks: Unlocks
    levels: dict[UserId, int]
    """Levels that were reached just now."""


async def advance(held: Connection, entries: Sequence[LedgerEntry]) -> Advanced:
    """Record entries, given in the order of their names, and everything that follows. The locks must be held."""
    fold = await folding.fold(held, entries)
    advanced = Advanced(events=fold.events, met=fold.met, outbox=fold.outbox)
    if fold.keys or fold.taken_back:
        progress = await follow(held, fold.people, fold.days)
        last = {key.user_id: key for key in sorted(fold.keys)}
        advanced.effects = _effects(fold.keys, last, progress)
        told = events_of(progress, fold.people, {user_id: key.name[0] for user_id, key in last.items()})
        advanced.outbox += await _conclude(held, entries, fold, advanced.effects, told)
    return advanced


async def put_aside(held: Connection, entry: LedgerEntry, sqlstate: str, detail: str) -> list[OutboxRow]:
    """Quarantine one entry; what its void took back before is given back, with all that follows."""
    fold = await folding.put_aside(held, entry, sqlstate, detail)
    if not fold.taken_back:
        return []
    progress = await follow(held, fold.people, fold.days)
    return await _conclude(held, [], fold, {}, events_of(progress, fold.people, {}))


async def follow(
    held: Connection, people: Mapping[UserId, Person], days: Sequence[DayChange], moves: Sequence[Move] = ()
) -> Progress:
    """Fold days, unlock, and say how people stand now. `moves`: of metrics other than XP, tasks and streaks."""
    moved = await fold_days(held, days) if days else {}
    unlocks = await unlock(held, [*moves, *_moves(people, moved)])
    streaks = {user_id: person.streak for user_id, person in people.items()}
    passed = {one.user_id: one.at_ms for one in people.values() if one.midnight_passed and one.user_id not in moved}
    if passed:
        for seen in (await streaks_seen(held, passed)).values():
            streaks[seen.user_id] = StandingStreak(seen.current, seen.longest, seen.state)
    for move in moved.values():
        streaks[move.user_id] = StandingStreak(move.seen, move.longest, move.state)
    return Progress(streaks, moved, unlocks, _levels(people, unlocks))


async def announce(held: Connection, events: Sequence[Event], people: Iterable[UserId]) -> list[OutboxRow]:
    """Leave word of events that no batch made. What is kept of these people's pages is dropped."""
    concerned = sorted(set(people))
    if not events and not concerned:
        return []
    return await leave_word(held, "progress", {"people": concerned, "events": list(events), "boards": {}})


def events_of(progress: Progress, people: Mapping[UserId, Person], raids: Mapping[UserId, RaidId]) -> list[Event]:
    """In the order in which people see them; unlocks are told in that raid, too."""
    events = [
        streak_event(user_id, people[user_id].at_ms, progress.streaks[user_id], move.day)
        for user_id, move in sorted(progress.moves.items())
        if move.seen != move.seen_before
    ]
    for user_id, unlocked in sorted(progress.unlocks.unlocked.items()):
        events += unlock_events(Unlocks({user_id: unlocked}, progress.unlocks.levels), raids.get(user_id))
    return events


def _moves(people: Mapping[UserId, Person], moved: Mapping[UserId, StreakMove]) -> list[Move]:
    """Those that may unlock something: most batches cross nothing."""
    moves = []
    for one in people.values():
        if one.crosses:
            moves.append(Move(one.user_id, "xp_total", one.xp_before, one.xp, one.at_ms))
            moves.append(Move(one.user_id, "tasks_total", one.tasks_before, one.tasks, one.at_ms))
    for move in moved.values():
        at_ms = people[move.user_id].at_ms
        moves.append(Move(move.user_id, "streak_days", move.longest_before, move.longest, at_ms))
        moves.append(Move(move.user_id, "active_days", move.active_days_before, move.active_days, at_ms))
    return moves


def _levels(people: Mapping[UserId, Person], unlocks: Unlocks) -> dict[UserId, int]:
    reached = {one.user_id: unlocks.levels.get(one.user_id, one.level) for one in people.values()}
    return {user_id: level for user_id, level in reached.items() if level > people[user_id].level_before}


def _effects(keys: Sequence[FreshKey], last: Mapping[UserId, FreshKey], progress: Progress) -> dict[EntryKey, bytes]:
    """Unlocks, rewards and a level are told by the last contribution of each person, the streak by all."""
    effects = {}
    for key in keys:
        streak = progress.streaks.get(key.user_id, NO_STREAK)
        effects[key.name] = effects_json(streak, key.day)
    for user_id in progress.unlocks.unlocked.keys() | progress.levels.keys():
        if user_id in last:
            key = last[user_id]
            unlocked = progress.unlocks.unlocked.get(user_id, ())
            effects[key.name] = effects_json(progress.streaks[user_id], key.day, unlocked, progress.levels.get(user_id))
    return effects


NO_STREAK = StandingStreak(0, 0, "none")
"""Of somebody who is gone."""


async def _conclude(
    held: Connection,
    entries: Sequence[LedgerEntry],
    fold: Fold,
    effects: Mapping[EntryKey, bytes],
    events: Sequence[Event],
) -> list[OutboxRow]:
    by_name = {entry.name: entry for entry in entries}
    rows = await held.fetch(
        statement("conclude"),
        _as_json([_fresh(key, by_name[key.name], effects[key.name]) for key in fold.keys]),
        _as_json([one._asdict() for one in fold.taken_back]),
        _as_json(sorted(fold.people)),
        _as_json(events),
    )
    return [OutboxRow(row["id"], row["topic"], row["payload"].encode()) for row in rows]


def _fresh(key: FreshKey, entry: LedgerEntry, effects: bytes) -> dict[str, object]:
    raid_id, epoch, seq = key.name
    return {
        "raid_id": raid_id,
        "contribution_id": entry.contribution_id,
        "epoch": epoch,
        "seq": seq,
        "fingerprint": entry.fingerprint,
        "user_id": key.user_id,
        "xp": key.xp,
        "day": key.day,
        "at": key.at_ms,
        "effects": orjson.Fragment(effects),
    }


def _as_json(value: object) -> str:
    return orjson.dumps(value).decode()
