"""Step 3 of the write path: what a transaction left to say, said and crossed off.

The outbox rows were written with what they tell of, so a crash before this loses none; the worker sends what is
older than 2 s. Receivers drop repeats: every message here may come twice.
"""

from collections.abc import Sequence

import orjson
import structlog

from persistence.errors import LedgerAway
from persistence.ledger import Ledger
from persistence.rows import OutboxRow
from raidline.ids import RaidId, TokenHash
from realtime import keys
from realtime.connection import Scripted
from realtime.errors import RedisAway

log = structlog.get_logger(__name__)

PlainCommand = list[str]


class Notifier:
    def __init__(self, ledger: Ledger, scripted: Scripted) -> None:
        self._ledger = ledger
        self._scripted = scripted

    async def send(self, rows: Sequence[OutboxRow]) -> None:
        """Say all of it, then delete the rows. When Redis or Postgres is away the rows stay for the worker."""
        if not rows:
            return
        try:
            await self._scripted.plain([command for row in rows for command in _commands(row)])
            await self._ledger.delete_outbox([row.id for row in rows])
        except (RedisAway, LedgerAway) as error:
            log.info("outbox_waits", rows=len(rows), kind=type(error).__name__)


def _commands(row: OutboxRow) -> list[PlainCommand]:
    payload = orjson.loads(row.payload)
    if row.topic == "session_revoked":
        return _session_revoked(TokenHash(payload["tokenHash"]))
    if row.topic == "raid_ended":
        return _raid_ended(RaidId(payload["raidId"]))
    log.error("outbox_topic_unknown", topic=row.topic)
    return []


def _session_revoked(token_hash: TokenHash) -> list[PlainCommand]:
    """Every server forgets the session and ends its streams."""
    ended = ["SET", keys.session_key(token_hash), keys.SESSION_ENDED, "EX", str(keys.SESSION_SECONDS)]
    return [ended, ["PUBLISH", keys.SESSIONS_REVOKED, token_hash]]


def _raid_ended(raid_id: RaidId) -> list[PlainCommand]:
    """No deadline any more, and the auditor can vouch for it and seal it at once."""
    return [["ZREM", keys.RAIDS_DEADLINES, str(raid_id)], ["ZADD", keys.RAIDS_UNAUDITED, "0", str(raid_id)]]
