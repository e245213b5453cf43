"""How a raid came to where it is, for the chart of whoever opens it: read once for all who ask together."""

from __future__ import annotations

import orjson

from persistence.courses import Course, read_course
from persistence.pool import Pool
from raidline.ids import RaidId
from realtime.times import rfc3339
from server.cache import ExpiringCache
from server.shared_work import Shared
from server.times import now_ms

POINTS_DEFAULT, POINTS_LEAST, POINTS_MOST = 120, 2, 500

_SIZES = (2, 3, 5, 10, 20, 30, 60, 120, 250, 500)
"""Numbers of points that are read. Whoever asks for another gets the next smaller, or each number there is would be a
reading of the whole ledger."""

IN_MEMORY_S = 3.0
"""A raid may have a million contributions, and its page thousands of readers who come when it begins."""

IN_MEMORY_MAX = 500

_Asked = tuple[RaidId, int]


class Courses:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._memory: ExpiringCache[_Asked, bytes] = ExpiringCache(IN_MEMORY_MAX, IN_MEMORY_S)
        self._reading: Shared[_Asked, bytes] = Shared()

    async def course_json(self, raid_id: RaidId, points: int) -> bytes:
        """At most so many points (POINTS_LEAST or more), up to IN_MEMORY_S old. Whoever may see the raid may see it.

        Raises LedgerAway; KeyError for no raid.
        """
        asked = (raid_id, max(size for size in _SIZES if size <= points))
        known = self._memory.get(asked)
        if known is not None:
            return known
        return await self._reading.of(asked, lambda: self._read(asked))

    async def _read(self, asked: _Asked) -> bytes:
        raid_id, points = asked
        course = await read_course(self._pool, raid_id, points - 1)  # the start is one of them
        if course is None:
            raise KeyError(raid_id)
        made = course_json(course, now_ms())
        self._memory.put(asked, made)
        return made


def course_json(course: Course, now: int) -> bytes:
    """The totals at the start are zero; what follows are the ledger's own at those moments."""
    raid = course.raid
    start = raid.started_at_ms
    begins = [] if start is None else [_point(start, 0, 0)]
    return orjson.dumps(
        {
            "raidId": raid.id,
            "from": rfc3339(start if start is not None else raid.created_at_ms),
            "to": rfc3339(raid.ended_at_ms or now),
            "points": begins + [_point(one.at_ms, one.current_xp, one.current_tasks) for one in course.points],
        }
    )


def _point(at_ms: int, xp: int, tasks: int) -> dict[str, object]:
    return {"at": rfc3339(at_ms), "currentXp": xp, "currentTasks": tasks}
