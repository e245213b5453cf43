"""Step 3 of the write path: what a transaction left to say, said and crossed off.

The outbox rows were written with what they tell of, so a crash before this loses none; the worker sends what is
older than 2 s. Receivers drop repeats: every message here may come twice.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable, Sequence

import orjson
import structlog

from persistence.errors import LedgerAway
from persistence.ledger import Ledger
from persistence.rows import OutboxRow
from raidline.ids import RaidId, TokenHash, UserId
from realtime import keys
from realtime.announcements import PagesDropped
from realtime.boards import BoardStore
from realtime.errors import RedisAway
from realtime.ready_made import drop_definitions
from realtime.scripting import Scripting
from realtime.scripts import script
from server.progress_news import ProgressNews
from server.tasks import Background

PROGRESS = "progress"
"""The topic of what changed about people; the others are a command or two each."""

AWAY_MAX = 3
"""Parts of what is to be said for which a shard of Redis may be away in one go; more mean that Redis is."""

DEFINITIONS = "definitions_changed"

GATHER_SECONDS = 0.025
"""How long what comes after a sending waits for the next one. A transaction's news cost some 700 us of the server's
time, three scripts, and a transaction of their own, whether they tell of one contribution or of a hundred."""

GATHERED_MAX = 1000
"""Rows that may wait for the next sending; beyond it they are left to the worker."""

TOGETHER_MOST = 256 * 1024
"""Bytes of payload that are told together: some 1,500 people, so that others get their turn in Redis."""

log = structlog.get_logger(__name__)

PlainCommand = list[str]


class Notifier:
    def __init__(self, ledger: Ledger, scripted: Scripting, boards: BoardStore, background: Background) -> None:
        self._ledger = ledger
        self._background = background
        self._gathered: list[OutboxRow] = []
        self._is_sending = False
        self._scripted = scripted
        self._progress = ProgressNews(scripted, boards, self._dropped)
        self._drop_listeners: list[PagesDropped] = []

    def on_pages_dropped(self, callback: PagesDropped) -> None:
        """Have `callback` called with the people whose pages were dropped from here, before `send` returns."""
        self._drop_listeners.append(callback)

    def send_soon(self, rows: Iterable[OutboxRow]) -> None:
        """Have it said: at once where nothing was for a while, else with what else comes meanwhile."""
        self._gathered += rows
        del self._gathered[GATHERED_MAX:]
        if self._gathered and not self._is_sending:
            self._is_sending = True
            self._background.start(self._send_gathered())

    async def _send_gathered(self) -> None:
        try:
            while self._gathered:
                rows, self._gathered = self._gathered, []
                await self.send(rows)
                await asyncio.sleep(GATHER_SECONDS)
        finally:
            self._is_sending = False

    async def send(self, rows: Sequence[OutboxRow]) -> None:
        """Say all of it, then delete the rows. When Redis or Postgres is away the rows stay for the worker."""
        if not rows:
            return
        parts, told, away = deque(_parts(rows)), list[int](), 0
        while parts and away < AWAY_MAX:
            part = parts.popleft()
            try:
                told += await self._say(part)
            except RedisAway as error:
                log.info("outbox_waits", rows=len(part), kind=type(error).__name__, reason=str(error))
                away += 1
                # It may be one shard alone, and that of a few of them.
                parts.extendleft([row] for row in reversed(part) if len(part) > 1)
        await self._cross_off(told)

    async def _cross_off(self, told: Sequence[int]) -> None:
        if not told:
            return
        try:
            await self._ledger.delete_outbox(told)
        except LedgerAway as error:
            log.info("outbox_waits", rows=len(told), kind=type(error).__name__)

    async def _say(self, rows: Sequence[OutboxRow]) -> list[int]:
        """One of the `_parts`: the ids of those that were said. Raises RedisAway."""
        if rows[0].topic == PROGRESS:
            return await self._tell(rows)
        if commands := [command for row in rows for command in _commands(row)]:
            await self._scripted.plain(commands)
        if any(row.topic == DEFINITIONS for row in rows):
            self._dropped(None)
        return [row.id for row in rows]

    def _dropped(self, people: Collection[UserId] | None) -> None:
        for tell in self._drop_listeners:
            tell(people)

    async def _tell(self, rows: Sequence[OutboxRow]) -> list[int]:
        """The ids of those that were told. One that cannot be stays, and does not keep the others waiting."""
        try:
            await self._progress.tell(rows)
        except RedisAway:
            raise
        except Exception:
            if len(rows) > 1:
                return [told for row in rows for told in await self._tell([row])]
            log.exception("outbox_row_failed", row=rows[0].id)
            return []
        return [row.id for row in rows]


def _parts(rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
    """What is said in one go: all that are a command or two first, then what changed about people."""
    others = [row for row in rows if row.topic != PROGRESS]
    return [*([others] if others else []), *_together(row for row in rows if row.topic == PROGRESS)]


def _together(rows: Iterable[OutboxRow]) -> list[list[OutboxRow]]:
    """In their order, in parts of at most TOGETHER_MOST, or of one row that has more."""
    parts: list[list[OutboxRow]] = []
    size = 0
    for row in rows:
        size += len(row.payload)
        if not parts or size > TOGETHER_MOST:
            parts.append([])
            size = len(row.payload)
        parts[-1].append(row)
    return parts


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
