"""The rules of achievements in plain Python: what unlocks when, what it brings, and which level that is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Defined:
    metric: str | None
    threshold: int | None
    group: str
    tier: str
    xp: int
    credits: int


def level_of(xp: int) -> int:
    """Level n begins at 50 * n * (n - 1) XP."""
    level = 1
    while 50 * (level + 1) * level <= xp:
        level += 1
    return level


@dataclass(slots=True)
class Model:
    definitions: dict[int, Defined] = field(default_factory=dict)
    values: Counter[tuple[int, str]] = field(default_factory=Counter)
    unlocked: dict[tuple[int, int], int] = field(default_factory=dict)
    """When (person, achievement) was."""
    rewards: dict[tuple[int, str, str], tuple[int, int]] = field(default_factory=dict)
    """What (person, group, tier) brought; never taken back."""
    levels: dict[int, int] = field(default_factory=dict)

    def move(self, user: int, xp: int, tasks: int, at: int) -> None:
        """All that one batch did for somebody."""
        before = Counter(self.values)
        self.values[user, "xp_total"] += xp
        self.values[user, "tasks_total"] += tasks
        for name, one in sorted(self.definitions.items()):
            if one.metric is None or one.threshold is None:
                continue
            if before[user, one.metric] < one.threshold <= self.values[user, one.metric]:
                self.unlock(user, name, at)
        self.settle(user)

    def unlock(self, user: int, name: int, at: int) -> None:
        if name not in self.definitions or (user, name) in self.unlocked:
            return
        self.unlocked[user, name] = at
        one = self.definitions[name]
        self.rewards.setdefault((user, one.group, one.tier), (one.xp, one.credits))
        self.settle(user)

    def recompute(self, name: int, users: Iterable[int], at: int) -> int:
        """How many unlocked it."""
        one, had = self.definitions[name], len(self.unlocked)
        for user in users:
            if one.metric and one.threshold and self.values[user, one.metric] >= one.threshold:
                self.unlock(user, name, at)
        return len(self.unlocked) - had

    def erase(self, name: int) -> None:
        del self.definitions[name]
        self.unlocked = {key: at for key, at in self.unlocked.items() if key[1] != name}

    def settle(self, user: int) -> None:
        total = self.values[user, "xp_total"] + self.brought(user)[0]
        self.levels[user] = max(self.levels.get(user, 1), level_of(total))

    def brought(self, user: int) -> tuple[int, int]:
        """Reward XP and credits."""
        mine = [reward for key, reward in self.rewards.items() if key[0] == user]
        return sum(xp for xp, _ in mine), sum(credits for _, credits in mine)
