"""The rules of a leaderboard in plain Python: who stands where, whatever was told in whatever order."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from raidline.boards import Total
from raidline.ids import UserId
from realtime.boards import Place, Row


@dataclass
class Board:
    newest: dict[UserId, Total] = field(default_factory=dict)

    def take(self, totals: Iterable[Total]) -> None:
        for total in totals:
            known = self.newest.get(total.user_id)
            if known is None or total.version > known.version:
                self.newest[total.user_id] = total

    def rows(self) -> list[Row]:
        """Everybody with XP: more XP first, then who got there first, then by id. "1224": equals share a rank."""
        standing = sorted((one for one in self.newest.values() if one.xp > 0), key=_order)
        xps = [one.xp for one in standing]
        return [
            Row(1 + xps.index(one.xp), one.user_id, one.name, one.xp, xps.count(one.xp) > 1, one.reached_ms)
            for one in standing
        ]

    def after(self, place: Place, limit: int) -> list[Row]:
        point = (-place.xp, place.reached_ms, place.user_id)
        return [row for row in self.rows() if (-row.xp, row.reached_ms, row.user_id) > point][:limit]

    def around(self, user_id: UserId, limit: int) -> list[Row]:
        """With the person in the midst, as far as the board's two ends allow; the top where they are not on it."""
        rows = self.rows()
        own = next((at for at, row in enumerate(rows) if row.user_id == user_id), 0)
        first = max(0, min(own - limit // 2, len(rows) - limit))
        return rows[first : first + limit]

    def row(self, user_id: UserId) -> Row | None:
        return next((row for row in self.rows() if row.user_id == user_id), None)


def _order(total: Total) -> tuple[int, int, UserId]:
    return (-total.xp, total.reached_ms, total.user_id)
