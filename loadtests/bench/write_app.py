"""The server as `raidline serve` runs it, with one more route: the floor for a POST through the same middleware.

With `--profile` it prints at its end which functions its time went to.
"""

import asyncio
import os
import sys

import uvloop
from starlette.routing import Route

from loadtests.bench.empty import take
from loadtests.bench.profiling import python_profile
from server.app import create_app
from server.garbage import collect_seldom
from server.logs import configure_logs
from server.services import open_services
from server.serving import WebServer, listen
from server.settings import load_settings

EMPTY = "/api/v1/empty"
PROFILE = "--profile"


async def main() -> None:
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    listener = listen("127.0.0.1", int(os.environ["PORT"]))
    async with open_services(settings) as services:
        app = create_app(settings, services=services)
        # First, for routes are tried one after the other.
        app.router.routes.insert(0, Route(EMPTY, take, methods=["POST"]))
        collect_seldom()
        with python_profile(PROFILE in sys.argv):
            await WebServer(app, listener, ()).serve(sockets=[listener])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
