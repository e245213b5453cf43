"""Away with somebody: out of the ledger, then out of every place that still knows them.

The first step makes them nobody, in one transaction; whatever stops the rest, the worker does it again. Done twice,
or by two at once, it comes to the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from persistence.errors import LedgerAway
from persistence.forgetting import Forgetting, KnowingRaid, name_of_forgotten
from raidline.ids import RaidId, UserId
from realtime.commands import Leave
from realtime.errors import RedisAway
from realtime.forgetting import drop_person, scrub
from server.outcomes import Accepted, Unavailable

if TYPE_CHECKING:
    from server.services import Services

RAIDS_AT_ONCE = 50
PEOPLE_AT_ONCE = 20

log = structlog.get_logger(__name__)


class NotYet(Exception):
    """Something of them stands where it cannot be taken away now; the next look finds it."""


async def forget(services: Services, user_id: UserId) -> None:
    """Returns when they are nobody and, if every part answers, nothing is left of them. Raises LedgerAway where
    nothing has happened."""
    rows = await Forgetting(services.pool).begin(user_id)
    await services.notifier.send(rows)
    try:
        await look_for_traces(services, user_id)
    except (LedgerAway, RedisAway, Unavailable, NotYet) as error:
        log.info("forgetting_waits", user_id=user_id, kind=type(error).__name__)


async def forget_the_rest(services: Services) -> None:
    """What is left of those who went, for the worker. One who cannot be forgotten now holds up nobody else."""
    for user_id in await Forgetting(services.pool).due(PEOPLE_AT_ONCE):
        try:
            await look_for_traces(services, user_id)
        except (Unavailable, NotYet) as error:
            log.info("forgetting_waits", user_id=user_id, kind=type(error).__name__)


async def look_for_traces(services: Services, user_id: UserId) -> None:
    """Everything that can be found of them now, away. Raises LedgerAway, RedisAway, Unavailable, NotYet."""
    forgetting, begun = Forgetting(services.pool), time.monotonic()
    await forgetting.forget_rows(user_id)
    after = RaidId(0)
    while page := await forgetting.raids(user_id, after, RAIDS_AT_ONCE):
        await _leave(services, user_id, page)
        await _forget_in(services, user_id, [one.raid_id for one in page])
        after = page[-1].raid_id
    await forgetting.forget_tasks(user_id)
    await drop_person(services.scripted, user_id)
    await services.board_store.forget(user_id)
    await forgetting.looked(user_id, time.monotonic() - begun)


async def _leave(services: Services, user_id: UserId, raids: Sequence[KnowingRaid]) -> None:
    """As if they had left by themselves: the lead goes on, and an empty raid is cancelled."""
    commands = [Leave(raid_id=one.raid_id, user_id=user_id) for one in raids if one.is_in]
    outcomes = await asyncio.gather(*(services.write_path.submit(command) for command in commands))
    if any(isinstance(outcome, Accepted) and not outcome.durable for outcome in outcomes):
        raise NotYet("the ledger does not hold it yet")


async def _forget_in(services: Services, user_id: UserId, raid_ids: Sequence[RaidId]) -> None:
    """The ledger first: a raid that is healed in between comes back with what the ledger has."""
    name = name_of_forgotten(user_id)
    await Forgetting(services.pool).forget_names(user_id, raid_ids)
    later = await scrub(services.scripted, user_id, name, raid_ids)
    if later:
        raise NotYet("a log is too long now")
