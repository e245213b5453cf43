"""One web process as `raidline serve` has it: `python -m loadtests.bench.fanout.peers.our_server PORT [--plain]`.

`--plain` hides every extension of ours from the application, which then does with what any ASGI server has.
"""

import argparse
import asyncio

import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from server.app import create_app
from server.logs import configure_logs
from server.services import open_services
from server.serving import WebServer, _allow_many_connections, listen
from server.settings import load_settings


class WithoutExtensions:
    """What the standard does not know is taken out of the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = scope.get("extensions") or {}
        kept = {name: value for name, value in extensions.items() if not name.startswith("raidline.")}
        await self._app({**scope, "extensions": kept} if "extensions" in scope else scope, receive, send)


async def main(port: int, *, plain: bool) -> None:
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    listener = listen("127.0.0.1", port)
    _allow_many_connections()
    async with open_services(settings) as services:
        server = WebServer(create_app(settings, services=services), listener, ())
        if plain:
            server.config.app = WithoutExtensions(server.app)
        await server.serve(sockets=[listener])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.port, plain=given.plain))
