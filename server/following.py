"""What it takes to follow anything, by whichever transport: who asks, from where on, and failures as problems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from starlette.requests import HTTPConnection

from raidline.ids import RaidId
from realtime.hub import Draining, Hub, NotVisible, TooManyStreams
from realtime.logs import StillInDoubt
from realtime.stream import Stream, Transport, Viewer
from server.caller import Caller
from server.context import services_of
from server.failures import problem_of
from server.identity import caller_of
from server.problems import Problem, unauthenticated, unavailable

RETRY_AFTER_S = 5
"""When to come back to a server that is about to restart, or full."""


async def follower(connection: HTTPConnection, raid_id: RaidId | None = None) -> Caller:
    """Who wants to follow this raid, or several logs: by `?ticket=`, which then is all that counts, or as anywhere.

    Raises Problem, RedisAway, LedgerAway.
    """
    tickets = connection.query_params.getlist("ticket")
    if not tickets:
        return await caller_of(connection)
    caller = await services_of(connection).tickets.use(tickets[0], raid_id) if len(tickets) == 1 else None
    if caller is None:
        raise unauthenticated()
    return caller


async def opened(hub: Hub, caller: Caller, transport: Transport, follow: Callable[[Stream], Awaitable[None]]) -> Stream:
    """A stream of the caller's that follows already what it is opened for. Raises Problem; then there is none."""
    with as_problems():
        stream = hub.open(viewer_of(caller), transport)
        try:
            await follow(stream)
        except BaseException:
            hub.close(stream)
            raise
    return stream


@contextmanager
def as_problems() -> Iterator[None]:
    """What opening a stream can raise, as the problem the caller gets to see."""
    try:
        yield
    except NotVisible:
        raise Problem("not_found") from None
    except (TooManyStreams, Draining) as error:
        raise unavailable(f"Not here and now: {error}.", RETRY_AFTER_S) from error
    except StillInDoubt:
        raise unavailable("The raid is being put in order.") from None
    except Exception as failure:
        raise problem_of(failure) from failure


def viewer_of(caller: Caller) -> Viewer:
    seconds_left = None
    if caller.expires_at is not None:
        seconds_left = (caller.expires_at - datetime.now(UTC)).total_seconds()
    return Viewer(caller.viewer, caller.token_hash, seconds_left)


def cursor_of(connection: HTTPConnection) -> str | None:
    """Where the client was, in its own words. The header wins: a browser that reconnects by itself repeats
    the query it began with."""
    query = connection.query_params
    given = connection.headers.get("last-event-id") or query.get("lastEventId") or query.get("last_event_id")
    return given or None
