"""Leaderboards: read from Redis, filled there when they are missing, stored when they are final."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import structlog

from persistence.boards import Boards
from raidline.boards import DAY_MS, HOUR_MS, Board, Period, RaidBoard, Total, daily, weekly
from raidline.ids import UserId
from realtime.boards import Around, BoardPage, BoardStore, Building, Place
from server.outcomes import Unavailable
from server.shared_work import Shared, StillUnderWay

GRACE_MS = 10 * 60 * 1000
"""How long a board waits, once it is final, for what was decided before and is not recorded yet."""

CATCH_UP_DAYS = 35
"""How far back the worker looks for boards that it has to store. Older ones are stored when they are asked for."""

DAILY_LIFE_MS = 24 * HOUR_MS
WEEKLY_LIFE_MS = 7 * DAY_MS
"""How long after its end a board stays in Redis."""

SHORT_LIFE_MS = HOUR_MS
"""How long a board of the past stays in Redis that somebody asked for."""

RAID_LIFE_MS = 24 * HOUR_MS
"""How long a raid's board stays in Redis before it is filled anew."""

PATIENCE_SECONDS = 4.0
"""How long a reader waits for a board to be filled. It is filled on all the same: the next reader finds it."""

ROUNDS = 4

NOT_BEGUN = BoardPage((), None, final=False, following=None, edition="none")

log = structlog.get_logger(__name__)


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class Leaderboards:
    def __init__(self, store: BoardStore, boards: Boards, now_ms: Callable[[], int] = wall_clock_ms) -> None:
        self._store = store
        self._boards = boards
        self._now_ms = now_ms
        self._building: Shared[tuple[Board, bool], None] = Shared()
        self._storing = asyncio.Lock()
        """One board at a time: a large one takes minutes, and recording needs connections to the ledger too."""

    async def close(self) -> None:
        await self._building.close()

    async def page(self, board: Board, me: UserId | None, place: Place | Around | None, limit: int) -> BoardPage:
        """A page and where `me` stands. Raises RedisAway, LedgerAway, Unavailable."""
        now = self._now_ms()
        if isinstance(board, Period) and now < board.begins_ms:
            return NOT_BEGUN  # anybody may ask for any day to come, and none is to cost anything
        final = _may_be_stored(board, now)
        for _ in range(ROUNDS):
            found = await self._store.page(board.name, me, place, limit, final=final)
            if found is not None:
                return found
            await self._built(board, final)
        raise Unavailable("board_in_doubt")

    async def finalise_due(self) -> int:
        """Store every board of the last weeks that is final and is not stored; how many that was."""
        now = self._now_ms()
        due = {board.name: board for board in _recent(now) if _may_be_stored(board, now)}
        missing = due.keys() - await self._boards.stored(due)
        done = [name for name in sorted(missing) if await self._boards.finalise(due[name])]
        if done:
            log.info("leaderboards_final", boards=done)
        return len(done)

    async def _built(self, board: Board, final: bool) -> None:
        """One filling per board and process at a time; whoever comes meanwhile waits for that one."""
        try:
            await self._building.of((board, final), lambda: self._build(board, final), PATIENCE_SECONDS)
        except StillUnderWay as error:
            raise Unavailable("board_building") from error

    async def _build(self, board: Board, final: bool) -> None:
        for _ in range(ROUNDS):
            building = await self._store.begin(board.name, self._now_ms(), final=final)
            if building.ready or await self._filled(building, board):
                return

    async def _filled(self, building: Building, board: Board) -> bool:
        """The totals are read only now that the board takes what it is told."""
        async for page in self._totals(board, building.final):
            if not await self._store.fill(building, page):
                return False
        now = self._now_ms()
        return await self._store.finish(building, now, _expires_ms(board, now))

    async def _totals(self, board: Board, final: bool) -> AsyncIterator[list[Total]]:
        if isinstance(board, Period) and final:
            await self._ensure_stored(board)
            pages = self._boards.final_totals(board.name)
        else:
            pages = self._boards.totals(board)
        async for page in pages:
            yield page

    async def _ensure_stored(self, period: Period) -> None:
        """Store it where no worker has. One that nobody took part in is not: anybody may ask for any day."""
        if await self._boards.stored([period.name]) or not await self._boards.taken_part(period):
            return
        async with self._storing:
            await self._boards.finalise(period)


def _may_be_stored(board: Board, now_ms: int) -> bool:
    return isinstance(board, Period) and now_ms >= board.final_ms + GRACE_MS


def _recent(now_ms: int) -> list[Period]:
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    days = [today - timedelta(days=age) for age in range(CATCH_UP_DAYS)]
    return [*(daily(day) for day in days), *(weekly(day) for day in days)]


def _expires_ms(board: Board, now_ms: int) -> int:
    if isinstance(board, RaidBoard):
        return now_ms + RAID_LIFE_MS
    life = DAILY_LIFE_MS if board.first == board.last else WEEKLY_LIFE_MS
    return max(board.ends_ms + life, now_ms + SHORT_LIFE_MS)
