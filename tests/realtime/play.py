"""Random interleavings: chance says what happens next to raids and to those who follow them."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Collection, Coroutine, Mapping
from typing import Any, ClassVar

from tests.realtime.bench import turn
from tests.realtime.memory import Ear, Memory
from tests.realtime.readers import Client

COMMON: Mapping[str, int] = {
    "lose": 4,
    "visit": 3,
    "return_": 6,
    "go": 6,
    "slow": 4,
    "read": 6,
    "deaf": 1,
    "pause": 40,
}
"""What can happen wherever there are raids, and how often as against the rest."""


class Play(ABC):
    """Arrivals run beside everything else."""

    CHANCES: ClassVar[Mapping[str, int]]
    """The names of what can happen, each a method or `pause`, and how often as against the rest."""

    clients: Collection[Client]
    """Those who are here."""

    def __init__(self, ear: Ear, chance: random.Random) -> None:
        self.ear = ear
        self.chance = chance
        self._arriving: list[asyncio.Task[None]] = []

    async def go_through(self, steps: int) -> None:
        for name in self.chance.choices(list(self.CHANCES), list(self.CHANCES.values()), k=steps):
            if name == "pause":
                await turn(self.chance.randrange(12))
            else:
                getattr(self, name)()
        if self.ear.deaf:
            self.ear.regain()
        await asyncio.gather(*self._arriving)

    @abstractmethod
    def world(self) -> Memory:
        """Of any of the raids."""

    def arrives(self, arrival: Coroutine[Any, Any, None]) -> None:
        self._arriving.append(asyncio.create_task(arrival))

    def write(self) -> None:
        self.world().write()

    def burst(self) -> None:
        world = self.world()
        for _ in range(self.chance.choice((10, 300, 1100))):
            world.write()

    def lose(self) -> None:
        self.world().write(publish=False)

    def heal(self) -> None:
        world = self.world()
        world.heal(publish=self.chance.random() < 0.7)
        world.suspect = self.chance.random() < 0.3

    def slow(self) -> None:
        if self.clients:
            self.chance.choice(list(self.clients)).stop_reading()

    def read(self) -> None:
        if self.clients:
            self.chance.choice(list(self.clients)).read()

    def deaf(self) -> None:
        if self.ear.deaf:
            self.ear.regain()
        else:
            self.ear.lose()
