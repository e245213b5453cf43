"""What a WebSocket client may say, as values. Unknown and broken frames are values too; nothing raises."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from raidline.ids import RaidId

Ref = str | int | None
"""The client's own mark on a frame, given back with the answer."""

_REF_MAX = 64
_REF_NUMBER_MAX = 2**53 - 1
_RAID_ID_MAX = 10**18 - 1
_ENVELOPE = frozenset({"type", "ref", "raidId", "key", "contributionType"})


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`raid_id` is None for the client's own events (`"own": true` in the place of a raid)."""

    ref: Ref
    raid_id: RaidId | None
    since: str | None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    ref: Ref
    raid_id: RaidId | None


@dataclass(frozen=True, slots=True)
class Contribute:
    ref: Ref
    raid_id: RaidId
    key: str | None
    body: Mapping[str, Any]
    """As the body of the POST; `contributionType` has become `type`."""


@dataclass(frozen=True, slots=True)
class Ping:
    ref: Ref


@dataclass(frozen=True, slots=True)
class Broken:
    """A frame that means nothing."""

    ref: Ref
    code: str
    detail: str


ClientFrame = Subscribe | Unsubscribe | Contribute | Ping | Broken


def parse(text: str | bytes | None, own_raid: RaidId | None = None) -> ClientFrame:
    """The frame in a message; None stands for one that was not text. `own_raid` is what a socket of one raid
    is about: its frames may leave `raidId` out."""
    if not isinstance(text, str):
        return Broken(None, "bad_frame", "Frames are JSON objects, sent as text.")
    try:
        content = orjson.loads(text)
        json.loads(text, object_pairs_hook=_without_duplicates)
    except _DuplicateField:
        return Broken(None, "duplicate_field", "A field is given twice.")
    except (ValueError, RecursionError):
        return Broken(None, "bad_frame", "The frame is not valid JSON.")
    if not isinstance(content, dict):
        return Broken(None, "bad_frame", "The frame is not a JSON object.")
    ref = content.get("ref")
    if not _is_ref(ref):
        return Broken(None, "bad_frame", f"ref has to be an integer, or text of at most {_REF_MAX}.")
    return _of_type(content, ref, own_raid)


def _of_type(content: dict[str, Any], ref: Ref, own_raid: RaidId | None) -> ClientFrame:
    kind = content.get("type")
    if kind == "ping":
        return Ping(ref)
    if kind not in ("subscribe", "unsubscribe", "contribute"):
        return Broken(ref, "unknown_type", "type has to be subscribe, unsubscribe, contribute or ping.")
    if kind != "contribute" and content.get("own") is True and "raidId" not in content:
        return _following(content, kind, ref, None)
    raid_id = content.get("raidId", own_raid)
    if type(raid_id) is not int or not 0 < raid_id <= _RAID_ID_MAX:
        return Broken(ref, "validation_failed", "raidId has to be a positive integer.")
    if kind == "contribute":
        return _contribute(content, ref, RaidId(raid_id))
    return _following(content, kind, ref, RaidId(raid_id))


def _following(content: dict[str, Any], kind: str, ref: Ref, raid_id: RaidId | None) -> ClientFrame:
    if kind == "unsubscribe":
        return Unsubscribe(ref, raid_id)
    since = content.get("since")
    # A bad cursor is answered with a reset, never with an error; so is one that is not even text.
    return Subscribe(ref, raid_id, since if since is None or isinstance(since, str) else "")


def _contribute(content: dict[str, Any], ref: Ref, raid_id: RaidId) -> ClientFrame:
    key = content.get("key")
    if key is not None and not isinstance(key, str):
        return Broken(ref, "validation_failed", "key has to be text.")
    body = {name: value for name, value in content.items() if name not in _ENVELOPE}
    if "contributionType" in content:
        body["type"] = content["contributionType"]
    return Contribute(ref, raid_id, key, body)


class _DuplicateField(Exception):
    """Which of the two was meant, nobody can know."""


def _without_duplicates(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _DuplicateField


def _is_ref(ref: object) -> bool:
    if isinstance(ref, str):
        return len(ref) <= _REF_MAX
    return ref is None or (type(ref) is int and abs(ref) <= _REF_NUMBER_MAX)
