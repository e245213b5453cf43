"""Differences to be planted, one at a time in a raid of its own: in each table and each key, too little and too much.

A plant says what `raidline audit` has to name ("kind: where", a beginning of it), and by how much the raid's totals
rightly differ after the repair: only where something was added that looks like a contribution. The state may
forget old commands, and nothing to be told may have been told: for these two there is no too little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

STRAY = "7d4b1a2e-0000-4000-8000-0000000{raid:05d}"
"""The id of a contribution that nobody made."""


@dataclass(frozen=True, slots=True)
class Plant:
    """What is done: SQL, or a Redis command whose key is a part of the raid's. `{names}` are filled in."""

    named: str
    sql: str = ""
    redis: Sequence[str] = ()
    adds: tuple[int, int] = (0, 0)
    becomes: Mapping[str, str] = field(default_factory=dict)
    """What the ledger was made to say with nothing in it against that, so that it is so from now on."""


TABLES = {
    "raids: too little": Plant(
        "raid_totals: raid {raid}", "UPDATE raids SET current_xp = current_xp - 1 WHERE id = {raid}"
    ),
    "raids: too much": Plant(
        "raid_totals: raid {raid}", "UPDATE raids SET current_tasks = current_tasks + 1 WHERE id = {raid}"
    ),
    "raids: an end there was not": Plant(
        "raid_status: raid {raid}", "UPDATE raids SET status = 'failed', ended_at = now() WHERE id = {raid}"
    ),
    "raids: somebody else leads": Plant(
        "state: raid:{{{raid}}}:state leader_id",
        "UPDATE raids SET leader_id = {member} WHERE id = {raid}",
        becomes={"leaderId": "{member}"},
    ),
    "raids: another title": Plant(
        "state: raid:{{{raid}}}:state title", "UPDATE raids SET title = 'Forged' WHERE id = {raid}"
    ),
    "raids: the past watermark": Plant(
        "raid_last_seq: raid {raid}", "UPDATE raids SET last_seq = 2, audited_seq = 2 WHERE id = {raid}"
    ),
    "raids: vouched for too much": Plant(
        "raid_audited_seq: raid {raid}", "UPDATE raids SET audited_seq = 999 WHERE id = {raid}"
    ),
    "raid_members: too little": Plant(
        "member_missing: raid {raid} user {member}",
        "DELETE FROM raid_members WHERE raid_id = {raid} AND user_id = {member}",
    ),
    "raid_members: too much": Plant(
        "member_totals: raid {raid} user {leader}",
        "UPDATE raid_members SET xp = xp + 1 WHERE raid_id = {raid} AND user_id = {leader}",
    ),
    "raid_members: back in": Plant(
        "membership: raid {raid} user {gone}",
        "UPDATE raid_members SET state = 'member' WHERE raid_id = {raid} AND user_id = {gone}",
    ),
    "contribution_keys: too little": Plant(
        "key_missing: raid {raid} contribution {one}",
        "DELETE FROM contribution_keys WHERE contribution_id = '{one}'",
    ),
    "contribution_keys: too much": Plant(
        "contribution_missing: raid {raid} contribution {stray}",
        "INSERT INTO contribution_keys (raid_id, contribution_id, epoch, seq, fingerprint, user_id, xp, day,"
        " contributed_at) SELECT raid_id, '{stray}', epoch, seq + 900, '', user_id, 4, day, contributed_at"
        " FROM contribution_keys WHERE contribution_id = '{one}'",
        adds=(4, 1),
    ),
    "contributions: too little": Plant(
        "contribution_missing: raid {raid} contribution {one}",
        "DELETE FROM contributions WHERE contribution_id = '{one}'",
    ),
    "contributions: too much": Plant(
        "contribution_twice: raid {raid} contribution {one}",
        "INSERT INTO contributions SELECT * FROM contributions WHERE contribution_id = '{one}'",
    ),
    "contributions: both the row and its key": Plant(
        "unrecorded: raid {raid} entry",
        "WITH gone AS (DELETE FROM contributions WHERE contribution_id = '{one}')"
        " DELETE FROM contribution_keys WHERE contribution_id = '{one}'",
    ),
    "contribution_voids: too little": Plant(
        "void_missing: raid {raid} contribution {voided}",
        "DELETE FROM contribution_voids WHERE contribution_id = '{voided}'",
    ),
    "contribution_voids: too much": Plant(
        "void_without_entry: raid {raid} contribution {one}",
        "INSERT INTO contribution_voids SELECT raid_id, contribution_id, 1, 1, user_id, xp, day, now(), true"
        " FROM contribution_keys WHERE contribution_id = '{one}'",
    ),
    "user_stats: too little": Plant(
        "user_stats_missing: user {member}", "DELETE FROM user_stats WHERE user_id = {member}"
    ),
    "user_stats: too much": Plant(
        "user_stats: user {member}", "UPDATE user_stats SET xp = xp + 1 WHERE user_id = {member}"
    ),
    "user_daily_stats: too little": Plant(
        "user_day_missing: user {member} day", "DELETE FROM user_daily_stats WHERE user_id = {member}"
    ),
    "user_daily_stats: too much": Plant(
        "user_day: user {member} day 2001-01-01",
        "INSERT INTO user_daily_stats VALUES ({member}, '2001-01-01', 5, 1)",
    ),
    "raid_events: too little": Plant(
        "unrecorded: raid {raid} entry",
        "DELETE FROM raid_events WHERE raid_id = {raid} AND event = 'member_join'",
    ),
    "raid_events: too much": Plant(
        "raid_status: raid {raid}",
        "INSERT INTO raid_events SELECT raid_id, epoch, 900, 'raid_failed', gen_random_uuid(), at,"
        ' entry || \'{{"event": "raid_failed", "status": "failed"}}\''
        " FROM raid_events WHERE raid_id = {raid} AND event = 'raid_start'",
        becomes={"status": "failed"},
    ),
    "outbox: too much": Plant(
        "outbox: outbox",
        "INSERT INTO outbox (topic, payload, created_at)"
        " VALUES ('raid_ended', '{{\"raidId\": {raid}}}', now() - interval '2 minutes')",
    ),
    "invite_codes: too little": Plant("invite_code: raid {raid}", "DELETE FROM invite_codes WHERE raid_id = {raid}"),
}

KEYS = {
    "state: too little": Plant("state: raid {raid}", redis=("DEL", "state")),
    "state: too much": Plant("state: raid:{{{raid}}}:state current_xp", redis=("HINCRBY", "state", "current_xp", "1")),
    "state: a field gone": Plant("state: raid:{{{raid}}}:state title", redis=("HDEL", "state", "title")),
    "state: vouched for too much": Plant(
        "watermark: raid:{{{raid}}}:state audited_seq", redis=("HINCRBY", "state", "audited_seq", "900")
    ),
    "members: too little": Plant("members: raid:{{{raid}}}:members {member}", redis=("HDEL", "members", "{member}")),
    "members: too much": Plant(
        "members: raid:{{{raid}}}:members {gone}",
        redis=("HSET", "members", "{gone}", '{{"name":"back","joined_at":1}}'),
    ),
    "xp: too little": Plant("xp: raid:{{{raid}}}:xp {member}", redis=("HDEL", "xp", "{member}")),
    "xp: too much": Plant("xp: raid:{{{raid}}}:xp {member}", redis=("HINCRBY", "xp", "{member}", "1")),
    "tasks: too little": Plant("tasks: raid:{{{raid}}}:tasks {member}", redis=("DEL", "tasks")),
    "tasks: too much": Plant("tasks: raid:{{{raid}}}:tasks 999999", redis=("HSET", "tasks", "999999", "1")),
    "by_join: too little": Plant("by_join: raid:{{{raid}}}:by_join {leader}", redis=("ZREM", "by_join", "{leader}")),
    "by_join: too much": Plant("by_join: raid:{{{raid}}}:by_join {gone}", redis=("ZADD", "by_join", "1", "{gone}")),
    "log: too little": Plant("log: raid:{{{raid}}}:log", redis=("XDEL", "log", "5-0")),
    "log: all of it": Plant("log: raid:{{{raid}}}:log", redis=("DEL", "log")),
    "contributions: too little in Redis": Plant(
        "contributions: raid:{{{raid}}}:contributions {one}", redis=("HDEL", "contributions", "{one}")
    ),
    "contributions: too much in Redis": Plant(
        "contributions: raid:{{{raid}}}:contributions {stray}",
        redis=("HSET", "contributions", "{stray}", "1-1|x|{member}|4|1|2026-01-01|0"),
    ),
    "past: too little": Plant("past: raid:{{{raid}}}:past {gone}", redis=("DEL", "past")),
    "past: too much": Plant("past: raid:{{{raid}}}:past {member}", redis=("HSET", "past", "{member}", "removed")),
    "day_xp: too little": Plant("day_xp: raid:{{{raid}}}:day_xp {leader}:", redis=("DEL", "day_xp")),
    "day_xp: too much": Plant(
        "day_xp: raid:{{{raid}}}:day_xp {member}:2001-01-01",
        redis=("HSET", "day_xp", "{member}:2001-01-01", "9"),
    ),
    "commands: too much": Plant(
        "commands: raid:{{{raid}}}:commands {stray}", redis=("ZADD", "commands", "3", "{stray}")
    ),
}

ALL = TABLES | KEYS
