"""Raids in Redis: deciding commands, and reading what was decided. Healing stands in `realtime/healing.py`."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from redis.exceptions import ResponseError

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime import keys
from realtime.answers import Reply
from realtime.calls import RUN_ID, Call
from realtime.commands import Command, LookedUp
from realtime.cursor import Cursor
from realtime.entries import Entry, LedgerEntry
from realtime.marks import Mark, parse_mark
from realtime.reaching import heads
from realtime.scripting import Scripting
from realtime.scripts import script
from realtime.snapshot import Snapshot

NO_EPOCH = Epoch(0)
"""Below every life of every log: the caller knows of none."""

RESUME_MAX = 1000
"""A cursor further behind than this is answered with a snapshot (CONTRACT, *Streams*)."""

LOG_PAGE_MAX = 1000

EVERYONE = "*"
"""In the place of a user id: a reader who may see every raid (an operator, the server itself)."""

Viewer = UserId | str | None


class Decision(NamedTuple):
    """A script's reply. `epoch` is the state's; with `missing` and `suspect` the one to heal to at least."""

    outcome: str
    epoch: Epoch
    result: bytes
    entries: tuple[LedgerEntry, ...]

    @property
    def in_doubt(self) -> bool:
        return self.outcome in ("missing", "suspect")

    @property
    def is_of_contribution(self) -> bool:
        return self.outcome in ("accepted", "duplicate")


class Counted(NamedTuple):
    """What a decision says of its contribution."""

    cursor: Cursor
    """Of its entry, which may be of an earlier life."""
    totals: bytes
    """`{"raid": ..., "member": ...}` as they stand now."""

    @classmethod
    def of(cls, decision: Decision) -> "Counted":
        position, _, totals = decision.result.partition(b" ")
        epoch, _, seq = position.partition(b"-")
        return cls(Cursor(Epoch(int(epoch)), Seq(int(seq))), totals)


@dataclass(frozen=True, slots=True)
class View:
    """outcome: ok | unchanged | not_found | missing | suspect; `snapshot` only with ok."""

    outcome: str
    epoch: Epoch
    is_member: bool = False
    cursor: Cursor | None = None
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class StreamStart:
    """outcome: ok | not_found | missing | suspect. `entries` with recovered = full, else `snapshot`."""

    outcome: str
    epoch: Epoch
    is_member: bool = False
    public: bool = False
    recovered: str = "none"
    head: Cursor | None = None
    entries: tuple[Entry, ...] = ()
    snapshot: Snapshot | None = None
    presence: Mark | None = None
    """How far the snapshot knows who is online."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """outcome: ok | reset | not_found | missing | suspect. `entries` follow the cursor without a gap."""

    outcome: str
    epoch: Epoch
    head: Cursor | None = None
    entries: tuple[Entry, ...] = ()


class Decided(NamedTuple):
    """A command on its way to its script, with what the caller knows besides."""

    command: Command
    least_epoch: Epoch = NO_EPOCH
    looked_up: LookedUp | None = None


class RaidStore:
    """Every method raises RedisAway when Redis cannot be asked."""

    def __init__(self, scripted: Scripting) -> None:
        self._scripted = scripted

    def shard(self, raid_id: RaidId) -> Hashable:
        """The same for raids that are in one place of Redis."""
        return self._scripted.shard(keys.raid_keys(raid_id)[0])

    async def decide(
        self,
        decided: Sequence[Decided],
        hints: Sequence[Sequence[str]] = (),
        landed: Callable[[int, Decision], None] | None = None,
    ) -> list[Decision]:
        """Each command in one atomic step of its own, all in one pipeline; decisions in the same order.

        A script that fails does not take its neighbours along: its own decision has the outcome `fault`.
        `landed` is told of each decision as it comes, by its position; what comes before Redis is away stands.
        """
        decisions: dict[int, Decision] = {}

        def take(position: int, reply: Reply | ResponseError) -> None:
            decisions[position] = _decision(reply)
            if landed is not None:
                landed(position, decisions[position])

        await self._scripted.run_each([_command_call(one) for one in decided], hints, take)
        return [decisions[position] for position in range(len(decided))]

    async def view(self, raid_id: RaidId, viewer: Viewer, *, known: str = "", least_epoch: int = 0) -> View:
        """One raid as the viewer may see it; with `known` equal to the head's cursor only `unchanged`."""
        reply = await self._scripted.call(_view_call(raid_id, viewer, known, least_epoch))
        return _view(reply)

    async def views(self, raid_ids: Sequence[RaidId], viewer: Viewer) -> dict[RaidId, View]:
        replies = await self._scripted.run([_view_call(raid_id, viewer, "", 0) for raid_id in raid_ids])
        return {raid_id: _view(reply) for raid_id, reply in zip(raid_ids, replies, strict=True)}

    async def stream_start(self, raid_id: RaidId, viewer: Viewer, cursor: Cursor | None) -> StreamStart:
        """Where a subscriber begins; None for a first visit, NOWHERE for a cursor that was none."""
        place = ("", 0) if cursor is None else cursor
        parts = ("state", "members", "xp", "tasks", "log", "presence", "online")
        arguments = [RUN_ID, 0, _viewer(viewer), *place, RESUME_MAX]
        reply = await self._scripted.call(
            Call(script("stream_start"), [keys.raid_key(raid_id, part) for part in parts], arguments)
        )
        return _stream_start(reply)

    async def entries_after(
        self, raid_id: RaidId, cursor: Cursor, limit: int = LOG_PAGE_MAX, viewer: Viewer = EVERYONE
    ) -> LogPage:
        """What follows `cursor` in the log; `reset` when it cannot be told without a gap."""
        names = [keys.raid_key(raid_id, part) for part in ("state", "members", "log")]
        arguments = [RUN_ID, 0, _viewer(viewer), cursor.epoch, cursor.seq, min(limit, LOG_PAGE_MAX)]
        return _log_page(await self._scripted.call(Call(script("log_page"), names, arguments)))

    async def heads(self, raid_ids: Sequence[RaidId]) -> dict[RaidId, Cursor]:
        """The last entry of each raid that has a state, as Redis has it now. Where some of Redis is away, of those it
        can be asked about; RedisAway where that is none."""
        return await heads(self._scripted, raid_ids, [_head_call(raid_id) for raid_id in raid_ids])


def _command_call(decided: Decided) -> Call:
    command = decided.command
    fields = command.fields()
    if decided.looked_up is not None:
        fields["looked_up"] = {"epoch": decided.looked_up.epoch, "packed": decided.looked_up.packed}
    arguments = (RUN_ID, decided.least_epoch, keys.events_channel(command.raid_id), orjson.dumps(fields))
    names = keys.raid_keys(command.raid_id)
    if command.more_parts:
        names += tuple(keys.raid_key(command.raid_id, part) for part in command.more_parts)
    return Call(script(command.script), names, arguments)


def _decision(reply: Reply | ResponseError) -> Decision:
    if isinstance(reply, ResponseError):
        return Decision("fault", NO_EPOCH, str(reply).encode(), ())
    outcome, epoch = reply[0].decode(), Epoch(int(reply[1]))
    if len(reply) == 2:
        return Decision(outcome, epoch, b"", ())
    entries = [
        LedgerEntry(epoch, Seq(int(reply[at])), reply[at + 1].decode(), reply[at + 2]) for at in range(3, len(reply), 3)
    ]
    return Decision(outcome, epoch, reply[2], tuple(entries))


def _viewer(viewer: Viewer) -> str:
    return "" if viewer is None else str(viewer)


def _view_call(raid_id: RaidId, viewer: Viewer, known: str, least_epoch: int) -> Call:
    names = [keys.raid_key(raid_id, part) for part in ("state", "members", "xp", "tasks", "presence", "online")]
    return Call(script("view"), names, [RUN_ID, least_epoch, _viewer(viewer), known])


def _view(reply: Sequence[Any]) -> View:
    outcome, epoch = reply[0].decode(), Epoch(int(reply[1]))
    if outcome not in ("ok", "unchanged"):
        return View(outcome, epoch)
    cursor = Cursor(epoch, Seq(int(reply[3])))
    snapshot = Snapshot.read(*reply[4:9]) if outcome == "ok" else None
    return View(outcome, epoch, reply[2] == b"1", cursor, snapshot)


def _stream_start(reply: Sequence[Any]) -> StreamStart:
    outcome, epoch = reply[0].decode(), Epoch(int(reply[1]))
    if outcome != "ok":
        return StreamStart(outcome, epoch)
    recovered, head = reply[5].decode(), Cursor(epoch, Seq(int(reply[4])))
    full = recovered == "full"
    return StreamStart(
        outcome,
        epoch,
        is_member=reply[2] == b"1",
        public=reply[3] == b"1",
        recovered=recovered,
        head=head,
        entries=_entries(epoch, reply[6:]) if full else (),
        snapshot=None if full else Snapshot.read(*reply[6:11]),
        presence=None if full else parse_mark(reply[11]),
    )


def _log_page(reply: Sequence[Any]) -> LogPage:
    outcome, epoch = reply[0].decode(), Epoch(int(reply[1]))
    if outcome not in ("ok", "reset"):
        return LogPage(outcome, epoch)
    return LogPage(outcome, epoch, Cursor(epoch, Seq(int(reply[3]))), _entries(epoch, reply[4:]))


def _entries(epoch: Epoch, flat: Sequence[bytes]) -> tuple[Entry, ...]:
    return tuple(Entry(epoch, Seq(int(flat[at])), flat[at + 1].decode(), flat[at + 2]) for at in range(0, len(flat), 3))


def _head_call(raid_id: RaidId) -> Call:
    return Call(script("head"), [keys.raid_key(raid_id, "state")], [])
