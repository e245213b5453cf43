"""Tickets: each opens one stream or socket, once, within a minute, for whoever cannot send headers.

Redis knows a ticket by its hash only. Its text begins with the id of its user, so that all of somebody's tickets are in
one key, where they can be counted and used up in one step.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from raidline.ids import RaidId, TokenHash, UserId
from realtime import keys
from realtime.calls import RUN_ID, Call
from realtime.scripting import Scripting
from realtime.scripts import script

TICKET_MS = 60_000

MAX_PER_USER = 20
"""Unused ones; as many as one may have streams. A further one puts out the oldest."""

_SECRET_BYTES = 32
_TEXT = re.compile(r"([1-9][0-9]{0,17})\.[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ticket:
    text: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Admission:
    """What a ticket opens: a stream of that session's. `raid_id` is None for all but those of one raid."""

    token_hash: TokenHash
    raid_id: RaidId | None


class TicketStore:
    """Every method raises RedisAway."""

    def __init__(self, scripted: Scripting) -> None:
        self._scripted = scripted

    async def issue(self, user_id: UserId, admission: Admission) -> Ticket:
        text = f"{user_id}.{secrets.token_urlsafe(_SECRET_BYTES)}"
        opens = f"{admission.token_hash} {admission.raid_id or 0}"
        arguments = [RUN_ID, _name(text), opens, TICKET_MS, MAX_PER_USER]
        reply = await self._scripted.call(Call(script("ticket_issue"), [_key(user_id)], arguments))
        return Ticket(text, int(reply[0]))

    async def use(self, text: str) -> Admission | None:
        """What it opens, this once; None for anything that is no valid ticket."""
        match = _TEXT.fullmatch(text)
        if match is None:
            return None
        key = _key(UserId(int(match[1])))
        reply = await self._scripted.call(Call(script("ticket_use"), [key], [RUN_ID, _name(text)]))
        if reply[0] != b"used":
            return None
        token_hash, raid_id = reply[1].decode().split(" ")
        return Admission(TokenHash(token_hash), RaidId(int(raid_id)) if raid_id != "0" else None)


def _key(user_id: UserId) -> str:
    return keys.person_key(user_id, "stream_tickets")


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
