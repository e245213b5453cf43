"""Random comings, goings, hops, joins, leaves, kills and losses over several hubs: nobody who watches is shown offline,
and in the end everybody's page is right."""

import asyncio
import random
from typing import ClassVar

import pytest

from raidline.ids import UserId
from realtime.commands import Leave
from realtime.connection import Scripted
from realtime.hub import Hub
from realtime.keys import presence_keys
from realtime.topics import RaidTopic
from tests.helpers import eventually
from tests.realtime.crowd_world import Crowded, Onlooker, undisturbed
from tests.realtime.raid_world import RAID, join

PEOPLE = range(1, 9)
FOUNDERS = range(1, 6)
NAME = RaidTopic(RAID).channel_name
NOISE = 0.5
"""What a busy machine may add to any time."""


@pytest.mark.parametrize("seed", range(6))
async def test_pages_agree_with_who_is_there(seed: int, scripted: Scripted, redis_url: str) -> None:
    async def play_it(on: Crowded) -> None:
        await on.load(*FOUNDERS, public=1, max_members=100)
        play = Play(on, random.Random(seed))
        await play.run(70)
        assert play.open, "somebody looks on"
        for client in play.open:
            expected = {user for user in play.members if play.streams_of(user)}
            await shows(client, expected)
        for client in play.open + play.closed:
            play.assert_never_wrong(client)

    await undisturbed(scripted, redis_url, play_it)


async def shows(client: Onlooker, expected: set[int]) -> None:
    await eventually(lambda: client.online == expected)


class Play:
    CHANCES: ClassVar = {
        "come": 10,
        "go": 6,
        "hop": 8,
        "join": 2,
        "leave": 1,
        "kill": 1,
        "drain": 1,
        "forget": 1,
        "lose": 1,
        "pause": 14,
    }

    def __init__(self, on: Crowded, chance: random.Random) -> None:
        self.on = on
        self.chance = chance
        self.members: set[int] = set(FOUNDERS)
        self.open: list[Onlooker] = []
        self.closed: list[Onlooker] = []
        self.watched: dict[int, list[tuple[float, float | None]]] = {user: [] for user in PEOPLE}
        """For each person, the times from the first of their streams to the last."""

    async def run(self, steps: int) -> None:
        for _ in range(3):
            await self.on.hub()
        await self.come()
        for name in self.chance.choices(list(self.CHANCES), list(self.CHANCES.values()), k=steps):
            await getattr(self, name)()
        await self.come()

    def streams_of(self, user: int) -> int:
        return sum(client.user_id == user for client in self.open)

    # -- what can happen -------------------------------------------------------------------------------------------

    async def come(self) -> None:
        await self._watch(self.chance.choice(list(PEOPLE)))

    async def go(self) -> None:
        if len(self.open) > 1:
            client = self.chance.choice(self.open)
            self.on.gone(client)
            self._closed(client)

    async def hop(self) -> None:
        if self.open:
            client = self.chance.choice(self.open)
            self.on.gone(client)
            self._closed(client)
            await asyncio.sleep(self.chance.uniform(0, self.on.terms.grace / 2))
            await self._watch(client.user_id, client if self.chance.random() < 0.7 else None)

    async def join(self) -> None:
        user = self.chance.choice(list(PEOPLE))
        if await self.on.world.outcome(join(UserId(user))) == "done":
            self.members.add(user)

    async def leave(self) -> None:
        user = self.chance.choice(sorted(self.members))
        if len(self.members) > 2 and user != 1:
            assert await self.on.world.outcome(Leave(raid_id=RAID, user_id=UserId(user))) == "done"
            self.members.discard(user)

    async def kill(self) -> None:
        await self._end(drained=False)

    async def drain(self) -> None:
        await self._end(drained=True)

    async def forget(self) -> None:
        """Redis loses who is online, and nothing else."""
        await self.on.world.redis.delete(*presence_keys(RAID))

    async def lose(self) -> None:
        """A process loses its subscription for a moment, or messages without noticing."""
        hub = self._hub()
        is_noticed = self.chance.random() < 0.5
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hub, "on_message", lambda _name, _payload: None)
            if is_noticed:
                hub.on_lost([NAME], "redis_away")
            await asyncio.sleep(self.chance.uniform(0, 4 * self.on.terms.interval))
        if is_noticed:
            hub.on_back(NAME)

    async def pause(self) -> None:
        await asyncio.sleep(self.chance.uniform(0, 3 * self.on.terms.interval))

    async def _end(self, *, drained: bool) -> None:
        """Who watched through it comes back elsewhere soon after."""
        hub = self._hub()
        its = [client for client in self.open if self.on.streams[client][0] is hub]
        await (self.on.end(hub) if drained else self.on.kill(hub))
        for client in its:
            self._closed(client)
        await self.on.hub()
        for client in its:
            if self.chance.random() < 0.6:
                await self._watch(client.user_id, client)
        if not self.open:
            await self.come()

    def _hub(self) -> Hub:
        return self.chance.choice(self.on.hubs)

    # -- what is known of it ---------------------------------------------------------------------------------------

    async def _watch(self, user: int, before: Onlooker | None = None) -> None:
        self.open.append(await self.on.watch(self._hub(), user, before))
        if self.streams_of(user) == 1:
            self.watched[user].append((asyncio.get_running_loop().time(), None))

    def _closed(self, client: Onlooker) -> None:
        self.open.remove(client)
        self.closed.append(client)
        if not self.streams_of(client.user_id):
            since, _ = self.watched[client.user_id].pop()
            self.watched[client.user_id].append((since, asyncio.get_running_loop().time()))

    def assert_never_wrong(self, client: Onlooker) -> None:
        """Nobody was said to be offline who watched all along until then. What was said may be two tellings old."""
        late = 2 * self.on.terms.interval + NOISE
        for at, told in client.presence:
            for user in told.data["offline"]:
                assert not self._watched_through(user, at - late - self.on.terms.grace, at), f"{user} was there"

    def _watched_through(self, user: int, begin: float, end: float) -> bool:
        return any(since <= begin and (until is None or until >= end) for since, until in self.watched.get(user, []))
