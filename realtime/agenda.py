"""What the worker should look at next: raids by a moment in milliseconds, in sorted sets.

Only hints: each is refilled or swept for from elsewhere, so losing one costs time, never an entry.
"""

from collections.abc import Iterable, Sequence

from raidline.ids import RaidId
from realtime import keys
from realtime.calls import Call
from realtime.scripting import Scripting
from realtime.scripts import script


class Agenda:
    """Every method raises RedisAway."""

    def __init__(self, scripted: Scripting) -> None:
        self._scripted = scripted

    async def now_ms(self) -> int:
        """By the clock that the scripts go by."""
        seconds, microseconds = await self._scripted.call(Call(script("clock"), [keys.RAIDS_DEADLINES], []))
        return int(seconds) * 1000 + int(microseconds) // 1000

    async def deadlines_due(self, limit: int) -> list[RaidId]:
        return await self._due(keys.RAIDS_DEADLINES, await self.now_ms(), limit)

    async def drop_deadline(self, raid_id: RaidId) -> None:
        await self._scripted.plain([["ZREM", keys.RAIDS_DEADLINES, raid_id]])

    async def note_deadlines(self, deadlines: Sequence[tuple[RaidId, int]]) -> None:
        if deadlines:
            scored = [word for raid_id, deadline_ms in deadlines for word in (deadline_ms, raid_id)]
            await self._scripted.plain([["ZADD", keys.RAIDS_DEADLINES, *scored]])

    async def take_unaudited(self, age_ms: int, limit: int) -> list[RaidId]:
        """Raids hinted at least `age_ms` ago. They are off the list at once, so that a hint given while they are
        looked at is not lost."""
        taken = await self._due(keys.RAIDS_UNAUDITED, await self.now_ms() - age_ms, limit)
        if taken:
            await self._scripted.plain([["ZREM", keys.RAIDS_UNAUDITED, *taken]])
        return taken

    async def note_unaudited(self, raid_ids: Iterable[RaidId]) -> None:
        now = await self.now_ms()
        scored = [word for raid_id in raid_ids for word in (now, raid_id)]
        if scored:
            await self._scripted.plain([["ZADD", keys.RAIDS_UNAUDITED, "NX", *scored]])

    async def _due(self, key: str, by_ms: int, limit: int) -> list[RaidId]:
        found = (await self._scripted.plain([["ZRANGEBYSCORE", key, "-inf", by_ms, "LIMIT", 0, limit]]))[0]
        return [RaidId(int(raid_id)) for raid_id in found]
