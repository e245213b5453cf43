"""Random interleavings of everything that can happen between several raids and readers of several of them."""

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
from tests.realtime.memory import LEADER, Memory
from tests.realtime.play import COMMON, Play

pytestmark = pytest.mark.usefixtures("ways")

RAIDS = tuple(RaidId(number) for number in range(42, 47))


@pytest.mark.parametrize("seed", range(40))
async def test_every_reader_sees_every_entry_of_every_raid_once_and_in_order(seed: int) -> None:
    """Random commands in all raids, losses, heals, slow readers, visits and returns by the compound cursor, cuts in
    the midst of writes, raids hidden and shown again."""
    async with bench_of_many(*RAIDS, seed=seed) as on:
        play = OfMany(on, random.Random(seed))
        await play.run(500)
        for world in on.worlds.of.values():
            world.show(True)
        on.own.write()
        await play.everybody_returns()
        await eventually(play.is_over)
        for client, asked in play.clients.items():
            many = client.reads_all()
            assert many.wrong == []
            assert {one: many.logs[one].has for one in asked} == {one: on.worlds.of[one].head for one in asked}
        assert on.hub.stream_count == len(play.clients)


class OfMany(Play):
    CHANCES: ClassVar = {**COMMON, "write": 60, "own": 4, "burst": 3, "heal": 2, "hide": 2, "show": 4}

    def __init__(self, on: BenchOfMany, chance: random.Random) -> None:
        super().__init__(on.ear, chance)
        self.on = on
        self.clients: dict[ManyClient, tuple[RaidId, ...]] = {}
        self.gone: list[tuple[Many, UserId | None]] = []

    async def run(self, steps: int) -> None:
        await self._arrive(Many(), LEADER)
        await self.go_through(steps)

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

    def world(self) -> Memory:
        return self.on.worlds.of[self.chance.choice(RAIDS)]

    def own(self) -> None:
        self.on.own.write()

    def hide(self) -> None:
        self.world().show(False)

    def show(self) -> None:
        self.world().show(True)

    def visit(self) -> None:
        user = self.chance.choice((LEADER, STRANGER, None))
        self.arrives(self._arrive(Many(), user))

    def return_(self) -> None:
        if self.gone:
            many, user = self.gone.pop(self.chance.randrange(len(self.gone)))
            self.arrives(self._arrive(many, user))

    def go(self) -> None:
        if len(self.clients) > 1:
            self._goes(self.chance.choice(list(self.clients)), cut=self.chance.random() < 0.5)
