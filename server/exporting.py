"""Everything about one person as one JSON document, written as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson

from persistence.exporting import SECTIONS, export_pages
from persistence.pool import Pool
from persistence.profiles import Profile, Profiles
from raidline.ids import UserId
from realtime.times import rfc3339
from server.problems import unauthenticated


async def opened_export(pool: Pool, user_id: UserId) -> AsyncIterator[bytes]:
    """The document's parts. Raises LedgerAway now rather than in the midst of them, where it can only break off."""
    profile = await Profiles(pool).profile(user_id)
    if profile is None:
        raise unauthenticated()
    return _parts(pool, profile)


async def _parts(pool: Pool, profile: Profile) -> AsyncIterator[bytes]:
    yield b'{"profile":' + orjson.dumps(_profile_json(profile))
    for section in SECTIONS:
        yield b',"' + section.encode() + b'":['
        separator = b""
        async for page in export_pages(pool, profile.id, section):
            yield separator + ",".join(page).encode()
            separator = b","
        yield b"]"
    yield b"}"


def _profile_json(profile: Profile) -> dict[str, object]:
    return {
        "id": profile.id,
        "name": profile.name,
        "tz": profile.tz,
        "createdAt": rfc3339(profile.created_at_ms),
        "xp": profile.xp,
        "credits": profile.credits,
        "level": profile.level,
    }
