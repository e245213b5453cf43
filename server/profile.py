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


async def change_profile(services: Services, user_id: UserId, name: str | None, tz: str | None) -> None:
    """Returns when it is so everywhere; harmless when repeated. Raises LedgerAway, RedisAway, Unavailable."""
    rows = await services.profiles.change(user_id, name, tz, round(time.time() * 1000))
    await services.notifier.send(rows)
    if name is not None:
        await _rename(services, user_id, name)


async def _rename(services: Services, user_id: UserId, name: str) -> None:
    """In the raids they are in, and on the boards. Of two changes at once the ledger's is the one that stays."""
    told: str | None = None
    current: str | None = name
    # However often: who told an older name last is the only one who can know. Each round is one more change of theirs.
    while current is not None and current != told:
        raid_ids = await services.profiles.live_raids(user_id, RENAMED_MAX)
        commands = [Rename(raid_id=raid_id, user_id=user_id, username=current) for raid_id in raid_ids]
        await asyncio.gather(*(services.write_path.submit(command) for command in commands))
        await services.board_store.rename(user_id, current)
        told, current = current, await services.profiles.name_of(user_id)
