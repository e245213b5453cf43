"""Leaderboards in Redis as they are, for whoever compares them: what readers are shown, and what it is kept from."""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from raidline.boards import BoardName
from raidline.ids import UserId
from realtime import keys
from realtime.scripting import Scripting

READ_AT_ONCE = 2000


class Stand(NamedTuple):
    """Where somebody stands: by the XP that ranks them, and when they got there."""

    xp: int
    reached_ms: int


class _About(NamedTuple):
    """Fields of the hash of that name, see board.lua."""

    run_id: bytes | None
    life: bytes | None
    state: bytes | None
    final: bytes | None
    version: bytes | None


@dataclass(frozen=True, slots=True)
class InspectedBoard:
    final: bool
    standing: dict[UserId, list[Stand]]
    """Everybody who has a rank; more than one stand of somebody is one too many."""
    kept: dict[UserId, int]
    """The XP noted of everybody who has a rank; 0 where nothing is."""


class BoardInspector:
    """Every method raises RedisAway."""

    def __init__(self, scripted: Scripting) -> None:
        self._scripted = scripted

    async def boards_held(self) -> list[BoardName]:
        """The boards there are, or were until lately."""
        names = (await self._scripted.plain([["ZRANGE", keys.LEADERBOARDS, 0, -1]]))[0]
        return [BoardName(name.decode()) for name in names]

    async def inspect(self, board: BoardName) -> InspectedBoard | None:
        """All of it; None where there is none that anybody is shown, or it moves while it is read."""
        before = await self._about(board)
        if before is None:
            return None
        found = InspectedBoard(before.final == b"1", defaultdict(list), {})
        for start in itertools.count(0, READ_AT_ONCE):
            if not await self._take(board, start, found):
                break
        return found if await self._about(board) == before else None

    async def _about(self, board: BoardName) -> _About | None:
        """What says whether it is shown to anybody, and changes with every change of it."""
        _, _, about = keys.board_keys(board)
        run_id = await self._scripted.run_id(about)
        said = _About(*(await self._scripted.plain([["HMGET", about, *_About._fields]]))[0])
        return said if said.run_id == run_id.encode() and said.state == b"ready" else None

    async def _take(self, board: BoardName, start: int, found: InspectedBoard) -> bool:
        """The next of them; False after the last."""
        standing, people, _ = keys.board_keys(board)
        last = start + READ_AT_ONCE - 1
        rows = (await self._scripted.plain([["ZRANGE", standing, start, last, "WITHSCORES"]]))[0]
        ids: list[UserId] = []
        for member, score in rows:
            reached_ms, _, user_id = member.partition(b":")
            ids.append(UserId(int(user_id)))
            found.standing[ids[-1]].append(Stand(-int(score), int(reached_ms)))
        if ids:
            noted = (await self._scripted.plain([["HMGET", people, *ids]]))[0]
            found.kept.update((user_id, _xp(one)) for user_id, one in zip(ids, noted, strict=True))
        return bool(ids)


def _xp(noted: bytes | None) -> int:
    """`version:reached_ms:xp:given:name`, as board.lua keeps it."""
    return int(noted.split(b":", 4)[2]) if noted is not None else 0
