"""Read a whole raid from the ledger. The caller holds the raid's row, so that all of it belongs together."""

from persistence.pool import Connection
from persistence.rows import HealedRaid, KnownKey, MemberRow, RaidRow
from persistence.statements import statement
from raidline.ids import RaidId, UserId

COMMANDS_KEPT = 1000


async def read_raid(held: Connection, raid_id: RaidId, key_limit: int) -> HealedRaid:
    """Everything of a raid that exists."""
    raid = RaidRow.of((await held.fetch(statement("raid_row"), raid_id))[0])
    members = await held.fetch(statement("raid_members_of"), raid_id)
    commands = await held.fetch(statement("raid_commands"), raid_id, COMMANDS_KEPT)
    return HealedRaid(
        raid,
        [
            MemberRow(row["user_id"], row["username"] or "", row["joined_at_ms"] or raid.created_at_ms)
            for row in members
            if row["state"] == "member"
        ],
        {row["user_id"]: row["state"] for row in members if row["state"] in ("left", "removed")},
        {row["user_id"]: row["xp"] for row in members},
        {row["user_id"]: row["tasks"] for row in members},
        await _day_xp(held, raid),
        raid.contribution_count,
        [(row["command_id"], row["seq"]) for row in commands],
        await _keys(held, raid, key_limit),
    )


async def _day_xp(held: Connection, raid: RaidRow) -> list[tuple[UserId, str, int]]:
    if raid.max_xp_per_member_per_day is None:
        return []
    rows = await held.fetch(statement("raid_day_xp"), raid.id)
    return [(row["user_id"], row["day"].isoformat(), row["xp"]) for row in rows]


async def _keys(held: Connection, raid: RaidRow, key_limit: int) -> list[KnownKey] | None:
    if raid.contribution_count > key_limit:
        return None
    return [KnownKey.of(row) for row in await held.fetch(statement("raid_keys"), raid.id)]
