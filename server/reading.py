"""Reading raids: as the caller may see them, healed first where Redis is in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from persistence.errors import RaidUnknown
from raidline.ids import Epoch, RaidId, UserId
from realtime.cursor import NOWHERE, Cursor
from realtime.logs import HEAL_TRIES
from realtime.raids import EVERYONE, LogPage, View, Viewer
from realtime.snapshot import Snapshot
from server.outcomes import Unavailable
from server.problems import Problem

if TYPE_CHECKING:
    from server.services import Services

_HEALS_AT_ONCE = 8


class _Doubtful(Protocol):
    @property
    def outcome(self) -> str: ...

    @property
    def epoch(self) -> Epoch: ...


Read = TypeVar("Read", bound=_Doubtful)


async def healed(services: Services, raid_id: RaidId, read: Callable[[], Awaitable[Read]]) -> Read:
    """What `read` finds once the raid is in order. Raises RaidUnknown, RedisAway, LedgerAway, Unavailable."""
    for _ in range(HEAL_TRIES):
        found = await read()
        if found.outcome not in ("missing", "suspect"):
            return found
        await services.healer.ensure(raid_id, found.epoch)
    raise Unavailable("raid_in_doubt")


async def view(services: Services, raid_id: RaidId, viewer: Viewer, *, known: str = "") -> View:
    """The raid as the viewer may see it; what they may not see is not there (404)."""
    found = await healed(services, raid_id, lambda: services.store.view(raid_id, viewer, known=known))
    if found.outcome == "not_found":
        raise Problem("not_found")
    return found


async def views(services: Services, raid_ids: Sequence[RaidId], viewer: Viewer) -> dict[RaidId, View | None]:
    """Several raids at once; None for each that is not there for this viewer."""
    found: dict[RaidId, View | None] = dict(await services.store.views(raid_ids, viewer))
    missing = [raid_id for raid_id, one in found.items() if one is not None and one.outcome == "missing"]
    if missing:  # one look at the ledger, where a heal each would find out the same
        known = await services.raids.known(missing)
        found.update(dict.fromkeys((raid_id for raid_id in missing if raid_id not in known), None))
    slots = asyncio.Semaphore(_HEALS_AT_ONCE)

    async def settle(raid_id: RaidId, one: View) -> None:
        if one.outcome == "not_found":
            found[raid_id] = None
        elif one.outcome != "ok":
            async with slots:
                found[raid_id] = await _view_or_none(services, raid_id, viewer)

    await asyncio.gather(*(settle(raid_id, one) for raid_id, one in found.items() if one is not None))
    return found


async def _view_or_none(services: Services, raid_id: RaidId, viewer: Viewer) -> View | None:
    try:
        return await view(services, raid_id, viewer)
    except RaidUnknown:
        return None
    except Problem as problem:
        if problem.code != "not_found":
            raise
        return None


async def log_page(services: Services, raid_id: RaidId, viewer: Viewer, cursor: Cursor | None, limit: int) -> LogPage:
    """What follows the cursor; `reset` for one that cannot be served, so for None too."""
    after = cursor or NOWHERE
    found = await healed(services, raid_id, lambda: services.store.entries_after(raid_id, after, limit, viewer))
    if found.outcome == "not_found":
        raise Problem("not_found")
    return found


async def snapshot_json(services: Services, raid_id: RaidId, viewer: Viewer, *, by_operator: bool = False) -> bytes:
    """The snapshot that answers a command which was carried out. Raises Problem to whom the raid shows nothing.

    An operator who changed a raid they are not in sees what they changed, as a stranger would a public one.
    """
    own = await healed(services, raid_id, lambda: services.store.view(raid_id, viewer))
    if own.outcome == "not_found" and by_operator:
        own = await healed(services, raid_id, lambda: services.store.view(raid_id, EVERYONE))
    return render(services, raid_id, own, for_member=own.is_member)


def render(services: Services, raid_id: RaidId, seen: View, *, for_member: bool) -> bytes:
    if seen.snapshot is None:
        raise Problem("not_found")
    return seen.snapshot.to_json(online=everybody_online(services, seen.snapshot), for_member=for_member)


def everybody_online(services: Services, snapshot: Snapshot) -> Collection[UserId]:
    """Over all servers, and who has just come to this one: Redis hears of them within a second."""
    return snapshot.online | services.hub.online(snapshot.raid_id)
