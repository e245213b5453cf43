"""Events as they happen, by server-sent events: a raid's, the caller's own, and several on one connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from persistence.errors import RaidUnknown
from raidline.ids import RaidId
from realtime import sse
from realtime.hub import Hub
from realtime.stream import Stream, Transport
from realtime.streams_of_many import MAX_RAIDS, SSE_OF_MANY, follow_all
from realtime.topics import OwnTopic, RaidTopic, Topic
from server import queries
from server.caller import Caller
from server.context import services_of
from server.following import cursor_of, follower, opened


async def raid_stream(request: Request) -> Response:
    """SSE of one raid. Whether there is one for the caller is decided before the stream begins."""
    raid_id = RaidId(request.path_params["raid_id"])
    caller, hub = await follower(request, raid_id), services_of(request).hub
    return await sse_answer(hub, caller, lambda stream: hub.watch(stream, raid_id, cursor_of(request)))


async def own_stream(request: Request) -> Response:
    """SSE of what happens to the caller: streaks, unlocks, rewards, and of nobody else's.

    As with a raid; `snapshot` is what `GET /me` answers. A first visit and a reset need it from the ledger: while
    that is away they are 503, and whoever resumes within the log goes on.
    """
    caller, hub = await follower(request), services_of(request).hub
    caller.require_user()
    return await sse_answer(hub, caller, lambda stream: hub.watch_own(stream, cursor_of(request)))


async def stream_of_many(request: Request) -> Response:
    """SSE of all raids that are asked for and of what happens to the caller. docs/streams.md says how it is read."""
    caller, hub = await follower(request), services_of(request).hub
    topics = topics_of(caller, queries.numbers(request, "raids", most=MAX_RAIDS))
    if not topics:
        caller.require_user()

    async def follow(stream: Stream) -> None:
        await follow_all(hub, stream, topics, cursor_of(request), (RaidUnknown,))

    return await sse_answer(hub, caller, follow, SSE_OF_MANY)


def topics_of(caller: Caller, raid_ids: list[int]) -> list[Topic]:
    own = [] if caller.user is None else [OwnTopic(caller.user.id)]
    return [*own, *(RaidTopic(RaidId(raid_id)) for raid_id in raid_ids)]


async def sse_answer(
    hub: Hub, caller: Caller, follow: Callable[[Stream], Awaitable[None]], transport: Transport = sse.SSE
) -> Response:
    """A stream that follows something before it begins, so that a failure is an answer. Raises Problem."""

    async def greet_and_follow(stream: Stream) -> None:
        sse.greet(stream)
        await follow(stream)

    return sse.StreamResponse(await opened(hub, caller, transport, greet_and_follow), hub.close)


routes: list[BaseRoute] = [
    Route("/api/v1/raids/{raid_id:id}/stream", raid_stream, methods=["GET"]),
    Route("/api/v1/stream", stream_of_many, methods=["GET"]),
    Route("/api/v1/me/stream", own_stream, methods=["GET"]),
]
