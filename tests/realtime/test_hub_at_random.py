"""Random interleavings of everything that can happen between a raid and its subscribers."""

import random
from typing import ClassVar

import pytest

from tests.helpers import eventually
from tests.realtime.bench import Bench, bench
from tests.realtime.memory import Memory, payload_of
from tests.realtime.play import COMMON, Play
from tests.realtime.readers import Client, assert_seamless

pytestmark = pytest.mark.usefixtures("ways")


@pytest.mark.parametrize("seed", range(60))
async def test_every_subscriber_sees_every_entry_once_and_in_order(seed: int) -> None:
    """Random commands, losses, heals, slow readers, visits and returns: nothing is missing, nothing twice."""
    async with bench(seed=seed) as on:
        play = OfOneRaid(on, random.Random(seed))
        await play.run(400)
        on.world.write()
        for client in play.clients:
            client.read()
        await eventually(lambda: all(client.at == on.world.head for client in play.clients), deadline=30)
        for client in play.clients + play.gone:
            assert_seamless(client.told)
            assert not client.ended
        assert on.hub.stream_count == len(play.clients)


class OfOneRaid(Play):
    CHANCES: ClassVar = {**COMMON, "write": 40, "burst": 4, "twice": 4, "heal": 1}

    def __init__(self, on: Bench, chance: random.Random) -> None:
        super().__init__(on.ear, chance)
        self.on = on
        self.clients: list[Client] = []
        self.gone: list[Client] = []

    async def run(self, steps: int) -> None:
        await self._arrive()
        await self.go_through(steps)

    async def _arrive(self, cursor: str | None = None) -> None:
        self.clients.append(await self.on.client(cursor))

    def world(self) -> Memory:
        return self.on.world

    def twice(self) -> None:
        if self.on.world.log:
            self.ear.hear(payload_of(self.chance.choice(self.on.world.log)))

    def visit(self) -> None:
        self.arrives(self._arrive())

    def return_(self) -> None:
        if self.gone:
            before = self.gone.pop(self.chance.randrange(len(self.gone)))
            assert_seamless(before.told)
            self.arrives(self._arrive(str(before.at)))

    def go(self) -> None:
        if len(self.clients) > 1:
            client = self.clients.pop(self.chance.randrange(len(self.clients)))
            self.on.gone(client)
            self.gone.append(client)
