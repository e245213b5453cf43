"""A whole raid as Redis holds it, for those who compare it with the ledger."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from raidline.ids import Epoch, RaidId, Seq
from realtime import keys
from realtime.calls import Call
from realtime.connection import Scripted
from realtime.cursor import Cursor
from realtime.healing import AuditEntry, HealToken, RaidCare
from realtime.scripting import Scripting
from realtime.scripts import script

SCAN_PAGE = 1000

_STATE_KEY = re.compile(r"raid:\{([0-9]{1,18})\}:state")

LOG_READ_MAX = 110_000
"""More than a log may hold (1,000 audited and 100,000 unrecorded entries, and what was decided meanwhile)."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What each key holds, as text, whether or not the state is in order: a frozen one, or one of an earlier run
    of Redis, is healed when it is next touched, and what it holds should still be right."""

    state: dict[str, str]
    members: dict[str, str]
    xp: dict[str, str]
    tasks: dict[str, str]
    by_join: dict[str, str]
    past: dict[str, str]
    day_xp: dict[str, str]
    commands: dict[str, str]
    contributions: dict[str, str]
    log: tuple[AuditEntry, ...]

    @property
    def head(self) -> Cursor:
        return Cursor(Epoch(int(self.state["epoch"])), Seq(int(self.state["seq"])))


class Inspector:
    def __init__(self, scripted: Scripting, care: RaidCare) -> None:
        self._scripted = scripted
        self._care = care

    async def inspect(self, raid_id: RaidId) -> Inspected | None:
        """The raid, or None when there is no state. Its contributions and log may be newer than the rest while
        somebody writes: compare heads before and after. Raises RedisAway."""
        call = Call(script("inspect"), keys.raid_keys(raid_id), [])
        reply: Sequence[Any] = await self._scripted.call(call)
        if reply[0] == b"missing":
            return None
        state, members, xp, tasks, by_join, past, day_xp, commands = (_texts(part) for part in reply[1:])
        return Inspected(
            state=state,
            members=members,
            xp=xp,
            tasks=tasks,
            by_join=by_join,
            past=past,
            day_xp=day_xp,
            commands=commands,
            contributions={name: value async for name, value in self._contributions(raid_id)},
            log=await self._log(raid_id, Epoch(int(state["epoch"])), HealToken(state["frozen"])),
        )

    async def raids_held(self) -> AsyncIterator[list[RaidId]]:
        """The raids that have a state in Redis, in pages, each perhaps more than once."""
        for server in await self._scripted.servers():
            async for page in _raids_on(server):
                yield page

    async def _contributions(self, raid_id: RaidId) -> AsyncIterator[tuple[str, str]]:
        key, at = keys.raid_key(raid_id, "contributions"), "0"
        while True:
            found = (await self._scripted.plain([["HSCAN", key, at, "COUNT", SCAN_PAGE]]))[0]
            for name, value in _texts(found[1]).items():
                yield name, value
            at = found[0].decode()
            if at == "0":
                return

    async def _log(self, raid_id: RaidId, epoch: Epoch, frozen: HealToken) -> tuple[AuditEntry, ...]:
        entries: list[AuditEntry] = []
        async for page in self._care.log_pages(raid_id, epoch, Seq(0), frozen or None):
            if page is None or len(entries) > LOG_READ_MAX:
                break
            entries.extend(page)
        return tuple(entries)


async def _raids_on(server: Scripted) -> AsyncIterator[list[RaidId]]:
    at = "0"
    while True:
        found = (await server.plain([["SCAN", at, "MATCH", "raid:{*}:state", "COUNT", SCAN_PAGE]]))[0]
        yield [RaidId(int(match[1])) for key in found[1] if (match := _STATE_KEY.fullmatch(key.decode()))]
        at = found[0].decode()
        if at == "0":
            return


def _texts(flat: Sequence[bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in zip(flat[::2], flat[1::2], strict=True)}
