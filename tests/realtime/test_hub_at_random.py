"""Random interleavings of everything that can happen between a raid and its subscribers."""

import asyncio
import random
from typing import ClassVar

import pytest

from tests.helpers import eventually
from tests.realtime.bench import Bench, bench, turn
from tests.realtime.memory import payload_of
from tests.realtime.readers import Client, assert_seamless

pytestmark = pytest.mark.usefixtures("ways")


@pytest.mark.parametrize("seed", range(60))
async def test_every_subscriber_sees_every_entry_once_and_in_order(seed: int) -> None:
    """Random commands, losses, heals, slow readers, visits and returns: nothing is missing, nothing twice."""
    async with bench(seed=seed) as on:
        play = Play(on, random.Random(seed))
        await play.run(400)
        on.world.write()
        for client in play.clients:
            client.read()
        await eventually(lambda: all(client.at == on.world.head for client in play.clients), deadline=5)
        for client in play.clients + play.gone:
            assert_seamless(client.told)
            assert not client.ended
        assert on.hub.stream_count == len(play.clients)


class Play:
    """What can happen to a raid and its subscribers, at random. Arrivals run beside everything else."""

    CHANCES: ClassVar = {
        "write": 40,
        "burst": 4,
        "lose": 4,
        "twice": 4,
        "heal": 1,
        "visit": 3,
        "return_": 6,
        "go": 6,
        "slow": 4,
        "read": 6,
        "deaf": 1,
        "pause": 40,
    }

    def __init__(self, on: Bench, chance: random.Random) -> None:
        self.on = on
        self.chance = chance
        self.clients: list[Client] = []
        self.gone: list[Client] = []
        self._arriving: list[asyncio.Task[Client]] = []

    async def run(self, steps: int) -> None:
        self.clients.append(await self.on.client())
        for name in self.chance.choices(list(self.CHANCES), list(self.CHANCES.values()), k=steps):
            if name == "pause":
                await turn(self.chance.randrange(12))
            else:
                getattr(self, name)()
            self.clients += [task.result() for task in self._arriving if task.done()]
            self._arriving = [task for task in self._arriving if not task.done()]
        if self.on.ear.deaf:
            self.on.ear.regain()
        self.clients += await asyncio.gather(*self._arriving)

    def write(self) -> None:
        self.on.world.write()

    def burst(self) -> None:
        for _ in range(self.chance.choice((10, 300, 1100))):
            self.on.world.write()

    def lose(self) -> None:
        self.on.world.write(publish=False)

    def twice(self) -> None:
        if self.on.world.log:
            self.on.ear.hear(payload_of(self.chance.choice(self.on.world.log)))

    def heal(self) -> None:
        self.on.world.heal(publish=self.chance.random() < 0.7)
        self.on.world.suspect = self.chance.random() < 0.3

    def visit(self) -> None:
        self._arriving.append(asyncio.create_task(self.on.client()))

    def return_(self) -> None:
        if self.gone:
            before = self.gone.pop(self.chance.randrange(len(self.gone)))
            assert_seamless(before.told)
            self._arriving.append(asyncio.create_task(self.on.client(str(before.at))))

    def go(self) -> None:
        if len(self.clients) > 1:
            client = self.clients.pop(self.chance.randrange(len(self.clients)))
            self.on.gone(client)
            self.gone.append(client)

    def slow(self) -> None:
        self.chance.choice(self.clients).stop_reading()

    def read(self) -> None:
        self.chance.choice(self.clients).read()

    def deaf(self) -> None:
        if self.on.ear.deaf:
            self.on.ear.regain()
        else:
            self.on.ear.lose()
