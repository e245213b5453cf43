"""The whole key schema on one page.

All keys of one raid share the hash tag `{raid_id}`, so that every script runs on one node of a cluster.

==================================  =======  ==========================================  ===============================
key                                 type     life                                        holds
==================================  =======  ==========================================  ===============================
raid:{id}:state                     hash     while live; 1 h after the end; then loaded  the raid as it stands
raid:{id}:members                   hash     as state                                    user id -> {name, joined_at}
raid:{id}:xp, raid:{id}:tasks       hash     as state                                    user id -> contributed, also of
                                                                                         those who left
raid:{id}:by_join                   zset     as state                                    user id by time of joining
raid:{id}:log                       stream   as state; last 1,000 audited, all           the entries, id `<seq>-0`
                                             unaudited
raid:{id}:contributions             hash     as state                                    contribution id -> what repeats
                                                                                         and voids need of it
raid:{id}:past                      hash     as state                                    user id -> left | removed
raid:{id}:day_xp                    hash     as state, only with a daily cap             user id:day -> xp
raid:{id}:commands                  zset     as state; as far back as the log            command id by its first seq
raid:{id}:load:<id>:<one of these>           10 min                                      a state being loaded
raid:{id}:events                    channel                                              what subscribers get
session:{token_hash}                string   24 h                                        a cache of the sessions table
sessions:revoked                    channel                                              token hashes
raids:deadlines, raids:unaudited    zset                                                 hints for the worker, by ms
==================================  =======  ==========================================  ===============================
"""

from raidline.ids import RaidId, TokenHash

PARTS = ("state", "members", "xp", "tasks", "by_join", "log", "contributions", "past", "day_xp", "commands")
"""The ten keys of a raid, in the order in which every script takes them."""

SESSIONS_REVOKED = "sessions:revoked"

SESSION_SECONDS = 24 * 3600
"""How long a session is remembered in Redis, alive or ended."""

SESSION_ENDED = "revoked"
"""Stands in the place of a session that was ended, so that a look-up that began before cannot bring it back."""

RAIDS_DEADLINES = "raids:deadlines"
RAIDS_UNAUDITED = "raids:unaudited"


def raid_key(raid_id: RaidId, part: str) -> str:
    return f"raid:{{{raid_id}}}:{part}"


def raid_keys(raid_id: RaidId) -> list[str]:
    prefix = f"raid:{{{raid_id}}}:"
    return [prefix + part for part in PARTS]


def load_keys(raid_id: RaidId, load_id: str) -> list[str]:
    """Where a state is built before it is put in place; the same hash tag, so that it can be renamed."""
    return [raid_key(raid_id, f"load:{load_id}:{part}") for part in PARTS]


def events_channel(raid_id: RaidId) -> str:
    return raid_key(raid_id, "events")


def session_key(token_hash: TokenHash) -> str:
    return f"session:{{{token_hash}}}"
