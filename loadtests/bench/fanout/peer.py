"""What the benchmark wants of a peer."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from loadtests.bench.fanout.ground import Ground
from loadtests.bench.fanout.publisher import Outlet
from loadtests.bench.fanout.subscribers import Door

SSE, WEBSOCKET = "SSE", "WebSocket"


@dataclass(frozen=True, slots=True)
class Served:
    """A peer at work, with nobody connected yet."""

    server_pid: int
    redis_pid: int | None
    """Told beside; None for who has none."""
    door: Door
    outlet: Outlet
    first_seq: int = 1
    """Of the first event that is published."""


class Peer(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def transports(self) -> tuple[str, ...]: ...

    @property
    def must_be_correct(self) -> bool:
        """Whether a lost event is the end of the benchmark, rather than a remark in it."""

    def most_subscribers(self) -> int | None: ...

    def most_repeats(self) -> int | None: ...

    def prepare(self) -> None:
        """Fetch and build what it needs. Raises Unavailable."""

    def serve(self, ground: Ground, transport: str) -> AbstractAsyncContextManager[Served]: ...
