"""Pages as ready-made JSON in Redis: read many at once, put there by whoever found one missing, dropped on a change.

The race "read what was, a change drops the page, write what was" cannot leave an old page behind: a reader who
misses is given a token, the drop takes page and token away, and storing needs the token (`lua/ready_made_*.lua`).

Each page says what it was made for: the run of Redis (one that restarted may come back with pages it dropped
before), the version of the achievements' definitions, and the variant its reader asked for. One that was made for
anything else counts as missing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from raidline.ids import UserId
from realtime import keys
from realtime.calls import Call
from realtime.lane import Reading
from realtime.scripting import Scripting
from realtime.scripts import script

LEASE_MS = 30_000
"""How long making a page may take; one that takes longer is not stored."""

HOUR = 3600
QUARTER = 900
DAY = 24 * HOUR

DROPPED_AT_ONCE = 250
"""People whose pages one command drops."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page stands, for how many seconds, and which of the pages that may stand there is meant.

    There is one at a time: asking for another `variant` (a range of days, today's date) replaces it.
    """

    key: str
    seconds: int
    variant: str = ""


def achievements_page(user_id: UserId) -> Page:
    return Page(keys.person_key(user_id, "achievements"), HOUR)


def achievement_progress_page(user_id: UserId, variant: str = "") -> Page:
    """`variant`: how many are asked for."""
    return Page(keys.person_key(user_id, "achievement_progress"), QUARTER, variant)


def stats_page(user_id: UserId, variant: str = "") -> Page:
    """`variant`: the days asked for."""
    return Page(keys.person_key(user_id, "stats"), QUARTER, variant)


def definitions_page() -> Page:
    return Page(keys.ACHIEVEMENTS_ALL, DAY)


def definition_page(achievement_id: int) -> Page:
    return Page(f"achievement:{achievement_id}", DAY)


def analytics_page(variant: str = "") -> Page:
    return Page("achievements:analytics", QUARTER, variant)


@dataclass(frozen=True, slots=True)
class Made:
    """A page's bytes, and the strong ETag of them (with its quotes)."""

    etag: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such page; `line` is what one of now begins with."""

    line: bytes


@dataclass(frozen=True, slots=True)
class Lease:
    token: bytes
    line: bytes


class ReadyMadeStore:
    """Every method raises RedisAway."""

    def __init__(self, scripted: Scripting, lane: Reading) -> None:
        """`lane` reads `keys.ACHIEVEMENTS_VERSION` along."""
        self._scripted = scripted
        self._lane = lane

    async def close(self) -> None:
        await self._lane.close()

    async def read(self, page: Page) -> Made | Missing:
        """All that are read in one turn of the loop go in one round trip. Raises LaneFull."""
        found = await self._lane.get(page.key)
        line = f"{found.run_id}-{(found.common or b'0').decode()} {page.variant}\n".encode()
        if found.value is None or not found.value.startswith(line):
            return Missing(line)
        return _unpacked(found.value, line)

    async def lease(self, page: Page, missing: Missing) -> Made | Lease:
        """The right to put the page there, or the page, where somebody has done so meanwhile."""
        token = secrets.token_hex(8)
        names = [page.key, keys.lease_key(page.key)]
        reply = await self._scripted.call(Call(script("ready_made_lease"), names, [token, LEASE_MS, missing.line]))
        if reply[0] == b"found":
            return _unpacked(reply[1], missing.line)
        return Lease(reply[1], missing.line)

    async def store(self, page: Page, lease: Lease, made: Made) -> bool:
        """Whether it stands there now; not if it was dropped since the lease."""
        value = b"%s%s\n%s" % (lease.line, made.etag.encode(), made.body)
        names = [page.key, keys.lease_key(page.key)]
        call = Call(script("ready_made_store"), names, [lease.token, page.seconds, value])
        return (await self._scripted.call(call))[0] == b"stored"


def drop_people(scripted: Scripting, people: Iterable[UserId]) -> list[list[str]]:
    """The commands that drop everything ready-made about these people."""
    user_ids = list(dict.fromkeys(people))
    names = (name for user_id in user_ids for name in keys.person_pages(user_id))
    most = DROPPED_AT_ONCE * keys.PAGES_PER_PERSON
    parts = scripted.together(names)
    drops = [["DEL", *part[start : start + most]] for part in parts for start in range(0, len(part), most)]
    return [*drops, _told(user_ids)]


def drop_definitions() -> list[list[str]]:
    """The commands after which every page was made for other definitions."""
    return [["INCR", keys.ACHIEVEMENTS_VERSION], _told(None)]


def _told(people: list[UserId] | None) -> list[str]:
    """Servers remember pages for a moment."""
    return ["PUBLISH", keys.PAGES_DROPPED, orjson.dumps({"people": people}).decode()]


def _unpacked(value: bytes, line: bytes) -> Made:
    end = value.index(b"\n", len(line))
    return Made(value[len(line) : end].decode(), value[end + 1 :])
