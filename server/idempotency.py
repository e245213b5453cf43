"""One contribution, once: the caller's key, the id made of it, and what tells two bodies apart."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence

import orjson

from raidline.ids import ContributionId, RaidId, UserId
from server.bodies import ContributionBody
from server.problems import Problem, bad_header
from server.times import milliseconds

HEADER = "Idempotency-Key"
NAME = HEADER.lower().encode()
"""As it goes over the wire."""

KEY_MAX = 255

# For ever: a repeat is found by the id made under it, however long ago the first one came.
_NAMESPACE = uuid.UUID("5f0c8a3e-6a51-4d0b-9b51-7c1f6a2d9e04").bytes
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The digit of a UUID that says how to read it, of which two bits stay as they are."""

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_QUOTED = re.compile(r'"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"')
_ESCAPED = re.compile(r'\\(["\\])')


def key_from(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The key the caller chose, or None without one. Quoted (a structured string) or bare is the same key."""
    given = [value for name, value in headers if name == NAME]
    if not given:
        return None
    if len(given) > 1:
        raise bad_header(HEADER, "given more than once")
    return checked_key(_unquoted(given[0].decode("latin-1")))


def checked_key(key: object) -> str:
    if isinstance(key, str) and len(key) <= KEY_MAX and _VISIBLE.fullmatch(key):
        return key
    raise _malformed()


def make_key() -> str:
    return str(uuid.uuid4())


def contribution_id(raid_id: RaidId, user_id: UserId, key: str) -> ContributionId:
    """A UUID of version 5. Written out: as an object of `uuid` it takes three times as long."""
    name = f"{raid_id}/{user_id}/{key}"
    digest = hashlib.sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANTS[digest[16]]
    return ContributionId(f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}")


def fingerprint(body: ContributionBody, user_id: UserId) -> str:
    """The same for bodies that mean the same: compared after parsing, with defaults filled in."""
    occurred = body.occurred_at
    when = None
    if occurred is not None:
        offset = occurred.utcoffset()
        when = [milliseconds(occurred), offset.total_seconds() if offset else 0]
    content = orjson.dumps([body.xp, body.type, body.task_id, when, user_id])
    return hashlib.sha256(content).hexdigest()[:32]


def _unquoted(given: str) -> str:
    if not given.startswith('"'):
        return given
    match = _QUOTED.fullmatch(given)
    if match is None:
        raise _malformed()
    return _ESCAPED.sub(r"\1", match[1])


def _malformed() -> Problem:
    return bad_header(HEADER, "has to be 1 to 255 visible ASCII characters, quoted or bare")
