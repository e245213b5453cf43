"""Whatever is defined, contributed, recomputed and deleted in whatever order: Postgres and the model agree."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persistence.achievements import Achievements
from persistence.definitions import Definitions
from raidline.ids import AchievementId, UserId
from tests.persistence.achievement_model import Defined, Model
from tests.persistence.achieving import defined, recomputed, without_defaults
from tests.persistence.conftest import World
from tests.persistence.log import Log, fields_of

MEMBERS = 3
METRICS = ("tasks_total", "xp_total")
WHAT = ("batch", "batch", "batch", "again", "void", "define", "change", "erase", "recompute", "unlock", "take")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(WHAT),
        st.integers(0, MEMBERS - 1),
        st.integers(0, 5),
        st.lists(st.tuples(st.integers(0, MEMBERS - 1), st.integers(0, 120)), min_size=1, max_size=6),
    ),
    min_size=15,
    max_size=40,
)


def threshold_of(metric: str, number: int) -> int:
    """Of 0 to 120, one that a history is likely to cross."""
    return 1 + (number % 12 if metric == "tasks_total" else 3 * number)


@dataclass(slots=True)
class Play:
    """One history, told to Postgres and to the model."""

    world: World
    log: Log
    users: list[UserId]
    model: Model = field(default_factory=Model)
    unvoided: list[bytes] = field(default_factory=list)
    last: list[bytes] = field(default_factory=list)

    async def step(self, what: str, who: int, number: int, items: list[tuple[int, int]]) -> None:
        user, names = self.users[who], sorted(self.model.definitions)
        name = AchievementId(names[number % len(names)]) if names else None
        match what:
            case "batch":
                fresh = [self.log.contribute(self.users[member], xp=xp) for member, xp in items]
                self.unvoided += fresh
                await self.record(fresh)
            case "void" if self.unvoided:
                await self.record([self.log.void(self.unvoided.pop(number % len(self.unvoided)))])
            case "again":
                await self.world.ledger.record(self.last)
            case "define":
                await self.define(METRICS[number % 2], items[0][1], number)
            case _ if name is not None:
                await self.with_name(what, user, name, items[0][1])

    async def with_name(self, what: str, user: UserId, name: AchievementId, number: int) -> None:
        world, achievements = self.world, Achievements(self.world.pool)
        match what:
            case "change":
                one = self.model.definitions[name]
                one.threshold = threshold_of(one.metric or "", number)
                await Definitions(world.pool).change(name, {"threshold": one.threshold})
            case "erase":
                await Definitions(world.pool).delete(name)
                self.model.erase(name)
            case "unlock":
                await achievements.unlock(user, name, self.log.at)
                self.model.unlock(user, name, self.log.at)
            case "take":
                await achievements.delete(user, name, unlocked=True)
                self.model.unlocked.pop((user, name), None)
            case "recompute":
                job = await recomputed(world, name)
                self.model.recompute(name, self.users, job.created_at_ms)

    async def define(self, metric: str, size: int, number: int) -> None:
        """Few groups and tiers, so that several achievements lead to one reward."""
        threshold = threshold_of(metric, size)
        group, tier, xp, credits = f"group {number % 2}", f"tier {number % 3}", 40 * number, number
        name = await defined(
            self.world,
            metric=metric,
            threshold=threshold,
            group=group,
            tier=tier,
            reward_xp=xp,
            reward_credits=credits,
        )
        self.model.definitions[name] = Defined(metric, threshold, group, tier, xp, credits)

    async def record(self, entries: list[bytes]) -> None:
        self.last = entries
        await self.world.ledger.record(entries)
        moves: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        for one in map(fields_of, entries):
            sign = 1 if one["event"] == "contribution" else -1
            xp, tasks, _ = moves[one["user_id"]]
            moves[one["user_id"]] = [xp + sign * one["xp"], tasks + sign, one["at"]]
        for user, (xp, tasks, at) in moves.items():
            self.model.move(user, xp, tasks, at)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_every_history_comes_to_what_the_model_says(world: World, steps: list[Any]) -> None:
    await forget_former_histories(world)
    users = await world.users(MEMBERS)
    play, levels = Play(world, await world.active_raid(users[0]), users), dict.fromkeys(users, 1)
    for metric in METRICS:
        await play.define(metric, 3, 1)
    for step in steps:
        await play.step(*step)
        now = await levels_of(world, users)
        assert all(now[user] >= levels[user] for user in users), "a level fell"
        levels = now
    await assert_same(play)


async def assert_same(play: Play) -> None:
    world, model, users = play.world, play.model, play.users
    times = "(extract(epoch FROM unlocked_at) * 1000)::bigint"
    unlocked = await world.rows(
        f"SELECT user_id, achievement_id, {times} FROM user_achievements WHERE user_id = ANY ($1)", users
    )
    assert {(user, name): at for user, name, at in unlocked} == model.unlocked
    rewards = await world.rows(
        "SELECT user_id, group_name, tier, xp, credits FROM user_achievement_rewards WHERE user_id = ANY ($1)", users
    )
    assert {(user, group, tier): (xp, credits) for user, group, tier, xp, credits in rewards} == model.rewards
    for user in users:
        rows = await world.rows("SELECT reward_xp, credits, level FROM user_stats WHERE user_id = $1", user)
        assert (rows or [(0, 0, 1)]) == [(*model.brought(user), model.levels.get(user, 1))]
    tallies = await world.rows("SELECT achievement_id, sum(unlocks)::bigint FROM achievement_tallies GROUP BY 1")
    defined_now = {name: count for name, count in tallies if count and name in model.definitions}
    assert defined_now == Counter(name for _, name in model.unlocked)


async def forget_former_histories(world: World) -> None:
    """A recompute looks at everybody: those of earlier histories have come nowhere, and nothing is defined."""
    await without_defaults(world)
    await world.execute("DELETE FROM user_stats")


async def levels_of(world: World, users: list[UserId]) -> dict[UserId, int]:
    rows = await world.rows("SELECT user_id, level FROM user_stats WHERE user_id = ANY ($1)", users)
    return {**dict.fromkeys(users, 1), **dict(rows)}
