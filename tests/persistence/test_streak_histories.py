"""Random lives, many at once: whatever people do, wherever they travel, however it is cut into batches, the ledger
says of each what the model says."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from persistence.streak_keeping import Kept, StreakKeeping
from tests.persistence.conftest import World
from tests.persistence.streak_play import DAY, Player, assert_same, check_in, move, ms, play_midnights, players

PEOPLE = 100
EXAMPLES = 5
PARTS = 4
"""2,000 lives in all, in parts, so that no test is taken for one that hangs where the machine is busy."""

STEPS = 30

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # midnight comes twice in autumn and is left out in spring
    "Africa/Cairo",  # the day that begins at one o'clock
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Kiritimati",  # +14
    "Pacific/Pago_Pago",  # -11
    "UTC",
]
DATE_LINE = ["Pacific/Kiritimati", "Pacific/Pago_Pago"]
BEGINNINGS = [
    datetime(2026, 3, 5, tzinfo=UTC),  # clocks go forward in America
    datetime(2026, 3, 25, tzinfo=UTC),  # in Europe
    datetime(2026, 10, 22, tzinfo=UTC),  # back
    datetime(2026, 12, 25, tzinfo=UTC),  # a new year
]


class Life:
    """What one person does, a step at a time."""

    def __init__(self, player: Player, random: Random) -> None:
        self.player = player
        self.random = random
        self.phone = player.model.zone
        self.lazy = random.choice([0.05, 0.2, 0.4])
        """How often nothing is done in a step."""

    def entries(self, now: datetime) -> list[bytes]:
        """Items that come within the next hours: of now, late ones, repeats."""
        random, entries = self.random, []
        if random.random() < 0.15:
            self.phone = random.choice([*ZONES, *DATE_LINE, *DATE_LINE])
        for _ in range(random.choice([0, 1, 1, 1, 2])):
            came = now + timedelta(seconds=random.randrange(3 * 3600))
            late = random.random() < 0.12
            occurred = came - (random.random() * 6 * DAY if late else random.random() * timedelta(minutes=20))
            entries.append((came, occurred))
        told = []
        for came, occurred in sorted(entries):
            if random.random() >= self.lazy:
                told.append(self.player.item(occurred.astimezone(ZoneInfo(self.phone)), came))
        if told and random.random() < 0.2:
            told.append(random.choice(told))
        return told

    async def keep(self, world: World, now: datetime) -> None:
        """Something else than an item, now and then."""
        player, random, keeping = self.player, self.random, StreakKeeping(world.pool)
        user, model, at = player.user_id, player.model, ms(now)
        match random.choice(["freeze", "repair", "repair", "pause", "resume", "move", "void", "check in", "check in"]):
            case "freeze":
                assert isinstance(await keeping.freeze(user, at), Kept) == model.freeze(now)
            case "repair":
                mended = model.repair(now)
                kept = await keeping.repair(user, at)
                assert (kept.days if isinstance(kept, Kept) else [None]) == [mended]
            case "pause":
                first = model.today(now) + random.randrange(-1, 4) * DAY
                last = first + random.randrange(-1, 5) * DAY
                kept = await keeping.pause(user, at, first, last)
                assert isinstance(kept, Kept) == model.pause(first, last, now)
            case "resume":
                await keeping.resume(user, at)
                model.resume(now)
            case "move":
                zone = random.choice(ZONES)
                await move(world, user, zone, now)
                model.move(zone, now)
            case "check in":
                occurred = now - random.choice([0, 0, 0, 1, 2]) * DAY
                await check_in(world, player, occurred.astimezone(ZoneInfo(self.phone)), now)
            case "void" if player.given:
                entry = player.void(random.randrange(len(player.given)), now)
                await record(world, [entry], random)


async def record(world: World, entries: list[bytes], random: Random) -> None:
    """In one batch or in two. What one person did stays in order: a log is never recorded from its end."""
    cut = random.choice([0, random.randrange(len(entries) + 1)])
    for part in (entries[:cut], entries[cut:]):
        recorded = await world.ledger.record(part)
        assert not any((recorded.stale, recorded.quarantined, recorded.unmet, recorded.unknown))


async def live(world: World, seed: int) -> None:
    """All these people's lives at once. Ledger and worker are behind now and then: nobody is to see it."""
    random = Random(seed)
    everybody = await players(world, [random.choice(ZONES) for _ in range(PEOPLE)])
    lives = [Life(player, Random(random.random())) for player in everybody]
    now = random.choice(BEGINNINGS) + random.random() * DAY
    waiting: list[bytes] = []
    for _ in range(STEPS):
        waiting += [entry for life in lives for entry in life.entries(now)]
        now += timedelta(hours=3)
        if random.random() < 0.5:
            await play_midnights(world, now)
        if random.random() < 0.7:
            await record(world, waiting, random)
            waiting = []
            for life in lives:
                if random.random() < 0.08:
                    await life.keep(world, now)
        now += timedelta(hours=random.choice([1, 6, 12, 18, 30]), seconds=random.randrange(3600))
    await record(world, waiting, random)
    await assert_same(world, everybody, now)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],  # a smaller seed is not a smaller life
)
@given(seed=st.integers(0, 2**32))
async def test_the_ledger_says_of_every_life_what_the_model_says(world: World, part: int, seed: int) -> None:
    await live(world, seed)
