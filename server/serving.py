"""One web process: our uvicorn, its listening socket, and what runs beside it in the same loop."""

import asyncio
import contextlib
import errno
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

import structlog
import uvicorn
from starlette.applications import Starlette

from realtime.cancelling import end_tasks
from server.abortable import AbortableHttp
from server.abortable_socket import AbortableSocket
from server.settings import Settings

BACKLOG = 2048
MAX_FRAME = 16 * 1024
"""Bytes of a WebSocket frame; larger ones close with 1009."""

PING_EVERY, PING_PATIENCE = 25.0, 20.0

KEEP_ALIVE = 75
"""Seconds for which an idle connection is kept for the next request: longer than clients (httpx 5, aiohttp 15) and load
balancers (60) keep theirs. Who closes first must not be the server: a request may be on its way already."""

DRAIN_SECONDS = 4
"""How long requests under way may take to end before they are cancelled on shutdown."""

RESTART_DELAY = 1.0

log = structlog.get_logger(__name__)


class ServingError(Exception):
    """The server cannot serve. One line that names the setting at fault."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts from now on, so that nobody takes the port while we start."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ServingError(_why_not(error, host, port)) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL under which this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@dataclass(frozen=True, slots=True)
class Companion:
    """Something that runs beside the server from when it serves until it stops serving.

    Started again when it fails; when it returns it is done.
    """

    name: str
    run: Callable[["WebServer"], Awaitable[None]]


class WebServer(uvicorn.Server):
    """Uvicorn, but streams are told to leave before it waits for them, and signals end only it.

    A signal lets `serve` return; who called it has things of their own to put in order.
    """

    def __init__(self, app: Starlette, listener: socket.socket, companions: Sequence[Companion]) -> None:
        super().__init__(_config(app))
        self.app = app
        self.address = address_of(listener)
        self._drains: Callable[[], object] | None = getattr(app.state, "drain", None)
        self._companions = companions
        self._beside: list[asyncio.Task[None]] = []

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Not undone and not raised again after serving: a second Ctrl-C must not cut the rest short.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # A second signal does not force anything: the end is a few seconds away at most.
        self.leave()

    def leave(self) -> None:
        """Begin to stop: open streams get their goaway, then `serve` returns."""
        if self.started:
            self._drain()
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            raise ServingError("the server could not start, the log says why") from None
        self._beside = [asyncio.create_task(self._supervise(each), name=each.name) for each in self._companions]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._drain()  # one told to leave while it started has not: somebody may have come in since
        await end_tasks(self._beside)
        await super().shutdown(sockets)

    def _drain(self) -> None:
        """Once."""
        drain, self._drains = self._drains, None
        if drain is not None:
            drain()

    async def _supervise(self, companion: Companion) -> None:
        while True:
            try:
                return await companion.run(self)
            except Exception:
                log.exception("companion_failed", companion=companion.name)
            await asyncio.sleep(RESTART_DELAY)


async def serve(settings: Settings, listener: socket.socket, companions: Sequence[Companion] = ()) -> None:
    """Serve until SIGINT, SIGTERM or `WebServer.leave`. Raises ServingError when it cannot start."""
    # Imported here, so that `raidline --help` and a wrong setting load nothing of it.
    from server.app import create_app
    from server.garbage import collect_seldom
    from server.services import open_services

    _allow_many_connections()
    async with open_services(settings) as services:
        app = create_app(settings, services=services)
        collect_seldom()
        await WebServer(app, listener, companions).serve(sockets=[listener])


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",  # whoever runs us has chosen uvloop
        http=AbortableHttp,
        ws=AbortableSocket,
        ws_max_size=MAX_FRAME,
        ws_ping_interval=PING_EVERY,
        ws_ping_timeout=PING_PATIENCE,
        # Costs more than all the rest of a delivery, and memory for every socket.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,  # it would write query strings
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"PORT: {port} is taken, choose another"
    if error.errno == errno.EACCES:
        return f"PORT: {port} needs rights this user does not have"
    return f"--host {host}: {error.strerror}"


def _allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # macOS refuses its own "infinity"; then the soft limit stays.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
