"""Calls of which some may be away: where a node of a cluster does not answer, what the others said counts."""

from collections.abc import Sequence
from typing import TypeVar

from redis.exceptions import ResponseError

from raidline.ids import Epoch, Seq
from realtime.answers import Reply
from realtime.calls import Call
from realtime.cursor import Cursor
from realtime.errors import RedisAway
from realtime.scripting import Scripting

Id = TypeVar("Id")
Reached = Reply | ResponseError | RedisAway


async def reached(scripted: Scripting, calls: Sequence[Call]) -> list[Reached]:
    """As `run_each`, with RedisAway in the place of what was not answered; of those calls nothing is known."""
    replies: dict[int, Reached] = {}
    lacking = RedisAway("Redis did not answer")
    try:
        await scripted.run_each(calls, take=replies.__setitem__)
    except RedisAway as away:
        lacking = away
    return [replies.get(position, lacking) for position in range(len(calls))]


async def heads(scripted: Scripting, ids: Sequence[Id], calls: Sequence[Call]) -> dict[Id, Cursor]:
    """What `lua/head.lua` says of each, but of those that have nothing and those that cannot be asked about.

    Raises RedisAway when all are away.
    """
    replies = await reached(scripted, calls)
    if replies and all(isinstance(reply, RedisAway) for reply in replies):
        raise next(reply for reply in replies if isinstance(reply, RedisAway))
    for reply in replies:
        if isinstance(reply, ResponseError):
            raise reply
    known = {one: reply for one, reply in zip(ids, replies, strict=True) if isinstance(reply, list) and reply[0]}
    return {one: Cursor(Epoch(int(reply[0])), Seq(int(reply[1]))) for one, reply in known.items()}
