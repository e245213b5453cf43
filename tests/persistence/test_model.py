"""Whatever is recorded in whatever order, cut and repeated: the ledger ends where the log does."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persistence.audit import LedgerAudit
from tests.persistence.conftest import World
from tests.persistence.log import Log, fields_of

MEMBERS = 4
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["contribute", "contribute", "contribute", "void", "join", "leave", "lead", "update"]),
        st.integers(0, MEMBERS - 1),
        st.integers(0, 50),
    ),
    min_size=1,
    max_size=40,
)


class Model:
    """The rules of the fold in plain Python: what a reader of the whole log would say."""

    def __init__(self, entries: list[bytes]) -> None:
        self.xp: Counter[int] = Counter()
        self.tasks: Counter[int] = Counter()
        self.states: dict[int, str] = {}
        self.title = "A title"
        for entry in map(fields_of, entries):
            self.take(entry)
        self.last = fields_of(entries[-1])

    def take(self, entry: dict[str, Any]) -> None:
        match entry["event"]:
            case "contribution":
                self.xp[entry["user_id"]] += entry["xp"]
                self.tasks[entry["user_id"]] += 1
            case "contribution_voided":
                self.xp[entry["user_id"]] -= entry["xp"]
                self.tasks[entry["user_id"]] -= 1
            case "member_join":
                self.states[entry["user_id"]] = "member"
            case "member_leave":
                self.states[entry["user_id"]] = "removed" if entry["removed"] else "left"
            case "raid_update":
                self.title = entry["title"]


def written(log: Log, people: list[Any], steps: list[tuple[str, int, int]]) -> None:
    """A log of these steps; it need not make sense as a raid, only as a log."""
    unvoided: list[bytes] = []
    for what, who, number in steps:
        user = people[who]
        match what:
            case "contribute":
                unvoided.append(log.contribute(user, xp=number, day=f"2026-11-{1 + number % 3:02}"))
            case "void" if unvoided:
                log.void(unvoided.pop(number % len(unvoided)))
            case "join":
                log.join(user, f"name {number}")
            case "leave":
                log.leave(user, removed=number % 2 == 0)
            case "lead":
                log.lead(user)
            case _:
                log.update(title=f"title {number}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, shuffled=st.randoms(use_true_random=False), batch=st.integers(1, 15), repeats=st.integers(0, 10))
async def test_every_order_comes_to_what_the_whole_log_says(
    world: World, steps: list[tuple[str, int, int]], shuffled: Any, batch: int, repeats: int
) -> None:
    people = await world.users(MEMBERS)
    log = await world.raid(people[0])
    written(log, people, steps)
    given_in = [*log.entries, *shuffled.choices(log.entries, k=repeats)]
    shuffled.shuffle(given_in)
    for start in range(0, len(given_in), batch):
        recorded = await world.ledger.record(given_in[start : start + batch])
        assert not any((recorded.stale, recorded.quarantined, recorded.unmet, recorded.unknown))
    await assert_same(world, log, Model(log.entries), people)


async def assert_same(world: World, log: Log, model: Model, people: list[Any]) -> None:
    row = await world.raids.raid(log.raid_id)
    assert row is not None
    assert (row.current_xp, row.current_tasks) == (sum(model.xp.values()), sum(model.tasks.values()))
    assert (row.title, row.last_seq) == (model.title, log.seq)
    assert (row.leader_id, row.member_count) == (model.last["leader_id"], model.last["member_count"])
    members = await world.rows("SELECT user_id, state, xp, tasks FROM raid_members WHERE raid_id = $1", log.raid_id)
    states = {people[0]: "member", **model.states}
    assert {user: (state, xp, tasks) for user, state, xp, tasks in members} == {
        user: (states.get(user), model.xp[user], model.tasks[user]) for user in {*states, *model.xp}
    }
    about = {"raid_totals", "member_totals", "membership", "user_stats", "user_day", "key_differs"}
    found = [one async for one in LedgerAudit(world.pool).differences()]
    assert [one for one in found if one.kind in about] == []
