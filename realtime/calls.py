"""Calls of scripts, and how they go over the wire."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from hiredis import pack_command

from realtime.scripts import Script

RUN_ID = object()
"""Stands in a call's arguments where the run id of the connection has to go."""


class Call(NamedTuple):
    """One script call. `arguments` may hold RUN_ID."""

    script: Script
    keys: Sequence[str]
    arguments: Sequence[str | bytes | int | object]


_pack: Callable[[tuple[Any, ...]], bytes] = pack_command  # its own annotation says tuples of one


def packed(commands: Iterable[Sequence[str | bytes | int]]) -> bytes:
    """Commands as they go over the wire. redis-py packs in Python, at eight times the cost; scripts have many keys."""
    return b"".join([_pack(tuple(command)) for command in commands])


def packed_call(call: Call, run_id: str) -> bytes:
    arguments = [run_id if argument is RUN_ID else argument for argument in call.arguments]
    head = _packed_head(call.script.sha, tuple(call.keys), len(arguments))
    return head + _pack(tuple(arguments)).partition(b"\r\n")[2]


@lru_cache(maxsize=10_000)
def _packed_head(sha: str, names: tuple[str, ...], arguments: int) -> bytes:
    """All before the arguments. Made once for every raid that is busy: most of a command are its keys. Some 1.6 KiB
    each."""
    words = _pack(("EVALSHA", sha, len(names), *names)).partition(b"\r\n")[2]
    return b"*%d\r\n" % (3 + len(names) + arguments) + words
