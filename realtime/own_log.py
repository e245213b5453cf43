"""A person's own log: streaks, unlocks and rewards, numbered, published, and kept for who comes back."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raidline.ids import Epoch, Seq, UserId
from realtime import keys
from realtime.answers import Reply
from realtime.calls import RUN_ID, Call
from realtime.cursor import Cursor
from realtime.entries import Entry
from realtime.reaching import heads
from realtime.scripting import Scripting
from realtime.scripts import script

TOLD_AT_ONCE = 200
"""People in one pipeline: some 10 ms of Redis, so that others get their turn."""


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """`id` is the announcement's own, `<outbox id>.<index>`: the same one that comes again is dropped."""

    id: str
    event: str
    data: bytes


@dataclass(frozen=True, slots=True)
class OwnPage:
    """recovered: full | none | reset. `entries` follow the cursor without a gap, with full."""

    recovered: str
    head: Cursor
    entries: tuple[Entry, ...] = ()


class OwnLogs:
    """Every method raises RedisAway."""

    def __init__(self, scripted: Scripting) -> None:
        self._scripted = scripted

    async def tell(self, events: Mapping[UserId, Sequence[OwnEvent]]) -> None:
        """Each person's events in order, to each in one atomic step. Harmless when repeated."""
        calls = [_append(user_id, some) for user_id, some in events.items()]
        for start in range(0, len(calls), TOLD_AT_ONCE):
            await self._scripted.run(calls[start : start + TOLD_AT_ONCE])

    async def read(self, user_id: UserId, cursor: Cursor | None) -> OwnPage:
        """What follows the cursor; None for a first visit, NOWHERE for a cursor that was none."""
        place = ("", 0) if cursor is None else cursor
        reply = await self._scripted.call(Call(script("own_read"), keys.own_log_keys(user_id), [RUN_ID, *place]))
        return _page(reply)

    async def heads(self, user_ids: Sequence[UserId]) -> dict[UserId, Cursor]:
        """The last event of each who has a log, as Redis has it now. Where some of Redis is away, of those it can be
        asked about; RedisAway where that is none."""
        calls = [Call(script("head"), [keys.person_key(user_id, "log_state")], []) for user_id in user_ids]
        return await heads(self._scripted, user_ids, calls)


def _append(user_id: UserId, events: Sequence[OwnEvent]) -> Call:
    flat = itertools.chain.from_iterable((one.id, one.event, one.data) for one in events)
    arguments = [RUN_ID, keys.own_events_channel(user_id), *flat]
    return Call(script("own_append"), keys.own_log_keys(user_id), arguments)


def _page(reply: Reply) -> OwnPage:
    epoch = Epoch(int(reply[1]))
    entries = tuple(
        Entry(epoch, Seq(int(reply[at])), reply[at + 1].decode(), reply[at + 2]) for at in range(3, len(reply), 3)
    )
    return OwnPage(reply[0].decode(), Cursor(epoch, Seq(int(reply[2]))), entries)
