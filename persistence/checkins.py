"""Check-ins: a day counts without a contribution. The first of a day does something, all get its answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import asyncpg

from persistence.effects import effects_json
from persistence.folding import Fold, lock
from persistence.pool import Connection, Pool, transaction
from persistence.progress import announce, events_of, follow
from persistence.recording import again_on_collision
from persistence.rows import OutboxRow
from persistence.statements import statement
from persistence.unlocking import Move
from raidline.ids import UserId

CHECKIN = "checkin"


@dataclass(frozen=True, slots=True)
class CheckIn:
    """`answer` is ready JSON, the same for every call of the day: `{streak, unlocked, rewards, level}`."""

    answer: bytes
    first: bool
    """This call has counted; the others change nothing."""
    outbox: list[OutboxRow] = field(default_factory=list)


async def check_in(
    pool: Pool, user_id: UserId, day: date, occurred_at_ms: int, at_ms: int, live: bool
) -> CheckIn | None:
    """Check somebody in on a local day; None where there is no such person. Raises `LedgerAway`.

    `live`: the day is not over where they are. As for recording, after `LedgerAway` it is not known to have happened.
    """
    return await again_on_collision(lambda: _check_in(pool, user_id, day, occurred_at_ms, at_ms, live))


async def _check_in(
    pool: Pool, user_id: UserId, day: date, occurred_at_ms: int, at_ms: int, live: bool
) -> CheckIn | None:
    async with transaction(pool) as held:
        await lock(held, [], [user_id])
        rows = await held.fetch(statement("checkin"), user_id, day, occurred_at_ms, at_ms, live)
        if not rows:
            known = await held.fetchval(statement("checkin_answer"), user_id, day)
            return CheckIn(known.encode(), first=False) if known else None
        return await _answered(held, rows, user_id, day)


async def _answered(held: Connection, rows: Sequence[asyncpg.Record], user_id: UserId, day: date) -> CheckIn:
    fold = Fold.of(rows, CHECKIN)
    count = next(row["a"] for row in rows if row["kind"] == CHECKIN)
    at_ms = fold.people[user_id].at_ms
    progress = await follow(held, fold.people, fold.days, [Move(user_id, "checkins_total", count - 1, count, at_ms)])
    unlocked = progress.unlocks.unlocked.get(user_id, ())
    answer = effects_json(progress.streaks[user_id], day, unlocked, progress.levels.get(user_id))
    await held.execute(statement("checkin_answered"), user_id, day, answer.decode())
    return CheckIn(answer, True, await announce(held, events_of(progress, fold.people, {}), [user_id]))
