"""Many commands written at once, and their replies as they come. Connecting and signing in stays redis-py's.

`seconds` bounds each wait. Raises TimeoutError, and RedisError or OSError where the connection is lost.
"""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from hiredis import PushNotification, Reader
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError, InvalidResponse

READ_AT_ONCE = 65_536

_NOT_ALL = object()
"""What the parser says where a reply is not all there yet."""


async def send(connection: AbstractConnection, pipeline: bytes, seconds: float) -> None:
    """Write it. redis-py would make a task of it, to bound it in time."""
    writer = connection._writer
    if writer is None:
        raise _closed()
    writer.write(pipeline)
    if not writer.transport.get_write_buffer_size():
        return  # all of it is written, as it mostly is, or the connection is lost, as the reading will say
    async with asyncio.timeout(seconds):
        await writer.drain()


async def take_replies(
    connection: AbstractConnection, count: int, take: Callable[[object], None], seconds: float
) -> None:
    """Hand on so many replies, errors among them, each as soon as it is there.

    redis-py awaits each by itself, under a timeout of its own: five times the cost of all this. Here one timeout is set
    anew each time that there is something to wait for.
    """
    stream = connection._reader
    if stream is None:
        raise _closed()
    errors = connection._parser.parse_error
    reader = Reader(protocolError=InvalidResponse, replyError=errors, notEnoughData=_NOT_ALL)
    time = asyncio.get_running_loop().time
    async with asyncio.timeout(None) as bound:
        while count > 0:
            reply = reader.gets()
            if reply is _NOT_ALL:
                bound.reschedule(time() + seconds)
                reader.feed(await stream.read(READ_AT_ONCE) or _nothing())
            elif isinstance(reply, ConnectionError):
                raise reply  # the server is loading
            elif not isinstance(reply, PushNotification):
                count -= 1
                take(reply)


def _nothing() -> NoReturn:
    raise _closed()


def _closed() -> ConnectionError:
    return ConnectionError("the connection was closed")
