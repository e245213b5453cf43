"""Leaderboards in Redis held against the totals they show, and dropped where they differ: they are copies."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

from persistence.audit import Difference
from persistence.boards import Boards
from raidline.boards import Board, Period, Total, daily, parse_board, weekly
from realtime.board_inspection import BoardInspector, InspectedBoard
from realtime.keys import board_keys
from server.leaderboards import wall_clock_ms
from server.services import Services

LOOKS = 10
LOOK_AGAIN_SECONDS = 0.3


class BoardAudit:
    """Every method raises LedgerAway and RedisAway."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._boards = Boards(services.pool)
        self._inspector = BoardInspector(services.scripted)

    async def compared(self) -> AsyncIterator[tuple[Board, list[Difference]]]:
        """Every board there is in Redis, with what differs: only what is seen twice in a row does."""
        held = await self._inspector.boards_held()
        boards = {name: board for name in held if (board := parse_board(name)) is not None}
        boards |= {board.name: board for board in _around_now()}
        for board in boards.values():
            yield board, await self._of_board(board)

    async def build_anew(self, board: Board) -> None:
        await self._services.board_store.drop(board.name)
        await self._services.leaderboards.page(board, None, None, 1)

    async def _of_board(self, board: Board) -> list[Difference]:
        found: list[Difference] = []
        for _ in range(LOOKS):
            before, found = found, await self._between(board)
            if not found or found == before:
                break
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return found

    async def _between(self, board: Board) -> list[Difference]:
        held = await self._inspector.inspect(board.name)
        if held is None or await self._is_over(board, held):
            return []
        expected = await self._boards.standing(board)
        # What is still to be told is no difference, as long as the outbox is none.
        found = list(_differences(board, expected, held))
        return [] if found and await self._boards.waits(board.name) else found

    async def _is_over(self, board: Board, held: InspectedBoard) -> bool:
        """A board that has become final is filled anew before anybody is shown it again."""
        if not isinstance(board, Period) or held.final:
            return False
        return wall_clock_ms() >= board.final_ms or bool(await self._boards.stored([board.name]))


def _differences(board: Board, expected: list[Total], held: InspectedBoard) -> Iterator[Difference]:
    key, _, _ = board_keys(board.name)
    wanted = {total.user_id: f"xp={total.xp} at={total.reached_ms}" for total in expected}
    found = {
        user_id: " and ".join(f"xp={stand.xp} at={stand.reached_ms}" for stand in stands)
        for user_id, stands in held.standing.items()
    }
    for user_id in sorted(wanted.keys() | found.keys()):
        should, does = wanted.get(user_id, "nothing"), found.get(user_id, "nothing")
        if should != does:
            yield Difference("board", f"{key} user {user_id}", should, does)
        elif held.kept[user_id] != held.standing[user_id][0].xp:
            yield Difference("board", f"{key} user {user_id}", should, f"ranked so, but noted xp={held.kept[user_id]}")


def _around_now() -> list[Period]:
    """The boards that most are shown, even where Redis has lost count of which there are."""
    today = datetime.fromtimestamp(wall_clock_ms() / 1000, UTC).date()
    days = [today + timedelta(days=offset) for offset in (-1, 0, 1)]
    return [*(daily(day) for day in days), *(weekly(day) for day in days)]
