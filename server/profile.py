"""A person's own name and zone: changed, and told to everything that remembers them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from raidline.ids import UserId
from realtime.commands import Rename

if TYPE_CHECKING:
    from server.services import Services

RENAMED_MAX = 200
"""Raids in which somebody gets their new name; the oldest of more keep the name they were joined with."""

ROUNDS = 3
"""How often somebody is renamed again because they changed their mind meanwhile."""


async def change_profile(services: Services, user_id: UserId, name: str | None, tz: str | None) -> None:
    """Returns when it is so everywhere; harmless when repeated. Raises LedgerAway, RedisAway, Unavailable."""
    rows = await services.profiles.change(user_id, name, tz, round(time.time() * 1000))
    await services.notifier.send(rows)
    if name is not None:
        await _rename(services, user_id, name)


async def _rename(services: Services, user_id: UserId, name: str) -> None:
    """In the raids they are in, and on the boards. Of two changes at once the ledger's is the one that stays."""
    for _ in range(ROUNDS):
        raid_ids = await services.profiles.live_raids(user_id, RENAMED_MAX)
        commands = [Rename(raid_id=raid_id, user_id=user_id, username=name) for raid_id in raid_ids]
        await asyncio.gather(*(services.write_path.submit(command) for command in commands))
        await services.board_store.rename(user_id, name)
        now = await services.profiles.name_of(user_id)
        if now is None or now == name:
            return
        name = now
