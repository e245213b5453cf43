"""A raid in a real Redis, in a world where no time passes unless a test says so.

No entry is ever older than the last one, so a last entry in the far future holds the scripts' clock still.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from raidline.ids import CommandId, ContributionId, Epoch, InviteCode, RaidId, Seq, UserId
from realtime import keys
from realtime.commands import (
    Cancel,
    Command,
    Contribute,
    Join,
    Lead,
    Leave,
    LookedUp,
    Remove,
    Settle,
    Start,
    Update,
    Void,
)
from realtime.connection import Scripted
from realtime.healing import Frozen, LoadedState, RaidCare
from realtime.raids import Counted, Decided, Decision, RaidStore
from realtime.scripts import script

RAID = RaidId(42)
ALICE, BOB, CAROL, DAVE = UserId(1), UserId(2), UserId(3), UserId(4)
LEADER = ALICE
CODE = InviteCode("SESAME")
EPOCH = Epoch(7)

NOW = 4_102_444_800_000
"""2100-01-01T00:00:00.000Z, far ahead of the clock of Redis."""

TODAY = "2100-01-01"
HOUR = 3600 * 1000
DAY = 24 * HOUR
NAMES = {ALICE: "Alice", BOB: "Bob", CAROL: "Carol", DAVE: "Dave"}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry as it stands in the log."""

    seq: Seq
    event: str
    command_id: str
    data: dict[str, Any]
    ledger: dict[str, Any]


def key(number: int) -> ContributionId:
    """A contribution's id; the same for the same number."""
    return ContributionId(str(UUID(int=0xC0 << 120 | number)))


def command_id(number: int) -> CommandId:
    return CommandId(str(UUID(int=0xD0 << 120 | number)))


def contribution(
    number: int = 1, *, user: UserId = ALICE, xp: int = 10, fingerprint: str = "f0", **fields: Any
) -> Contribute:
    usual: dict[str, Any] = {"actor_id": user, "type": "task_complete", "day": TODAY, "late_ms": 7 * DAY}
    chosen = usual | {"raid_id": RAID} | fields
    return Contribute(contribution_id=key(number), fingerprint=fingerprint, user_id=user, xp=xp, **chosen)


def void(number: int = 1, *, actor: UserId | None = ALICE, **fields: Any) -> Void:
    return Void(raid_id=RAID, contribution_id=key(number), actor_id=actor, **fields)


def join(user: UserId = BOB, *, code: InviteCode = CODE, **fields: Any) -> Join:
    chosen = {"username": NAMES.get(user, f"person-{user}")} | fields
    return Join(raid_id=RAID, user_id=user, invite_code=code, **chosen)


def start(actor: UserId = LEADER, **fields: Any) -> Start:
    return Start(raid_id=RAID, actor_id=actor, **fields)


def packed_contribution(
    number: int = 1, *, epoch: int = EPOCH, user: UserId = ALICE, xp: int = 10, voided: bool = False
) -> str:
    """As the ledger's answer comes for a key; see `lua/includes/contribution.lua`."""
    return f"{epoch}-{number}|f0|{user}|{xp}|{NOW}|{TODAY}|{int(voided)}"


@dataclass(frozen=True, slots=True)
class Loading:
    """A state as it is loaded: a recruiting raid with its leader, unless told otherwise."""

    fields: dict[str, Any] = field(default_factory=dict)
    members: Sequence[UserId] = (ALICE,)
    xp: dict[UserId, int] = field(default_factory=dict)
    tasks: dict[UserId, int] = field(default_factory=dict)
    contributions: dict[str, str] = field(default_factory=dict)
    past: dict[UserId, str] = field(default_factory=dict)

    def state(self, run_id: str, raid_id: RaidId = RAID) -> LoadedState:
        """The members joined one second after the other, long before now."""
        joined = {user: NOW - DAY + position * 1000 for position, user in enumerate(self.members)}
        return LoadedState(
            state=_state_fields(raid_id, run_id, len(self.members)) | _texts(self.fields),
            members={
                str(user): orjson.dumps({"name": NAMES.get(user, f"person-{user}"), "joined_at": at}).decode()
                for user, at in joined.items()
            },
            xp={str(user): xp for user, xp in self.xp.items()},
            tasks={str(user): tasks for user, tasks in self.tasks.items()},
            by_join={str(user): at for user, at in joined.items()},
            contributions=self.contributions,
            past={str(user): how for user, how in self.past.items()},
            day_xp={},
            commands={},
        )


def _state_fields(raid_id: RaidId, run_id: str, member_count: int) -> dict[str, str]:
    return _texts(
        {
            "id": raid_id, "title": "Dragon", "description": "", "status": "recruiting", "public": "0",
            "open_join": "0", "invite_code": CODE, "target_xp": 1_000_000, "target_tasks": 1_000,
            "current_xp": 0, "current_tasks": 0, "contribution_count": 0, "member_count": member_count,
            "max_members": 4, "max_xp_per_contribution": 10_000, "max_xp_per_member_per_day": "",
            "time_limit_hours": 24, "leader_id": LEADER, "created_at": NOW - DAY, "started_at": "",
            "ended_at": "", "deadline": "", "epoch": EPOCH, "seq": 0, "audited_seq": 0, "last_at": NOW,
            "run_id": run_id, "frozen": "", "sealed": "0", "known_keys": "full",
        }
    )  # fmt: skip


def _texts(fields: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items()}


ACTIVE = {"status": "active", "started_at": NOW - HOUR, "deadline": NOW + 23 * HOUR}


class World:
    """One Redis with our scripts in it, and short words for what tests do with its raid."""

    def __init__(self, scripted: Scripted) -> None:
        self.scripted = scripted
        self.redis: Any = scripted.redis
        self.store = RaidStore(scripted)
        self.care = RaidCare(scripted)
        self._ids = itertools.count(1)

    async def recruiting(self, *members: UserId, **fields: Any) -> None:
        """The raid before its start, with these members; the first leads."""
        await self.load(Loading(fields, members or (ALICE,)))

    async def active(self, *members: UserId, **fields: Any) -> None:
        """The raid an hour after its start."""
        await self.load(Loading(ACTIVE | fields, members or (ALICE,)))

    async def ended(self, *members: UserId, **fields: Any) -> None:
        """The raid after it was cancelled."""
        over = ACTIVE | {"status": "cancelled", "ended_at": NOW} | fields
        await self.load(Loading(over, members or (ALICE,)))

    async def load_scripts(self) -> None:
        """So that Redis knows all commands and carries pipelines out in their order."""
        for command in (Contribute, Void, Join, Leave, Remove, Lead, Start, Cancel, Update, Settle):
            await self.redis.script_load(script(command.script).source)

    async def load(self, loading: Loading, raid_id: RaidId = RAID) -> None:
        run_id = await self.scripted.run_id()
        nothing = Frozen("missing", Epoch(0), Seq(0), token=_no_token(), run_id=run_id)
        assert await self.care.load(raid_id, loading.state(run_id, raid_id), nothing) == "placed"

    async def do(self, command: Command, *, least_epoch: int = 0, looked_up: LookedUp | None = None) -> Decision:
        return (await self.store.decide([Decided(command, Epoch(least_epoch), looked_up)]))[0]

    async def contributions(self, count: int) -> None:
        """The first `count` contributions, one XP each, in one pipeline."""
        numbered = [Decided(contribution(number, xp=1)) for number in range(1, count + 1)]
        decisions = await self.store.decide(numbered)
        assert {decision.outcome for decision in decisions} <= {"accepted"}

    async def outcome(self, command: Command, **known: Any) -> str:
        return (await self.do(command, **known)).outcome

    async def wait(self, milliseconds: int) -> None:
        """Time passes for the raid."""
        await self.redis.hincrby(self.key("state"), "last_at", milliseconds)

    async def set(self, **fields: Any) -> None:
        await self.redis.hset(self.key("state"), mapping=_texts(fields))

    async def state(self) -> dict[str, str]:
        return await self.hash("state")

    async def hash(self, part: str) -> dict[str, str]:
        found = await self.redis.hgetall(self.key(part))
        return {name.decode(): value.decode() for name, value in found.items()}

    async def log(self, raid_id: RaidId = RAID) -> list[LogEntry]:
        return [_log_entry(one) for one in await self.redis.xrange(keys.raid_key(raid_id, "log"))]

    async def events(self) -> list[str]:
        return [entry.event for entry in await self.log()]

    async def everything(self) -> dict[bytes, bytes]:
        """All that Redis holds, to be compared: that nothing was done is told from no difference."""
        names = sorted(await self.redis.keys("*"))
        return {name: await self.redis.dump(name) for name in names}

    def key(self, part: str) -> str:
        return keys.raid_key(RAID, part)


def events_of(decision: Decision) -> list[str]:
    return [entry.event for entry in decision.entries]


def seqs_of(decision: Decision) -> list[int]:
    return [entry.seq for entry in decision.entries]


def result_of(decision: Decision) -> dict[str, Any]:
    """Of a contribution."""
    cursor, totals = Counted.of(decision)
    found: dict[str, Any] = orjson.loads(totals)
    return {"position": str(cursor), "seq": cursor.seq, **found}


def _no_token() -> Any:
    return ""


def _log_entry(one: tuple[bytes, dict[bytes, bytes]]) -> LogEntry:
    stream_id, fields = one
    seq, _, rest = stream_id.decode().partition("-")
    assert rest == "0", "entry ids are <seq>-0"
    return LogEntry(
        Seq(int(seq)),
        fields[b"event"].decode(),
        fields[b"command"].decode(),
        orjson.loads(fields[b"data"]),
        orjson.loads(fields[b"ledger"]),
    )
