"""What goes through cjson and Redis comes out as it went in: numbers at both ends, all of Unicode, all times."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime.commands import Contribute, Join, Lead, Update
from realtime.raids import Decided
from tests.realtime.raid_world import (
    ACTIVE,
    ALICE,
    BOB,
    HOUR,
    NOW,
    RAID,
    Loading,
    World,
    contribution,
    join,
    key,
    result_of,
    void,
)

TOP = 2**53 - 1
"""The largest integer that every reader's numbers keep exact."""

MILLION_MILLION = 10**12

SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

LARGE_IDS = [10**14 - 1, 10**14, 10**14 + 1, 10**15 + 7, TOP - 1, TOP]


async def test_a_total_of_a_million_million_is_exact_everywhere(world: World) -> None:
    almost = {"current_xp": MILLION_MILLION - 1, "target_xp": MILLION_MILLION, "target_tasks": 1}
    await world.load(Loading(ACTIVE | almost, xp={ALICE: MILLION_MILLION - 1}))

    decision = await world.do(contribution(1, xp=1))

    assert result_of(decision)["raid"]["currentXp"] == MILLION_MILLION
    assert result_of(decision)["raid"]["targetXp"] == MILLION_MILLION
    assert result_of(decision)["member"]["xpContributed"] == MILLION_MILLION
    counted, complete = await world.log()
    assert (counted.data["currentXp"], counted.data["xpContributed"]) == (MILLION_MILLION, MILLION_MILLION)
    assert complete.data["currentXp"] == complete.ledger["current_xp"] == MILLION_MILLION
    assert (await world.state())["current_xp"] == (await world.hash("xp"))["1"] == "1000000000000"
    snapshot = (await world.store.view(RAID, ALICE)).snapshot
    assert snapshot is not None
    assert snapshot.to_dict(online=(), for_member=True)["currentXp"] == MILLION_MILLION


async def test_a_million_million_can_be_taken_back_to_the_last_one(world: World) -> None:
    largest = {"current_xp": MILLION_MILLION - 1_000_000, "max_xp_per_contribution": 1_000_000}
    await world.load(Loading(ACTIVE | largest | {"target_xp": 10**12}, xp={ALICE: MILLION_MILLION - 1_000_000}))
    await world.do(contribution(1, xp=1_000_000))

    assert await world.outcome(void(1)) == "done"

    assert (await world.log())[-1].data["currentXp"] == MILLION_MILLION - 1_000_000
    assert (await world.state())["current_xp"] == "999999000000"


async def test_nothing_is_exact_too(world: World) -> None:
    await world.active(ALICE)

    decision = await world.do(contribution(1, xp=0))

    (entry,) = await world.log()
    assert decision.outcome == "accepted"
    assert (entry.data["xp"], entry.data["currentXp"], entry.ledger["xp"]) == (0, 0, 0)
    assert b'"xp":0,' in decision.entries[0].ledger or b'"xp":0}' in decision.entries[0].ledger


@pytest.mark.parametrize("large", LARGE_IDS)
async def test_large_ids_are_exact_in_every_json(world: World, large: int) -> None:
    raid_id, leader, joiner = RaidId(large), UserId(large), UserId(large - 10**13)
    await world.load(Loading(ACTIVE | {"id": large, "leader_id": large, "open_join": 1}, (leader,)), raid_id)
    commands = [
        contribution(1, user=leader, raid_id=raid_id),
        Join(raid_id=raid_id, user_id=joiner, username="Far", invite_code=join().invite_code),
        Lead(raid_id=raid_id, actor_id=leader, user_id=joiner),
    ]

    decisions = await world.store.decide([Decided(command) for command in commands])

    assert [decision.outcome for decision in decisions] == ["accepted", "done", "done"]
    assert result_of(decisions[0])["member"]["userId"] == large
    counted, joined, led = await world.log(raid_id)
    assert (counted.data["raidId"], counted.data["userId"]) == (large, large)
    ledger = counted.ledger
    assert (ledger["raid_id"], ledger["leader_id"], ledger["user_id"], ledger["actor_id"]) == (large,) * 4
    assert (joined.data["userId"], joined.ledger["user_id"]) == (joiner, joiner)
    assert (led.data["previousLeaderId"], led.ledger["leader_id"]) == (large, joiner)
    assert b"e+" not in decisions[0].result + decisions[0].entries[0].ledger
    snapshot = (await world.store.view(raid_id, joiner)).snapshot
    assert snapshot is not None
    assert (snapshot.raid_id, snapshot.leader_id) == (large, joiner)


async def test_large_epochs_and_seqs_are_exact(world: World) -> None:
    await world.active(ALICE, epoch=TOP, seq=TOP - 1, audited_seq=TOP - 1)

    decision = await world.do(contribution(1))

    assert (decision.epoch, decision.entries[0].seq) == (Epoch(TOP), Seq(TOP))
    (entry,) = await world.log()
    assert (entry.seq, entry.data["seq"], entry.ledger["seq"], entry.ledger["epoch"]) == (TOP,) * 4
    assert result_of(decision)["position"] == f"{TOP}-{TOP}"
    assert (await world.do(contribution(1))).entries == decision.entries


async def test_a_text_that_looks_like_an_id_stays_a_text(world: World) -> None:
    await world.load(Loading(ACTIVE | {"id": TOP}, (ALICE,)), RaidId(TOP))
    looks_like = f'","user_id":"{TOP}","raidId":"{TOP}'

    await world.do(contribution(1, raid_id=RaidId(TOP), task_id=looks_like, type=str(TOP)))

    (entry,) = await world.log(RaidId(TOP))
    assert (entry.data["taskId"], entry.data["contributionType"]) == (looks_like, str(TOP))
    assert (entry.ledger["task_id"], entry.ledger["user_id"], entry.data["raidId"]) == (looks_like, 1, TOP)


TEXTS = [
    "",
    'quotes " and \\ backslashes',
    "slashes / and </script>",
    "línea\nnueva\ttab \u0000 \u001f \u007f",
    "龍 🐉 é e\u0301 \u2028 \ufeff \U0010ffff",
    "null",
    "{}",
    "%s %1 %d",
]


@pytest.mark.parametrize("text", TEXTS)
async def test_texts_come_out_as_they_went_in(world: World, text: str) -> None:
    await world.active(ALICE, open_join=1)

    await world.do(contribution(1, type=text, task_id=text))
    await world.do(join(BOB, username=text))
    await world.do(Update(raid_id=RAID, actor_id=ALICE, changes={"title": text, "description": text + "!"}))

    counted, joined, updated = await world.log()
    assert (counted.data["contributionType"], counted.data["taskId"], counted.ledger["type"]) == (text,) * 3
    assert (joined.data["username"], joined.ledger["username"]) == (text, text)
    assert (updated.data["title"], updated.ledger["title"]) == (text, text)
    snapshot = (await world.store.view(RAID, ALICE)).snapshot
    assert snapshot is not None
    assert (snapshot.state["title"], snapshot.state["description"]) == (text, text + "!")
    assert [member.username for member in snapshot.members] == ["Alice", text]


@settings(max_examples=100, deadline=None, suppress_health_check=SUPPRESSED)
@given(text=st.text(max_size=300), xp=st.integers(0, 1_000_000), day=st.dates())
async def test_any_contribution_is_handed_on_as_it_came(world: World, text: str, xp: int, day: datetime) -> None:
    await world.redis.flushall()
    await world.active(ALICE, max_xp_per_contribution=1_000_000, max_xp_per_member_per_day=10**12)

    decision = await world.do(contribution(1, xp=xp, task_id=text, day=day.isoformat()))

    ledger = orjson.loads(decision.entries[0].ledger)
    assert (ledger["xp"], ledger["task_id"], ledger["day"]) == (xp, text, day.isoformat())
    assert (await world.do(contribution(1, xp=xp, task_id=text, day=day.isoformat()))).outcome == "duplicate"


async def test_what_is_absent_is_not_written(world: World) -> None:
    await world.active(ALICE)

    await world.do(contribution(1, actor_id=None, may_write_for_others=True))

    (entry,) = await world.log()
    assert "taskId" not in entry.data
    assert not {"actor_id", "task_id", "ended_at"} & set(entry.ledger)


@settings(max_examples=60, deadline=None, suppress_health_check=SUPPRESSED)
@given(milliseconds=st.integers(NOW, 253_402_300_799_999))
async def test_the_scripts_calendar_is_that_of_the_world(world: World, milliseconds: int) -> None:
    await world.redis.flushall()
    await world.recruiting(ALICE, last_at=milliseconds)

    await world.do(join(BOB))

    (entry,) = await world.log()
    seconds, rest = divmod(milliseconds, 1000)
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert (entry.data["at"], entry.ledger["at"]) == (f"{moment}.{rest:03d}Z", milliseconds)


async def test_time_never_runs_backwards(world: World) -> None:
    """The clock of Redis is far behind the raid's last entry here."""
    await world.active(ALICE, last_at=NOW + HOUR)
    seconds, _ = await world.redis.time()
    assert seconds * 1000 < NOW

    await world.contributions(2)

    assert [entry.ledger["at"] for entry in await world.log()] == [NOW + HOUR] * 2
    assert (await world.state())["last_at"] == str(NOW + HOUR)


async def test_otherwise_time_is_that_of_redis(world: World) -> None:
    await world.active(ALICE, last_at=0)
    before, _ = await world.redis.time()

    await world.do(contribution(1))

    after, _ = await world.redis.time()
    (entry,) = await world.log()
    assert before * 1000 <= entry.ledger["at"] < (after + 1) * 1000
    assert (await world.state())["last_at"] == str(entry.ledger["at"])


async def test_every_contribution_id_is_its_own(world: World) -> None:
    await world.active(ALICE)
    commands: list[Contribute] = [contribution(1), contribution(2)]

    for command in commands:
        assert await world.outcome(command) == "accepted"

    assert sorted(await world.hash("contributions")) == sorted([key(1), key(2)])
