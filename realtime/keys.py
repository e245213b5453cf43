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
raid:{id}:presence                  hash     25 s after the last who watched; so are     run_id, life and version of
                                             the next three                              what is told of presence
raid:{id}:servers                   zset                                                 server by the end of its lease
raid:{id}:watched                   zset                                                 `<server>:<user id>`
raid:{id}:online                    zset                                                 user id by when they go off
raid:{id}:events                    channel                                              what subscribers get
user:{id}:log                       stream   7 d; the last 1,000                         one's own events, id `<seq>-0`
user:{id}:log_state                 hash     as log                                      its epoch, its head, and the
                                                                                         run of Redis it belongs to
user:{id}:log_ids                   zset     as log                                      ids of its events, by time
user:{id}:events                    channel                                              what their streams get
user:{id}:achievements              string   1 h                                         ready-made, dropped on a change
user:{id}:achievement_progress      string   15 min                                      the same
user:{id}:stats                     string   15 min                                      the same
achievements:all, achievement:<id>  string   24 h                                        definitions, ready-made
achievements:analytics              string   15 min                                      ready-made
achievements:version                counter                                              rises with their changes; each
                                                                                         ready-made page says its own
<a ready-made page>:lease           string   30 s                                        who may put the page there
leaderboard:{board}                 zset     day 24 h, week 7 d after its end; raid 24 h `<ms>:<user id>` by -xp
leaderboard:{board}:people          hash     as the board                                user id -> version, xp, name
leaderboard:{board}:about           hash     as the board                                life, building | ready, final
leaderboards                        zset                                                 boards there are, by their end
session:{token_hash}                string   24 h                                        a cache of the sessions table
user:{id}:stream_tickets            hash     60 s                                        hash -> its end, run of Redis,
                                                                                         session, raid
sessions:revoked                    channel                                              token hashes
pages:dropped                       channel                                              {people}: their ready-made
                                                                                         pages are dropped; null: all
people:changed                      channel                                              {userId, tokenHashes}: somebody
                                                                                         has another name or zone
raids:deadlines, raids:unaudited    zset                                                 hints for the worker, by ms
==================================  =======  ==========================================  ===============================
"""

from functools import lru_cache

from raidline.boards import BoardName
from raidline.ids import RaidId, TokenHash, UserId

PARTS = ("state", "members", "xp", "tasks", "by_join", "log", "contributions", "past", "day_xp", "commands")
"""The ten keys of a raid, in the order in which every script takes them."""

PRESENCE_PARTS = ("presence", "servers", "watched", "online")
"""The four keys of who watches a raid. They are not of its state: no heal, load or unload touches them."""

OWN_LOG_PARTS = ("log_state", "log", "log_ids")
"""The three keys of a person's own log, in the order in which every script takes them."""

_PERSON_PAGES = ("achievements", "achievement_progress", "stats")
_PERSON_PAGE_PARTS = tuple(part for page in _PERSON_PAGES for part in (page, f"{page}:lease"))

PAGES_PER_PERSON = len(_PERSON_PAGE_PARTS)

SESSIONS_REVOKED = "sessions:revoked"

PAGES_DROPPED = "pages:dropped"

SESSION_SECONDS = 24 * 3600
"""How long a session is remembered in Redis, alive or ended."""

SESSION_ENDED = "revoked"
"""Stands in the place of a session that was ended, so that a look-up that began before cannot bring it back."""

SESSION_IN_DOUBT = "asked"
"""Stands in the place of a session whose user has changed: for a while everybody asks the ledger."""

SESSION_IN_DOUBT_SECONDS = 60
"""Longer than any look-up that began before takes."""

PEOPLE_CHANGED = "people:changed"

ACHIEVEMENTS_ALL = "achievements:all"
ACHIEVEMENTS_VERSION = "achievements:version"

LEADERBOARDS = "leaderboards"

RAIDS_DEADLINES = "raids:deadlines"
RAIDS_UNAUDITED = "raids:unaudited"


def raid_key(raid_id: RaidId, part: str) -> str:
    return f"raid:{{{raid_id}}}:{part}"


@lru_cache(maxsize=10_000)
def raid_keys(raid_id: RaidId) -> tuple[str, ...]:
    """Made once for every raid that is busy: each command needs them."""
    prefix = f"raid:{{{raid_id}}}:"
    return tuple(prefix + part for part in PARTS)


def presence_keys(raid_id: RaidId) -> list[str]:
    return [raid_key(raid_id, part) for part in PRESENCE_PARTS]


def load_keys(raid_id: RaidId, load_id: str) -> list[str]:
    """Where a state is built before it is put in place; the same hash tag, so that it can be renamed."""
    return [raid_key(raid_id, f"load:{load_id}:{part}") for part in PARTS]


@lru_cache(maxsize=10_000)
def events_channel(raid_id: RaidId) -> str:
    return raid_key(raid_id, "events")


def session_key(token_hash: TokenHash) -> str:
    return f"session:{{{token_hash}}}"


def person_key(user_id: UserId, part: str) -> str:
    return f"user:{{{user_id}}}:{part}"


def own_log_keys(user_id: UserId) -> list[str]:
    prefix = f"user:{{{user_id}}}:"
    return [prefix + part for part in OWN_LOG_PARTS]


def own_events_channel(user_id: UserId) -> str:
    return person_key(user_id, "events")


def lease_key(page_key: str) -> str:
    """On the same node of a cluster as the page."""
    return f"{page_key}:lease" if "{" in page_key else f"{{{page_key}}}:lease"


def person_pages(user_id: UserId) -> list[str]:
    """The keys of everything ready-made about a person, and of the right to make it."""
    prefix = f"user:{{{user_id}}}:"
    return [prefix + part for part in _PERSON_PAGE_PARTS]


def board_keys(board: BoardName) -> list[str]:
    """Standing, people, about: the three keys of a leaderboard, in the order in which every script takes them."""
    standing = f"leaderboard:{{{board}}}"
    return [standing, f"{standing}:people", f"{standing}:about"]
