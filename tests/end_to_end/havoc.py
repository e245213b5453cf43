"""What may happen to a raid's keys in Redis while everybody goes on: each of these has to end in a heal."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import asyncpg
import redis.asyncio

from persistence.errors import LedgerAway
from raidline.ids import Epoch, RaidId
from realtime.errors import RedisAway
from realtime.keys import raid_key, raid_keys
from server.services import Services
from tests.helpers import eventually

ELSEWHERE = "e" * 40
"""A run id of no Redis there is."""

EDIT = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
"""

COPY = """
local copies = {}
for position, key in ipairs(KEYS) do copies[position] = redis.call('DUMP', key) end
return copies
"""

PUT_BACK = """
for position, key in ipairs(KEYS) do
  redis.call('DEL', key)
  if ARGV[position + 1] ~= '' then redis.call('RESTORE', key, 0, ARGV[position + 1]) end
end
redis.call('HSET', KEYS[1], 'run_id', ARGV[1])
"""


BUSY_SECONDS = 0.2
"""How long at most the ledger is kept from recording a raid: well below what callers wait for it."""


class Havoc:
    """Of one raid. Every method is one atomic step, as it is when a Redis restarts or loses its data."""

    def __init__(self, client: "redis.asyncio.Redis", services: Services, database_url: str, raid_id: RaidId) -> None:
        self._client = client
        self._services = services
        self._database_url = database_url
        self._raid_id = raid_id
        self._state = raid_key(raid_id, "state")
        self._copies: list[list[bytes | None]] = []

    async def strike(self, chance: random.Random) -> None:
        """One of them; half of the time while entries are decided and not yet recorded."""
        strikes = (self.lose, self.lose_all, self.another_run, self.freeze, self.overtake, self.older_copy)
        strike = chance.choices(strikes, weights=(3, 1, 3, 2, 3, 3))[0]
        await self.copy()
        if chance.random() < 0.5:
            await strike()
            return
        async with self._held() as held:
            await held.execute("SELECT FROM raids WHERE id = $1 FOR NO KEY UPDATE", self._raid_id)
            await self._some_wait_for_the_ledger()
            striking = asyncio.create_task(strike())
            await asyncio.wait([striking], timeout=BUSY_SECONDS / 2)
        await striking

    @contextlib.asynccontextmanager
    async def _held(self) -> AsyncIterator[asyncpg.Connection]:
        """A transaction on a connection of its own, that is had however busy the others are."""
        connection = await asyncpg.connect(self._database_url)
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()

    async def _some_wait_for_the_ledger(self) -> None:
        """Entries the ledger cannot have, for it is locked out. None come while nobody writes: then go on."""
        before = await self._seq()
        with contextlib.suppress(AssertionError):
            await eventually(partial(self._is_beyond, before + 2), BUSY_SECONDS / 2, every=0.005)

    async def _is_beyond(self, seq: int) -> bool:
        return await self._seq() >= seq

    async def _seq(self) -> int:
        heads = await self._services.store.heads([self._raid_id])
        return heads[self._raid_id].seq if heads else 0

    async def lose(self) -> None:
        await self._client.delete(*raid_keys(self._raid_id))

    async def lose_all(self) -> None:
        await self._client.flushall()

    async def another_run(self) -> None:
        await self._eval(EDIT, [self._state], "run_id", ELSEWHERE)

    async def freeze(self) -> None:
        """As a heal leaves it that died in its midst."""
        await self._eval(EDIT, [self._state], "frozen", "nobody-is-at-work")

    async def overtake(self) -> None:
        """Another server knows of a higher epoch."""
        heads = await self._services.store.heads([self._raid_id])
        epoch = heads[self._raid_id].epoch if heads else 0
        try:
            await self._services.healer.ensure(self._raid_id, Epoch(epoch + 1))
        except (LedgerAway, RedisAway):
            return  # busy; the next one will do it

    async def copy(self) -> None:
        copied = await self._eval(COPY, list(raid_keys(self._raid_id)))
        if copied[0] is not None:
            self._copies = [*self._copies[-2:], copied]

    async def older_copy(self) -> None:
        """Redis was restarted from an older dump."""
        if self._copies:
            oldest = [value or b"" for value in self._copies[0]]
            await self._eval(PUT_BACK, list(raid_keys(self._raid_id)), ELSEWHERE, *oldest)

    async def _eval(self, script: str, keys: list[str], *arguments: str | bytes) -> Any:
        evaluate: Any = self._client.eval
        return await evaluate(script, len(keys), *keys, *arguments)
