"""What stands on leaderboards: totals from the aggregates, and boards that are final."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta

import asyncpg

from persistence.pool import Pool, connection, transaction
from persistence.statements import statement
from raidline.boards import HOUR_MS, Board, BoardName, Period, RaidBoard, Total
from raidline.ids import UserId

PAGE = 1000

EARLIER_MS = HOUR_MS
"""Something may be dated a little ahead of the clock, so it can be decided before its day begins anywhere."""

PATIENCE_SECONDS = 305.0
"""A little longer than storing a board may take, see board_patience.sql."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Boards:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(self, pool: Pool, *, page: int = PAGE) -> None:
        self._pool = pool
        self._page = page

    async def totals(self, board: Board) -> AsyncIterator[list[Total]]:
        """What a board that still moves should hold, in pages by user id; people without XP have 0.

        Each page is read at a moment of its own: whoever wants the whole has to take in what comes meanwhile.
        """
        after = UserId(0)
        while page := await self._totals_after(board, after):
            yield page
            after = page[-1].user_id

    async def _totals_after(self, board: Board, after: UserId) -> list[Total]:
        async with connection(self._pool) as held:
            if isinstance(board, RaidBoard):
                rows = await held.fetch(statement("board_raid_totals"), board.raid_id, after, self._page)
            else:
                rows = await held.fetch(statement("board_totals"), board.first, board.last, after, self._page)
        return [_total(row) for row in rows]

    async def final_totals(self, board: BoardName) -> AsyncIterator[list[Total]]:
        """A board that is final and stored, in pages, in its order."""
        place = 0
        while True:
            async with connection(self._pool) as held:
                rows = await held.fetch(statement("board_final_totals"), board, place, self._page)
            if not rows:
                return
            yield [_total(row) for row in rows]
            place = rows[-1]["place"]

    async def standing(self, board: Board) -> list[Total]:
        """What the board should be, in its order: as it is stored where it is final, else from the aggregates."""
        if await self.stored([board.name]):
            return [total async for page in self.final_totals(board.name) for total in page]
        totals = [total async for page in self.totals(board) for total in page if total.xp > 0]
        return sorted(totals, key=lambda total: (-total.xp, total.reached_ms, total.user_id))

    async def stored(self, boards: Iterable[BoardName]) -> set[BoardName]:
        """Those of these boards that are final and stored."""
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("boards_final"), list(boards))
        return {BoardName(row["board"]) for row in rows}

    async def waits(self, board: BoardName) -> bool:
        """Whether anything about it is still to be told."""
        async with connection(self._pool) as held:
            return bool(await held.fetchval(statement("board_waits"), board))

    async def taken_part(self, period: Period) -> bool:
        """Whether anybody did anything on its days."""
        async with connection(self._pool) as held:
            return bool(await held.fetchval(statement("board_taken_part"), period.first, period.last))

    async def finalise(self, period: Period) -> bool:
        """Store it as it stood when it became final; False where it is stored already. Whenever it is called and by
        however many, it stores the same, but for what the ledger has not recorded by then."""
        arguments = (
            *(period.name, period.first, period.last),
            *(_time(period.final_ms), _time(period.begins_ms - EARLIER_MS)),
        )
        async with transaction(self._pool) as held:
            await held.execute(statement("board_patience"))
            people = await held.fetchval(statement("board_finalise"), *arguments, timeout=PATIENCE_SECONDS)
        return people is not None


def _total(row: asyncpg.Record) -> Total:
    return Total(row["user_id"], row["name"], row["xp"], row["version"], row["reached_ms"])


def _time(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)
