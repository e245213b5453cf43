"""What a process tells Redis of its watchers, and asks of everybody's: all raids in one pipeline."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from redis.exceptions import ResponseError

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime import keys
from realtime.attendance import Delta
from realtime.calls import RUN_ID, Call
from realtime.cursor import Cursor
from realtime.errors import RedisAway
from realtime.marks import Mark
from realtime.reaching import reached
from realtime.scripting import Scripting
from realtime.scripts import script
from realtime.tidings import Whole

logger = logging.getLogger(__name__)

IDS_PER_CALL = 1000
"""Some milliseconds of Redis; others get their turn between two calls."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Times in seconds, the same for all processes."""

    lease: float
    """A process not heard of for so long is gone, and so are its watchers."""
    grace: float
    """So long after somebody's last stream anywhere ended they are still online."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`sweeps`: also give up those whose time is over."""

    raid_id: RaidId
    delta: Delta
    sweeps: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What Redis says to a claim; see `lua/presence_tell.lua`."""

    known: bool
    mark: Mark
    due: float | None
    """Seconds until somebody's time is over."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The whole cannot be told for so many seconds."""

    seconds: float


class PresenceStore:
    """RedisAway stands in the place of what could not be asked. A script that fails (a fault of ours) is logged, and
    its raid has None."""

    def __init__(self, scripted: Scripting) -> None:
        self._scripted = scripted

    async def tell(self, server: str, claims: Sequence[Claim], terms: Terms) -> list[Standing | RedisAway | None]:
        """In the order of the claims."""
        pieces = [[_tell_call(server, claim, piece, terms) for piece in _pieces(claim.delta)] for claim in claims]
        replies = iter(await reached(self._scripted, [call for calls in pieces for call in calls]))
        return [
            _standing(claim.raid_id, list(islice(replies, len(calls))))
            for claim, calls in zip(claims, pieces, strict=True)
        ]

    async def wholes(self, raid_ids: Sequence[RaidId], settle: float) -> list[Whole | Wait | RedisAway | None]:
        """In the order of the raids; `settle` is how long a new life is too young to be asked, in seconds."""
        replies = await reached(self._scripted, [_whole_call(raid_id, settle) for raid_id in raid_ids])
        return [_whole(raid_id, reply) for raid_id, reply in zip(raid_ids, replies, strict=True)]


def _pieces(delta: Delta) -> Iterator[Delta]:
    """The same, so many ids at a time. Those who came go first, so that who came and went is gone in the end."""
    if len(delta.came) + len(delta.went) <= IDS_PER_CALL:
        yield delta
        return
    came = [delta.came[at : at + IDS_PER_CALL] for at in range(0, len(delta.came), IDS_PER_CALL)]
    went = [delta.went[at : at + IDS_PER_CALL] for at in range(0, len(delta.went), IDS_PER_CALL)]
    both = [(some, ()) for some in came] + [((), some) for some in went]
    for number, (some_came, some_went) in enumerate(both, start=1):
        yield Delta(some_came, some_went, delta.stays or number < len(both))


def _tell_call(server: str, claim: Claim, delta: Delta, terms: Terms) -> Call:
    raid_id = claim.raid_id
    arguments: list[Any] = [
        RUN_ID,
        server,
        keys.events_channel(raid_id),
        _ms(terms.lease),
        _ms(terms.grace),
        int(delta.stays),
        int(claim.sweeps),
        _ids(delta.came),
        _ids(delta.went),
    ]
    return Call(script("presence_tell"), [*keys.presence_keys(raid_id), keys.raid_key(raid_id, "members")], arguments)


def _whole_call(raid_id: RaidId, settle: float) -> Call:
    names = [keys.raid_key(raid_id, part) for part in ("presence", "online", "state", "members")]
    return Call(script("presence_whole"), names, [RUN_ID, _ms(settle)])


def _standing(raid_id: RaidId, replies: Sequence[Any]) -> Standing | RedisAway | None:
    """Of several calls the first knows what stood before, the last how it stands now."""
    away = next((reply for reply in replies if isinstance(reply, RedisAway)), None)
    if away is not None:
        return away
    if _has_failed(raid_id, replies):
        return None
    known, (_, life, version, due_ms) = replies[0][0], replies[-1]
    due = None if due_ms == b"-1" else int(due_ms) / 1000
    return Standing(known == b"1", Mark(int(life), int(version)), due)


def _whole(raid_id: RaidId, reply: Any) -> Whole | Wait | RedisAway | None:
    if isinstance(reply, RedisAway):
        return reply
    if _has_failed(raid_id, [reply]):
        return None
    if reply[0] != b"0":
        return Wait(int(reply[0]) / 1000)
    mark, cursor = Mark(int(reply[1]), int(reply[2])), Cursor(Epoch(int(reply[3])), Seq(int(reply[4])))
    return Whole(mark, cursor, _users(reply[5]), _users(reply[6]))


def _has_failed(raid_id: RaidId, replies: Sequence[Any]) -> bool:
    for reply in replies:
        if isinstance(reply, ResponseError):
            logger.error("raid %d: who is online could not be kept: %s", raid_id, reply)
            return True
    return False


def _ids(users: Sequence[UserId]) -> str:
    return " ".join(map(str, users))


def _users(ids: Sequence[bytes]) -> list[UserId]:
    return [UserId(int(one)) for one in ids]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
