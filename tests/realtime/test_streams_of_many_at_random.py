"""Random interleavings of everything that can happen between several raids and readers of several of them."""

import asyncio
import random
from typing import ClassVar

import pytest

from raidline.ids import RaidId, UserId
from realtime.positions import parse
from realtime.topics import RaidTopic
from tests.helpers import eventually
from tests.realtime.bench import STRANGER, turn
from tests.realtime.bench_of_many import BenchOfMany, ManyClient, bench_of_many
from tests.realtime.many import Many
from tests.realtime.memory import LEADER

pytestmark = pytest.mark.usefixtures("ways")

RAIDS = tuple(RaidId(number) for number in range(42, 47))


@pytest.mark.parametrize("seed", range(40))
async def test_every_reader_sees_every_entry_of_every_raid_once_and_in_order(seed: int) -> None:
    """Random commands in all raids, losses, heals, slow readers, visits and returns by the compound cursor, cuts in
    the midst of writes, raids hidden and shown again."""
    async with bench_of_many(*RAIDS, seed=seed) as on:
        play = Play(on, random.Random(seed))
        await play.run(500)
        for world in on.worlds.of.values():
            world.show(True)
        on.own.write()
        await play.everybody_returns()
        await eventually(play.is_over, deadline=10)
        for client, asked in play.clients.items():
            many = client.reads_all()
            assert many.wrong == []
            assert {one: many.logs[one].has for one in asked} == {one: on.worlds.of[one].head for one in asked}
        assert on.hub.stream_count == len(play.clients)


class Play:
    """What can happen to raids and readers of several, at random. Arrivals run beside everything else."""

    CHANCES: ClassVar = {
        "write": 60,
        "own": 4,
        "burst": 3,
        "lose": 4,
        "heal": 2,
        "hide": 2,
        "show": 4,
        "visit": 3,
        "return_": 6,
        "go": 6,
        "slow": 4,
        "read": 6,
        "deaf": 1,
        "pause": 40,
    }

    def __init__(self, on: BenchOfMany, chance: random.Random) -> None:
        self.on = on
        self.chance = chance
        self.clients: dict[ManyClient, tuple[RaidId, ...]] = {}
        self.gone: list[tuple[Many, UserId | None]] = []
        self._arriving: list[asyncio.Task[None]] = []

    async def run(self, steps: int) -> None:
        await self._arrive(Many(), LEADER)
        for name in self.chance.choices(list(self.CHANCES), list(self.CHANCES.values()), k=steps):
            if name == "pause":
                await turn(self.chance.randrange(12))
            else:
                getattr(self, name)()
        if self.on.ear.deaf:
            self.on.ear.regain()
        await asyncio.gather(*self._arriving)

    async def everybody_returns(self) -> None:
        """Who was dismissed has to ask again."""
        await turn()
        for client in tuple(self.clients):
            client.read()
            await turn()
            self._goes(client, cut=False)
        for many, user in self.gone:
            await self._arrive(many, user)

    def is_over(self) -> bool:
        for client, asked in self.clients.items():
            found = parse(client.many.cursor or "") or {}
            last = [block for block in b"".join(client.written).split(b"\n\n") if block.startswith(b"id: ")]
            found = parse(last[-1].decode()[4:]) or {} if last else found
            if any(found.get(RaidTopic(one)) != self.on.worlds.of[one].head for one in asked):
                return False
        return True

    async def _arrive(self, many: Many, user: UserId | None) -> None:
        asked = tuple(self.chance.sample(RAIDS, self.chance.randint(1, len(RAIDS))))
        self.clients[await self.on.client(*asked, many=many, user=user, own=user == LEADER)] = asked

    def _goes(self, client: ManyClient, *, cut: bool) -> None:
        user = self.on.streams[client].user_id
        text = b"".join(client.written)
        if cut and text:
            text = text[: -self.chance.randrange(1, min(2000, len(text)) + 1)]
        client.many.read(text)
        self.on.gone(client)
        del self.clients[client]
        self.gone.append((client.many, user))

    def _world(self) -> RaidId:
        return self.chance.choice(RAIDS)

    def write(self) -> None:
        self.on.worlds.of[self._world()].write()

    def own(self) -> None:
        self.on.own.write()

    def burst(self) -> None:
        world = self.on.worlds.of[self._world()]
        for _ in range(self.chance.choice((10, 300, 1100))):
            world.write()

    def lose(self) -> None:
        self.on.worlds.of[self._world()].write(publish=False)

    def heal(self) -> None:
        world = self.on.worlds.of[self._world()]
        world.heal(publish=self.chance.random() < 0.7)
        world.suspect = self.chance.random() < 0.3

    def hide(self) -> None:
        self.on.worlds.of[self._world()].show(False)

    def show(self) -> None:
        self.on.worlds.of[self._world()].show(True)

    def visit(self) -> None:
        user = self.chance.choice((LEADER, STRANGER, None))
        self._arriving.append(asyncio.create_task(self._arrive(Many(), user)))

    def return_(self) -> None:
        if self.gone:
            many, user = self.gone.pop(self.chance.randrange(len(self.gone)))
            self._arriving.append(asyncio.create_task(self._arrive(many, user)))

    def go(self) -> None:
        if len(self.clients) > 1:
            self._goes(self.chance.choice(list(self.clients)), cut=self.chance.random() < 0.5)

    def slow(self) -> None:
        if self.clients:
            self.chance.choice(list(self.clients)).stop_reading()

    def read(self) -> None:
        if self.clients:
            self.chance.choice(list(self.clients)).read()

    def deaf(self) -> None:
        if self.on.ear.deaf:
            self.on.ear.regain()
        else:
            self.on.ear.lose()
