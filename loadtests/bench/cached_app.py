"""The server as it is, with one more route: the floor for a GET by somebody who is signed in."""

import asyncio
import os

import uvicorn
import uvloop
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.app import create_app
from server.garbage import collect_seldom
from server.identity import caller_of
from server.routes import own_achievements
from server.routes.answers import raw_json
from server.serving import _config
from server.settings import load_settings

EMPTY = "/api/v1/me/empty"


async def answer_nothing(request: Request) -> Response:
    (await caller_of(request)).require_user()
    return raw_json(b"{}")


async def main() -> None:
    settings = load_settings()
    app = create_app(settings)
    # Beside what it is compared with: routes are tried one after the other.
    beside = app.router.routes.index(own_achievements.routes[0])
    app.router.routes.insert(beside, Route(EMPTY, answer_nothing, methods=["GET"]))
    config = _config(app)
    config.host, config.port = "127.0.0.1", int(os.environ["PORT"])
    collect_seldom()
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
