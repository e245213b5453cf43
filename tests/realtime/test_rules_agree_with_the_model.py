"""The scripts and the model get the same commands and have to say and do the same."""

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from raidline.ids import InviteCode, RaidId, Seq, UserId
from realtime.commands import Cancel, Command, Lead, Leave, NewCode, Remove, Settle, Start, Update
from realtime.entries import LedgerEntry
from realtime.raids import Decided, Decision
from tests.realtime.model import Raid
from tests.realtime.model_book import Answer, Entry
from tests.realtime.raid_world import (
    ALICE,
    CODE,
    EPOCH,
    HOUR,
    NOW,
    RAID,
    Loading,
    World,
    command_id,
    contribution,
    join,
    void,
)

MINUTE = 60 * 1000
OTHER_CODE = InviteCode("TAPIOCA")
TOMORROW = "2100-01-02"


@dataclass(frozen=True)
class Wait:
    milliseconds: int


@dataclass(frozen=True)
class Audit:
    """The ledger holds everything but the last few entries."""

    but: int


Step = Command | Wait | Audit

users = st.sampled_from([1, 1, 1, 2, 2, 2, 3, 4, 5]).map(UserId)
actors = st.sampled_from([1, 1, 1, 1, 2, 3]).map(UserId)
contributors = st.sampled_from([1, 1, 1, 1, 2, 2, 2, 3]).map(UserId)
command_ids = st.integers(1, 60).map(command_id)
contribution_numbers = st.sampled_from(range(1, 13))
xps = st.sampled_from([0, 1, 20, 30, 40, 60, 100, 101])


def _command(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, raid_id=st.just(RAID), command_id=command_ids, **fields)


_own = st.builds(
    contribution,
    contribution_numbers,
    user=contributors,
    xp=xps,
    fingerprint=st.sampled_from(["f0", "f0", "f1"]),
    task_id=st.sampled_from([None, "dishes"]),
    day=st.sampled_from(["2100-01-01", TOMORROW]),
)
_others = st.builds(
    contribution,
    contribution_numbers,
    user=contributors,
    actor_id=st.sampled_from([None, *range(1, 4)]),
    may_write_for_others=st.booleans(),
    occurred_at_ms=st.sampled_from([NOW - 200 * HOUR, NOW, NOW + 5 * MINUTE, NOW + 6 * MINUTE]),
    late_ms=st.sampled_from([None, 168 * HOUR]),
)
_voids = st.builds(
    void,
    contribution_numbers,
    actor=st.sampled_from([None, 1, 1, 2, 2, 3]),
    is_admin=st.booleans(),
    command_id=command_ids,
)
_joins = st.builds(
    join,
    users,
    code=st.sampled_from([CODE, CODE, CODE, OTHER_CODE]),
    command_id=command_ids,
)
_changes = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Dragon", 'Hydra "2" / Ⅱ']),
        "description": st.sampled_from(["", "heads\ngrow"]),
        "open_join": st.booleans(),
        "public": st.booleans(),
    },
)
weights: list[tuple[int, st.SearchStrategy[Any]]] = [
    (14, _own),
    (6, _others),
    (6, _voids),
    (6, _joins),
    (3, _command(Leave, user_id=users)),
    (3, _command(Remove, actor_id=actors, user_id=users)),
    (3, _command(Lead, actor_id=actors, user_id=users)),
    (3, _command(Update, actor_id=actors, changes=_changes)),
    (2, _command(NewCode, actor_id=actors, invite_code=st.sampled_from([CODE, OTHER_CODE]))),
    (2, _command(Start, actor_id=actors)),
    (1, _command(Cancel, actor_id=actors)),
    (1, _command(Settle)),
    (4, st.builds(Wait, st.sampled_from([1, MINUTE, 16 * MINUTE, HOUR]))),
    (3, st.builds(Audit, st.integers(0, 3))),
]
steps = st.sampled_from([kind for weight, kind in weights for _ in range(weight)]).flatmap(lambda kind: kind)
scripts: st.SearchStrategy[list[Step]] = st.sampled_from([5, 30, 30, 30]).flatmap(
    lambda size: st.lists(steps, min_size=size // 2, max_size=size)
)

beginnings = st.fixed_dictionaries(
    {
        "target_xp": st.sampled_from([0, 60, 200, 400, 10**9]),
        "target_tasks": st.sampled_from([0, 1, 4, 9]),
        "max_members": st.integers(1, 4),
        "max_xp_per_contribution": st.just(100),
        "max_xp_per_member_per_day": st.sampled_from([None, None, 120]),
        "time_limit_hours": st.sampled_from([1, 24]),
        "open_join": st.booleans(),
        "public": st.booleans(),
        "current_xp": st.sampled_from([0, 0, 0, 10**12 - 120]),
        "contribution_count": st.sampled_from([0, 0, 0, 999_998]),
    }
).filter(lambda raid: raid["target_xp"] or raid["target_tasks"])

raid_ids = itertools.count(100)


@settings(
    max_examples=300,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(beginning=beginnings, script=scripts, is_running=st.sampled_from([True, True, False]))
async def test_scripts_and_model_agree(
    world: World, beginning: dict[str, Any], script: list[Step], is_running: bool
) -> None:
    await world.load_scripts()
    bench = await Bench.open(world, beginning)
    if is_running:
        script = [join(UserId(2)), Start(raid_id=RAID, actor_id=ALICE), *script]
    await bench.play(script)
    await bench.compare_what_stands()


class Bench:
    """One raid twice: in Redis and as a model."""

    def __init__(self, world: World, model: Raid) -> None:
        self._world = world
        self._model = model
        self._raid_id = RaidId(model.id)

    @classmethod
    async def open(cls, world: World, beginning: dict[str, Any]) -> "Bench":
        raid_id = RaidId(next(raid_ids))
        written = {name: _written(value) for name, value in beginning.items()}
        loading = Loading({"id": raid_id, **written})
        await world.load(loading, raid_id)
        joined = dict.fromkeys(loading.members, NOW - 24 * HOUR)
        model = Raid(
            id=raid_id, now=NOW, leader_id=ALICE, members=joined, invite_code=CODE, title="Dragon", description="",
            **beginning,
        )  # fmt: skip
        return cls(world, model)

    async def play(self, script: Sequence[Step]) -> None:
        """Commands between two other steps go to Redis in one pipeline."""
        for is_command, some in itertools.groupby(script, lambda step: isinstance(step, Command)):
            if is_command:
                await self._decide([one for one in some if isinstance(one, Command)])
            else:
                for step in some:
                    await self._pass(step)

    async def _decide(self, commands: list[Command]) -> None:
        commands = [dataclasses.replace(command, raid_id=self._raid_id) for command in commands]
        answers = [self._model.decide(command) for command in commands]
        decisions = await self._world.store.decide([Decided(command) for command in commands])
        for command, answer, decision in zip(commands, answers, decisions, strict=True):
            assert (command, _said(decision)) == (command, answer)
            for entry in decision.entries:
                self._compare_ledger(entry, self._model.log[entry.seq - 1])

    async def _pass(self, step: Step) -> None:
        if isinstance(step, Wait):
            self._model.now += step.milliseconds
            await self._world.redis.hset(self._key("state"), "last_at", self._model.now)
        elif isinstance(step, Audit):
            seq = max(0, self._model.seq - step.but)
            self._model.audited_seq = max(self._model.audited_seq, seq)
            assert await self._world.care.advance(self._raid_id, EPOCH, Seq(seq)) == "done"

    @staticmethod
    def _compare_ledger(entry: LedgerEntry, expected: Entry) -> None:
        ledger = orjson.loads(entry.ledger)
        assert (entry.event, ledger["command_id"]) == (expected.event, expected.command_id)
        assert {name: ledger.get(name) for name in expected.header} == expected.header

    async def compare_what_stands(self) -> None:
        model = self._model
        log = await self._world.log(self._raid_id)
        assert [(one.seq, one.event, one.data) for one in log] == [(one.seq, one.event, one.data) for one in model.log]
        assert await self._hash("xp") == model.xp
        assert await self._hash("tasks") == model.tasks
        by_join = await self._world.redis.zrange(self._key("by_join"), 0, -1, withscores=True)
        assert {int(user): int(at) for user, at in by_join} == model.members
        snapshot = (await self._world.store.view(self._raid_id, "*")).snapshot
        assert snapshot is not None
        assert {member.user_id: member.joined_at_ms for member in snapshot.members} == model.members
        shown = snapshot.to_dict(online=(), for_member=True)
        assert (shown["title"], shown["description"], shown["inviteCode"], shown["openJoin"], shown["public"]) == (
            model.title, model.description, model.invite_code, model.open_join, model.public
        )  # fmt: skip
        assert (shown["status"], shown["leaderId"], shown["currentXp"], shown["currentTasks"], shown["seq"]) == (
            model.status, model.leader_id, model.current_xp, model.current_tasks, model.seq
        )  # fmt: skip

    async def _hash(self, part: str) -> dict[int, int]:
        found = await self._world.redis.hgetall(self._key(part))
        return {int(user): int(value) for user, value in found.items()}

    def _key(self, part: str) -> str:
        return f"raid:{{{self._raid_id}}}:{part}"


def _said(decision: Decision) -> Answer:
    return Answer(decision.outcome, [entry.seq for entry in decision.entries])


def _written(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else value
