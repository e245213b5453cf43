"""Leaderboards in Redis: told totals, filled where they are missing, read with ranks.

A board is a copy: what is lost is made anew from Postgres (`server/leaderboards.py`). Totals are absolute and carry a
version, so that they may come late, twice or in any order, and while the board is being filled.
"""

import itertools
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from raidline.boards import BoardName, Total
from raidline.ids import UserId
from realtime import keys
from realtime.answers import Reply
from realtime.calls import RUN_ID, Call
from realtime.scripting import Scripting
from realtime.scripts import script

BUILD_MS = 10 * 60 * 1000
"""A board that nobody has finished after this long is gone."""

READ_AT_ONCE = 2000

RENAMED_AT_ONCE = 200
"""Boards that are told of a name in one pipeline."""

NO_LIFE = ""
"""Whatever life the board has."""

NAMELESS = ""
"""In the place of the name of somebody who is no more: their place stays, so that nobody's rank changes."""

Around = Literal["me"]


@dataclass(frozen=True, slots=True)
class Place:
    """The point of a board's order after which a page begins: a total that stands there, or once did."""

    xp: int
    reached_ms: int
    user_id: UserId

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Raises ValueError for what is no place."""
        numbers = text.split("-")
        if len(numbers) != 3 or not all(one.isascii() and one.isdigit() and len(one) <= 19 for one in numbers):
            raise ValueError("not a cursor")
        return cls(int(numbers[0]), int(numbers[1]), UserId(int(numbers[2])))

    def __str__(self) -> str:
        return f"{self.xp}-{self.reached_ms}-{self.user_id}"


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody on a board. `rank` is one more than the number of people with more XP; `tied`: others have as much."""

    rank: int
    user_id: UserId
    name: str
    xp: int
    tied: bool
    reached_ms: int

    @property
    def place(self) -> Place:
        return Place(self.xp, self.reached_ms, self.user_id)

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Row":
        rank, user_id, name, xp, tied, reached_ms = texts
        return cls(int(rank), UserId(int(user_id)), name, int(xp), tied == "1", int(reached_ms))


@dataclass(frozen=True, slots=True)
class BoardPage:
    rows: tuple[Row, ...]
    me: Row | None
    final: bool
    following: Place | None
    """Where the next page begins; None on the last."""
    edition: str
    """Changes with every change of the board, and is never the same for two lives of it."""


@dataclass(frozen=True, slots=True)
class Building:
    """A board that was begun. `final`: it has to be filled with what is final."""

    board: BoardName
    life: str
    final: bool
    ready: bool


class BoardStore:
    """Every method raises RedisAway."""

    def __init__(self, scripted: Scripting) -> None:
        self._scripted = scripted

    async def feed(self, boards: Mapping[str, Iterable[Sequence[Any]]]) -> None:
        """Tell boards of totals, as the outbox has them: [user id, name, xp, version, reached ms] each.

        Those that are not there, and final ones, stay as they are.
        """
        calls = [_put_call(BoardName(board), NO_LIFE, totals) for board, totals in boards.items()]
        if calls:
            await self._scripted.run(calls)

    async def begin(self, board: BoardName, now_ms: int, *, final: bool) -> Building:
        """From here on the board takes what it is told. Whoever begins it reads the totals only after this."""
        arguments = [RUN_ID, secrets.token_hex(8), int(final), BUILD_MS]
        call = Call(script("board_begin"), keys.board_keys(board), arguments)
        await self._scripted.plain(_noted(board, now_ms, now_ms + BUILD_MS))
        state, life, is_final = await self._scripted.call(call)
        return Building(board, life.decode(), is_final == b"1", ready=state == b"ready")

    async def fill(self, building: Building, totals: Sequence[Total]) -> bool:
        """Put a page of totals on it; False where that life of the board is gone."""
        reply = await self._scripted.call(_put_call(building.board, building.life, totals))
        return reply[0] == b"put"

    async def finish(self, building: Building, now_ms: int, expire_at_ms: int) -> bool:
        """It may be read now; False where that life of the board is gone."""
        arguments = [RUN_ID, building.life, expire_at_ms]
        call = Call(script("board_finish"), keys.board_keys(building.board), arguments)
        await self._scripted.plain(_noted(building.board, now_ms, expire_at_ms))
        return (await self._scripted.call(call))[0] == b"ready"

    async def page(
        self, board: BoardName, me: UserId | None, place: Place | Around | None, limit: int, *, final: bool = False
    ) -> BoardPage | None:
        """A page and where `me` stands, in one moment; None where the board has to be built first.

        With `final` one that still moves will not do. `place` "me" puts me in the midst of the page.
        """
        arguments = [RUN_ID, int(final), limit, _text(me), _text(place)]
        return _page(await self._scripted.call(Call(script("board_page"), keys.board_keys(board), arguments)))

    async def read_all(self, board: BoardName) -> list[Total] | None:
        """Everybody with XP in the board's order; None where it is not there, not ready, or moves while it is read."""
        before = await self.page(board, None, None, 1)
        standing, people, _ = keys.board_keys(board)
        totals: list[Total] = []
        for start in itertools.count(0, READ_AT_ONCE):
            members = (await self._scripted.plain([["ZRANGE", standing, start, start + READ_AT_ONCE - 1]]))[0]
            if not members:
                break
            ids = [int(member.partition(b":")[2]) for member in members]
            kept = (await self._scripted.plain([["HMGET", people, *ids]]))[0]
            totals += (_total(user_id, one) for user_id, one in zip(ids, kept, strict=True) if one is not None)
        after = await self.page(board, None, None, 1)
        unmoved = before is not None and after is not None and before.edition == after.edition
        return totals if unmoved else None

    async def drop(self, board: BoardName) -> None:
        """Away with it: the next reader builds it anew."""
        await self._scripted.plain([["DEL", *keys.board_keys(board)]])

    async def rename(self, user_id: UserId, name: str) -> None:
        """Give somebody this name on every board there is. Totals that are still under way do not take it back."""
        boards = (await self._scripted.plain([["ZRANGE", keys.LEADERBOARDS, 0, -1]]))[0]
        for start in range(0, len(boards), RENAMED_AT_ONCE):
            some = [BoardName(board.decode()) for board in boards[start : start + RENAMED_AT_ONCE]]
            await self._scripted.run([_rename_call(board, user_id, name) for board in some])

    async def forget(self, user_id: UserId) -> None:
        """Take somebody's name off every board there is; their place stays, so that nobody's rank changes."""
        await self.rename(user_id, NAMELESS)


def _noted(board: BoardName, now_ms: int, expire_at_ms: int) -> list[list[str]]:
    """Which boards there are: for renaming. Those that are over are forgotten on the way."""
    note = ["ZADD", keys.LEADERBOARDS, str(expire_at_ms), board]
    return [["ZREMRANGEBYSCORE", keys.LEADERBOARDS, "-inf", f"({now_ms}"], note]


def _put_call(board: BoardName, life: str, totals: Iterable[Sequence[Any]]) -> Call:
    packed = orjson.dumps([list(total) for total in totals])
    return Call(script("board_put"), keys.board_keys(board), [RUN_ID, life, packed])


def _rename_call(board: BoardName, user_id: UserId, name: str) -> Call:
    return Call(script("board_rename"), keys.board_keys(board), [RUN_ID, user_id, name])


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _page(reply: Reply) -> BoardPage | None:
    if reply[0] != b"ok":
        return None
    life, version, final, more = (word.decode() for word in reply[1:5])
    rows = tuple(Row.of(texts) for texts in orjson.loads(reply[6]))
    me = next((Row.of(texts) for texts in orjson.loads(reply[5])), None)
    following = rows[-1].place if more == "1" and rows else None
    return BoardPage(rows, me, final == "1", following, f"{life}-{version}")


def _total(user_id: int, kept: bytes) -> Total:
    version, reached_ms, xp, _given, name = kept.decode().split(":", 4)
    return Total(UserId(user_id), name, int(xp), int(version), int(reached_ms))
