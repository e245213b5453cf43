"""What one writes after reading two tutorials. Takes PORT and REDIS_URL from the environment."""

import os
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from redis.asyncio import Redis
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CHANNEL = "raid"
CONNECTIONS = 16_384
"""The one thing that tutorials leave out: redis-py takes 100 by default, and then the next stream is cut."""


async def stream(request: Request) -> Response:
    redis: Any = request.app.state.redis

    async def events() -> AsyncIterator[dict[str, str]]:
        async with redis.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            async for message in subscription.listen():
                if message["type"] == "message":
                    yield {"event": "contribution", "data": message["data"]}

    return EventSourceResponse(events())


def main() -> None:
    app = Starlette(routes=[Route("/", stream)])
    url = os.environ["REDIS_URL"]
    app.state.redis = Redis.from_url(url, decode_responses=True, max_connections=CONNECTIONS)
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
