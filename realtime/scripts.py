"""The Lua scripts: found by name, put together with their includes, known to Redis by their digest."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "lua"
_INCLUDE = re.compile(r"^-- include: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """One script as Redis gets it; `sha` is what EVALSHA takes."""

    name: str
    source: str
    sha: str


@cache
def script(name: str) -> Script:
    """The script `lua/<name>.lua`. Raises FileNotFoundError for a name there is no file for."""
    return _script(name, _with_includes((_FOLDER / f"{name}.lua").read_text("utf-8"), included=set()))


@cache
def sharded(one: Script) -> Script:
    """The same for a node of a cluster: what it publishes is published on the channel's node alone."""
    return _script(one.name, one.source.replace("redis.call('PUBLISH'", "redis.call('SPUBLISH'"))


def _script(name: str, source: str) -> Script:
    return Script(name, source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


def _with_includes(text: str, included: set[str]) -> str:
    """Each include once, where it is first asked for."""

    def put_in(match: re.Match[str]) -> str:
        name = match[1]
        if name in included:
            return ""
        included.add(name)
        return _with_includes((_FOLDER / "includes" / f"{name}.lua").read_text("utf-8"), included)

    return _INCLUDE.sub(put_in, text)
