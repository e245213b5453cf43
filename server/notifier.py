"""Step 3 of the write path: what a transaction left to say, said and crossed off.

The outbox rows were written with what they tell of, so a crash before this loses none; the worker sends what is
older than 2 s. Receivers drop repeats: every message here may come twice.
"""

from collections.abc import Collection, Sequence

import orjson
import structlog

from persistence.errors import LedgerAway
from persistence.ledger import Ledger
from persistence.rows import OutboxRow
from raidline.ids import RaidId, TokenHash, UserId
from realtime import keys
from realtime.boards import BoardStore
from realtime.errors import RedisAway
from realtime.hub import PagesDropped
from realtime.ready_made import drop_definitions
from realtime.scripting import Scripting
from realtime.scripts import script
from server.progress_news import ProgressNews

PROGRESS = "progress"
"""The topic of what changed about people; the others are a command or two each."""

AWAY_MAX = 3
"""Parts of what is to be said for which a shard of Redis may be away in one go; more mean that Redis is."""

DEFINITIONS = "definitions_changed"

log = structlog.get_logger(__name__)

PlainCommand = list[str]


class Notifier:
    def __init__(self, ledger: Ledger, scripted: Scripting, boards: BoardStore) -> None:
        self._ledger = ledger
        self._scripted = scripted
        self._progress = ProgressNews(scripted, boards, self._dropped)
        self._drop_listeners: list[PagesDropped] = []

    def on_pages_dropped(self, callback: PagesDropped) -> None:
        """Have `callback` called with the people whose pages were dropped from here, before `send` returns."""
        self._drop_listeners.append(callback)

    async def send(self, rows: Sequence[OutboxRow]) -> None:
        """Say all of it, then delete the rows. When Redis or Postgres is away the rows stay for the worker."""
        if not rows:
            return
        parts = [[row for row in rows if row.topic != PROGRESS], *([row] for row in rows if row.topic == PROGRESS)]
        told: list[int] = []
        away = 0
        for part in parts:
            try:
                told += await self._say(part)
            except RedisAway as error:
                log.info("outbox_waits", rows=len(part), kind=type(error).__name__, reason=str(error))
                away += 1
                if away >= AWAY_MAX:
                    break
        await self._cross_off(told)

    async def _cross_off(self, told: Sequence[int]) -> None:
        if not told:
            return
        try:
            await self._ledger.delete_outbox(told)
        except LedgerAway as error:
            log.info("outbox_waits", rows=len(told), kind=type(error).__name__)

    async def _say(self, rows: Sequence[OutboxRow]) -> list[int]:
        """The ids of those that were said. Raises RedisAway."""
        if commands := [command for row in rows if row.topic != PROGRESS for command in _commands(row)]:
            await self._scripted.plain(commands)
        if any(row.topic == DEFINITIONS for row in rows):
            self._dropped(None)
        return [row.id for row in rows if row.topic != PROGRESS or await self._tell(row)]

    def _dropped(self, people: Collection[UserId] | None) -> None:
        for tell in self._drop_listeners:
            tell(people)

    async def _tell(self, row: OutboxRow) -> bool:
        """False for a row that cannot be told: it stays, and does not keep the others waiting."""
        try:
            await self._progress.tell(str(row.id), orjson.loads(row.payload))
        except RedisAway:
            raise
        except Exception:
            log.exception("outbox_row_failed", row=row.id)
            return False
        return True


def _commands(row: OutboxRow) -> list[PlainCommand]:
    payload = orjson.loads(row.payload)
    if row.topic == "session_revoked":
        return _session_revoked(TokenHash(payload["tokenHash"]))
    if row.topic == "raid_ended":
        return _raid_ended(RaidId(payload["raidId"]))
    if row.topic == "person_changed":
        return _person_changed(row.payload, payload["tokenHashes"])
    if row.topic == DEFINITIONS:
        return drop_definitions()
    log.error("outbox_topic_unknown", topic=row.topic)
    return []


def _session_revoked(token_hash: TokenHash) -> list[PlainCommand]:
    """Every server forgets the session and ends its streams."""
    ended = ["SET", keys.session_key(token_hash), keys.SESSION_ENDED, "EX", str(keys.SESSION_SECONDS)]
    return [ended, ["PUBLISH", keys.SESSIONS_REVOKED, token_hash]]


def _person_changed(payload: bytes, token_hashes: Sequence[TokenHash]) -> list[PlainCommand]:
    """Every server looks these sessions up again, in the ledger."""
    doubt, seconds = script("session_doubt").source, str(keys.SESSION_IN_DOUBT_SECONDS)
    marks = [keys.SESSION_ENDED, keys.SESSION_IN_DOUBT, seconds]
    doubts = [["EVAL", doubt, "1", keys.session_key(token_hash), *marks] for token_hash in token_hashes]
    return [*doubts, ["PUBLISH", keys.PEOPLE_CHANGED, payload.decode()]]


def _raid_ended(raid_id: RaidId) -> list[PlainCommand]:
    """No deadline any more, and the auditor can vouch for it and seal it at once."""
    return [["ZREM", keys.RAIDS_DEADLINES, str(raid_id)], ["ZADD", keys.RAIDS_UNAUDITED, "0", str(raid_id)]]
