"""Scripts that answer what they are asked: what the tests of connections share."""

import contextlib
import hashlib
import time
from collections.abc import Iterator

from realtime.calls import Call
from realtime.connection import Scripted
from realtime.errors import RedisAway
from realtime.scripts import Script


def made_up(source: str) -> Script:
    return Script("made_up", source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


ECHO = made_up("return ARGV[1]")
OTHER_ECHO = made_up("return { ARGV[1], 'other' }")
WRITE = made_up("return redis.call('SET', KEYS[1], ARGV[1])")
BROKEN = made_up("return redis.call('HGET', KEYS[1])")


def echo(word: str) -> Call:
    return Call(ECHO, [], [word])


async def assert_answers_are_ones_own(scripted: Scripted, word: str) -> None:
    words = [f"{word}-{number}" for number in range(3)]
    assert await scripted.run([echo(one) for one in words]) == [[one.encode()] for one in words]


async def answers(scripted: Scripted, word: str) -> bool:
    """Whether all are answered, and none with another's, within what little patience `scripted` has."""
    with contextlib.suppress(RedisAway):
        await assert_answers_are_ones_own(scripted, word)
        return True
    return False


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds
