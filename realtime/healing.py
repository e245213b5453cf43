"""The Redis side of healing, auditing and unloading (DESIGN, *Heal* and *The auditor*).

Each step here is one script or a bounded row of them; what they mean together is told in `server/healer.py`
and `server/auditor.py`.
"""

import uuid
from collections.abc import AsyncIterator, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NewType

import orjson

from raidline.ids import CommandId, Epoch, RaidId, Seq
from realtime import keys
from realtime.answers import Reply
from realtime.calls import RUN_ID, Call
from realtime.connection import Pause, no_pause
from realtime.entries import LedgerEntry
from realtime.scripting import Scripting
from realtime.scripts import script

HealToken = NewType("HealToken", str)

LOG_KEPT = 1000
"""Audited entries that stay in the log for those who resume."""

LOG_PAGE = 1000
LOAD_CHUNK = 2000
"""Elements written by one command while a state is loaded; a chunk keeps Redis busy about a millisecond."""

LOAD_LIFE_SECONDS = 600
"""Temporary keys of a load that was broken off are gone after this."""

SEALED_LIFE_MS = 3600 * 1000


@dataclass(frozen=True, slots=True)
class Frozen:
    """outcome: in_order | frozen | missing. Epoch and seq are 0 when missing."""

    outcome: str
    epoch: Epoch
    seq: Seq
    token: HealToken
    run_id: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    command_id: CommandId
    entry: LedgerEntry


@dataclass(frozen=True, slots=True)
class LoadedState:
    """A whole raid, ready to be written: what each of the ten keys will hold."""

    state: dict[str, str]
    members: dict[str, str]
    xp: dict[str, int]
    tasks: dict[str, int]
    by_join: dict[str, int]
    contributions: dict[str, str]
    past: dict[str, str]
    day_xp: dict[str, int]
    commands: dict[str, int]

    def hashes(self) -> dict[str, dict[str, str] | dict[str, int]]:
        return {
            "state": self.state,
            "members": self.members,
            "xp": self.xp,
            "tasks": self.tasks,
            "contributions": self.contributions,
            "past": self.past,
            "day_xp": self.day_xp,
        }

    def zsets(self) -> dict[str, dict[str, int]]:
        return {"by_join": self.by_join, "commands": self.commands}

    def counts(self) -> list[int]:
        """Elements of each key in the order of `keys.PARTS`; the log begins empty."""
        sizes = {part: len(content) for part, content in (self.hashes() | self.zsets()).items()}
        return [sizes.get(part, 0) for part in keys.PARTS]


class RaidCare:
    """Every method raises RedisAway when Redis cannot be asked."""

    def __init__(self, scripted: Scripting, pause: Pause = no_pause) -> None:
        self._scripted = scripted
        self._pause = pause

    def by_shard(self, raid_ids: Iterable[RaidId]) -> list[list[RaidId]]:
        """The raids, in parts that are in one place: one may be away without the others."""
        found: dict[Hashable, list[RaidId]] = {}
        for raid_id in raid_ids:
            found.setdefault(self._scripted.shard(keys.raid_key(raid_id, "state")), []).append(raid_id)
        return list(found.values())

    async def freeze(self, raid_id: RaidId, least_epoch: Epoch) -> Frozen:
        """Stop all changes, unless the state is in order with at least `least_epoch`."""
        state = keys.raid_key(raid_id, "state")
        run_id = await self._scripted.run_id(state)
        token = HealToken(uuid.uuid4().hex)
        call = Call(script("freeze"), [state], [run_id, least_epoch, token])
        outcome, epoch, seq = await self._scripted.call(call)
        return Frozen(outcome.decode(), Epoch(int(epoch)), Seq(int(seq)), token, run_id)

    async def log_pages(
        self, raid_id: RaidId, epoch: Epoch, after: Seq, token: HealToken | None = None
    ) -> AsyncIterator[list[AuditEntry] | None]:
        """The log above `after`, page by page; a None, and no more, when the state is another one by now."""
        names = [keys.raid_key(raid_id, "state"), keys.raid_key(raid_id, "log")]
        while True:
            reply = await self._scripted.call(Call(script("read_log"), names, [epoch, token or "", after, LOG_PAGE]))
            if reply[0] != b"ok":
                yield None
                return
            page = _audit_entries(epoch, reply)
            if page:
                yield page
                after = page[-1].entry.seq
            if len(page) < LOG_PAGE:
                return

    async def load(self, raid_id: RaidId, loaded: LoadedState, frozen: Frozen, *, expire_at_ms: int = 0) -> str:
        """Write a state beside the one that stands and put it in place; the word `swap.lua` says."""
        load_id = uuid.uuid4().hex
        names = dict(zip(keys.PARTS, keys.load_keys(raid_id, load_id), strict=True))
        for part, content in loaded.hashes().items():
            await self._write(names[part], "HSET", [[name, str(value)] for name, value in content.items()])
        for part, scores in loaded.zsets().items():
            await self._write(names[part], "ZADD", [[str(score), name] for name, score in scores.items()])
        return await self._swap(raid_id, load_id, loaded.counts(), frozen, expire_at_ms)

    async def _write(self, key: str, command: str, elements: Sequence[list[str]]) -> None:
        for start in range(0, len(elements), LOAD_CHUNK):
            chunk = [word for element in elements[start : start + LOAD_CHUNK] for word in element]
            await self._scripted.plain([[command, key, *chunk], ["EXPIRE", key, LOAD_LIFE_SECONDS]])
            await self._pause("between_load_chunks")

    async def _swap(self, raid_id: RaidId, load_id: str, counts: list[int], frozen: Frozen, expire_at_ms: int) -> str:
        stands = frozen.outcome == "frozen"
        arguments: list[object] = [
            frozen.run_id,
            frozen.token if stands else "",
            frozen.epoch if stands else "",
            orjson.dumps(counts),
            keys.events_channel(raid_id),
            RUN_ID,
            expire_at_ms,
        ]
        names = [*keys.raid_keys(raid_id), *keys.load_keys(raid_id, load_id)]
        return (await self._scripted.call(Call(script("swap"), names, arguments)))[0].decode()

    async def advance(self, raid_id: RaidId, epoch: Epoch, seq: Seq) -> str:
        """Raise the watermark and trim the log: done | changed | missing."""
        names = [keys.raid_key(raid_id, part) for part in ("state", "log", "commands")]
        reply = await self._scripted.call(Call(script("advance"), names, [RUN_ID, epoch, seq, LOG_KEPT]))
        return reply[0].decode()

    async def seal(self, raid_id: RaidId, epoch: Epoch, expire_at_ms: int) -> str:
        """sealed | not_ready | changed | missing."""
        call = Call(script("seal"), keys.raid_keys(raid_id), [RUN_ID, epoch, expire_at_ms])
        return (await self._scripted.call(call))[0].decode()

    async def marks(self, raid_ids: Sequence[RaidId]) -> dict[RaidId, "Marks"]:
        """How far each raid's log is audited; raids without a state are absent."""
        calls = [Call(script("marks"), [keys.raid_key(raid_id, "state")], [RUN_ID]) for raid_id in raid_ids]
        replies = await self._scripted.run(calls)
        return {raid_id: _marks(reply) for raid_id, reply in zip(raid_ids, replies, strict=True) if len(reply) > 1}


@dataclass(frozen=True, slots=True)
class Marks:
    """`in_order`: the state belongs to this run of Redis and is not frozen. `met`: its end is still to be appended."""

    epoch: Epoch
    seq: Seq
    audited_seq: Seq
    status: str
    sealed: bool
    in_order: bool
    met: bool = False

    @property
    def has_ended(self) -> bool:
        return self.status not in ("recruiting", "active")


def _marks(reply: Reply) -> Marks:
    epoch, seq, audited, status, *flags = reply
    return Marks(
        Epoch(int(epoch)), Seq(int(seq)), Seq(int(audited)), status.decode(), *(flag == b"1" for flag in flags)
    )


def _audit_entries(epoch: Epoch, reply: Reply) -> list[AuditEntry]:
    return [
        AuditEntry(
            CommandId(reply[at + 2].decode()),
            LedgerEntry(epoch, Seq(int(reply[at])), reply[at + 1].decode(), reply[at + 3]),
        )
        for at in range(1, len(reply), 4)
    ]
