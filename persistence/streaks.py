"""Streaks: the days people were active on, the runs they make, and what keeps a run together.

Every function works within the caller's transaction, in which the people concerned are locked (lock.sql). No time is
ever that of Postgres: what happened when is what the caller says. The rules stand in docs/progress.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from persistence.pool import Connection
from persistence.statements import statement
from raidline.ids import UserId

DayKind = Literal["active", "inactive", "widened", "frozen", "repaired", "paused", "unpaused"]
StreakState = Literal["active", "open", "frozen", "paused", "none"]

QUARTER_MS = 15 * 60 * 1000
"""Midnights of all zones fall on a quarter of an hour in UTC, so that none lies within one."""


@dataclass(frozen=True, slots=True)
class DayChange:
    """What became of a local day. `widened`: it was active, and has an item now before or after all others."""

    user_id: UserId
    day: date
    at_ms: int
    """When it was decided: the entry's `at`."""
    kind: DayKind
    live: bool
    """Its day was not over where the person is when it came. History earns no freeze."""
    occurred_ms: int
    """The first item of the day in the batch."""
    cause: str
    """contribution, checkin, freeze, repair or pause."""


@dataclass(frozen=True, slots=True)
class StreakMove:
    """What changed days did to a person's streak. `seen`: 0 once a whole day was missed."""

    user_id: UserId
    longest_before: int
    longest: int
    active_days_before: int
    active_days: int
    seen_before: int
    seen: int
    day: date
    """The newest changed one."""
    state: StreakState


@dataclass(frozen=True, slots=True)
class StreakSeen:
    """A streak as it is seen at an instant."""

    user_id: UserId
    current: int
    longest: int
    active_days: int
    freezes: int
    last_day: date | None
    today: date
    """Where the person is."""
    state: StreakState


@dataclass(frozen=True, slots=True)
class Midnight:
    """A freeze was spent: the day it keeps, and the instant at which that day was over."""

    user_id: UserId
    day: date
    at_ms: int
    current: int
    longest: int


@dataclass(frozen=True, slots=True)
class _Turned:
    """A day that has become something else, or whose items lie wider apart."""

    user_id: UserId
    day: date
    turned: int
    freezes: int
    stands: bool
    skips: bool


async def settle_midnights(held: Connection, due: Mapping[UserId, int]) -> list[Midnight]:
    """Spend the freezes of all midnights these people have passed by the given instant (ms); once, however often."""
    return await _settle(held, {user_id: (until_ms, None) for user_id, until_ms in due.items()})


async def fold_days(held: Connection, changes: Sequence[DayChange]) -> dict[UserId, StreakMove]:
    """Write what became of days and bring the streaks of these people up to date.

    Midnights that passed before a change are settled before it, so that a late worker changes nothing; the same
    changes in one batch or in several come to the same. Nobody is in the answer for whom nothing became different.
    """
    moves: dict[UserId, StreakMove] = {}
    for together in _between_midnights(changes):
        appended = await _append(held, together)
        done = {move.user_id for move in appended}
        rest = [change for change in together if change.user_id not in done]
        for move in appended + await _fold(held, rest):
            earlier = moves.get(move.user_id)
            moves[move.user_id] = _after(earlier, move) if earlier else move
    return moves


async def streaks_seen(held: Connection, users: Mapping[UserId, int]) -> dict[UserId, StreakSeen]:
    """The streaks of these people at the given instants (ms), midnights passed until then settled.

    Nobody is in the answer who never had a streak.
    """
    rows = await held.fetch(statement("streaks_seen"), list(users), list(users.values()))
    if due := {row["user_id"]: users[row["user_id"]] for row in rows if row["due"]}:
        await settle_midnights(held, due)
        rows = await held.fetch(statement("streaks_seen"), list(users), list(users.values()))
    return {row["user_id"]: StreakSeen(*row[:-1]) for row in rows}


async def rezone(held: Connection, user_id: UserId, at_ms: int) -> None:
    """Set a person's midnights anew after their zone was changed, in the same transaction.

    A freeze keeps a day that is over in the new zone though it was not in the old one.
    """
    await settle_midnights(held, {user_id: at_ms})
    await held.execute(statement("streak_rezone"), user_id, at_ms)
    await settle_midnights(held, {user_id: at_ms})


async def _settle(held: Connection, reached: Mapping[UserId, tuple[int, date | None]]) -> list[Midnight]:
    """`reached`: the instant, and the day whose item proves that those before it are over where the person is."""
    spent: list[Midnight] = []
    while reached:
        until, days = zip(*reached.values(), strict=True)
        rows = await held.fetch(statement("midnights"), list(reached), until, days)
        spent += [Midnight(*row[:-1]) for row in rows]
        reached = {row["user_id"]: reached[row["user_id"]] for row in rows if row["again"]}
    return spent


def _between_midnights(changes: Iterable[DayChange]) -> list[list[DayChange]]:
    """The changes in order of time, cut so that nobody passes a midnight within one part. Nearly always one."""
    of_user: dict[UserId, dict[tuple[int, date | None], list[DayChange]]] = {}
    for change in sorted(changes, key=lambda change: change.at_ms):
        instant = (change.at_ms // QUARTER_MS, _lived(change))
        of_user.setdefault(change.user_id, {}).setdefault(instant, []).append(change)
    parts: list[list[DayChange]] = []
    for instants in of_user.values():
        for index, together in enumerate(instants.values()):
            if index == len(parts):
                parts.append([])
            parts[index] += together
    return parts


def _lived(change: DayChange) -> date | None:
    """The day it is where the person is, as far as the change can tell."""
    return change.day if change.live and change.kind == "active" else None


async def _append(held: Connection, changes: Sequence[DayChange]) -> list[StreakMove]:
    """Days that only follow what there is, of people with one change; everybody else is left as they were."""
    count = Counter(change.user_id for change in changes)
    alone = [change for change in changes if change.kind == "active" and count[change.user_id] == 1]
    if not alone:
        return []
    rows = await held.fetch(
        statement("streak_appends"),
        [change.user_id for change in alone],
        [change.day for change in alone],
        [change.at_ms for change in alone],
        [change.cause for change in alone],
        [change.live for change in alone],
        [change.occurred_ms for change in alone],
    )
    return [StreakMove(*row) for row in rows]


async def _fold(held: Connection, changes: Sequence[DayChange]) -> list[StreakMove]:
    """Changes between two midnights."""
    if not changes:
        return []
    await _settle(held, {change.user_id: (change.at_ms, _lived(change)) for change in changes})
    by_day: dict[tuple[UserId, date], DayChange] = {}
    for change in changes:
        name = (change.user_id, change.day)
        if change.kind != "widened" or name not in by_day:
            by_day[name] = change
    turned = await _turn(held, list(by_day.values()))
    turned += await _skip(held, [(one, by_day[one.user_id, one.day].at_ms) for one in turned if one.skips])
    return await _recompute(held, turned, by_day)


async def _turn(held: Connection, changes: Sequence[DayChange]) -> list[_Turned]:
    rows = await held.fetch(
        statement("days"),
        [change.user_id for change in changes],
        [change.day for change in changes],
        [change.at_ms for change in changes],
        [change.cause for change in changes],
        [change.kind for change in changes],
    )
    return [_Turned(*row) for row in rows]


async def _skip(held: Connection, around: Sequence[tuple[_Turned, int]]) -> list[_Turned]:
    """The days a change of zone swallowed beside these, and those it did not after all."""
    if not around:
        return []
    users = [one.user_id for one, _at in around]
    days = [one.day for one, _at in around]
    rows = await held.fetch(statement("skips"), users, days, [at for _one, at in around])
    return [_Turned(user_id, day, 0, freezes, stands, False) for user_id, day, stands, freezes in rows]


async def _recompute(
    held: Connection, turned: Sequence[_Turned], changes: Mapping[tuple[UserId, date], DayChange]
) -> list[StreakMove]:
    at = {change.user_id: change.at_ms for change in changes.values()}
    told = [(one, changes.get((one.user_id, one.day))) for one in turned]
    # A widened day is what it was; a day it made skipped stands for itself.
    told = [(one, change) for one, change in told if change is None or change.kind != "widened"]
    if not told:
        return []
    rows = await held.fetch(
        statement("streaks"),
        [one.user_id for one, _ in told],
        [one.day for one, _ in told],
        [change.at_ms if change else at[one.user_id] for one, change in told],
        [one.turned for one, _ in told],
        [one.freezes for one, _ in told],
        [one.stands for one, _ in told],
        [change.live if change else False for _, change in told],
        [change.occurred_ms if change else None for _, change in told],
    )
    return [StreakMove(*row) for row in rows]


def _after(earlier: StreakMove, later: StreakMove) -> StreakMove:
    return replace(
        later,
        longest_before=earlier.longest_before,
        active_days_before=earlier.active_days_before,
        seen_before=earlier.seen_before,
        day=max(earlier.day, later.day),
    )
