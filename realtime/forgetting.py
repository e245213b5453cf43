"""What Redis holds of somebody who is to be forgotten, in raids and in their own keys."""

from collections.abc import Sequence

from raidline.ids import RaidId, UserId
from realtime import keys
from realtime.calls import Call
from realtime.scripting import Scripting
from realtime.scripts import script

LOG_LENGTH_MAX = 5000
"""A log that is written anew in one step, some 10 ms of Redis. One in good order has little more than 1,000."""

RAIDS_AT_ONCE = 20


async def scrub(scripted: Scripting, user_id: UserId, name: str, raid_ids: Sequence[RaidId]) -> list[RaidId]:
    """Put `name` in the place of theirs in these raids; those whose log is too long now. Raises RedisAway."""
    later: list[RaidId] = []
    for start in range(0, len(raid_ids), RAIDS_AT_ONCE):
        some = raid_ids[start : start + RAIDS_AT_ONCE]
        replies = await scripted.run([_scrub(raid_id, user_id, name) for raid_id in some])
        later += [raid_id for raid_id, reply in zip(some, replies, strict=True) if reply[0] == b"later"]
    return later


async def drop_person(scripted: Scripting, user_id: UserId) -> None:
    """Their own log, and everything ready-made about them. Raises RedisAway."""
    await scripted.plain([["DEL", *keys.own_log_keys(user_id), *keys.person_pages(user_id)]])


def _scrub(raid_id: RaidId, user_id: UserId, name: str) -> Call:
    names = [keys.raid_key(raid_id, "members"), keys.raid_key(raid_id, "log")]
    return Call(script("scrub"), names, [user_id, name, LOG_LENGTH_MAX])
