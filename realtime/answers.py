"""What Redis answers, and what it means."""

import re

from redis.exceptions import ClusterDownError, NoScriptError, OutOfMemoryError, ReadOnlyError, ResponseError

from realtime.errors import RedisAway

Reply = list[bytes]
"""What a script answered: a flat list. A single word comes as a list of one."""

# Answers that mean "not now", not "wrong": the server is loading, full, read-only, failing over or busy.
# redis-py takes the word off those it has a class for; inside a script's error it stands after ": -".
_NOT_NOW = re.compile(r"(?:^|: -)(?:LOADING|OOM|READONLY|MASTERDOWN|BUSY|MISCONF|NOREPLICAS|CLUSTERDOWN)\b")
_NOT_NOW_CLASSES = (OutOfMemoryError, ReadOnlyError, ClusterDownError, NoScriptError)


def as_reply(reply: object) -> Reply | ResponseError:
    """Raises RedisAway."""
    if isinstance(reply, list):
        return reply
    if isinstance(reply, bytes):
        return [reply]
    assert isinstance(reply, ResponseError), "scripts answer lists and words"
    refused = refusal(reply)
    if isinstance(refused, RedisAway):
        raise refused
    return reply


def refusal(error: ResponseError) -> Exception:
    """RedisAway where Redis will not work now; the error itself where the fault is ours.

    A script that is unknown although it was just loaded (flushed, failed over) counts as "not now" too.
    """
    if isinstance(error, _NOT_NOW_CLASSES) or _NOT_NOW.search(str(error)):
        return RedisAway(f"Redis refuses to work: {error}")
    return error


def parse_info(info: bytes) -> dict[str, str]:
    """The lines `name:value` of an INFO answer."""
    lines = info.decode("ascii", "replace").splitlines()
    return {name: value for name, colon, value in (line.partition(":") for line in lines) if colon}
