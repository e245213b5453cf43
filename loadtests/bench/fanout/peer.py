"""What the benchmark wants of a peer."""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

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


class Peer(ABC):
    name: str
    transports: tuple[str, ...]
    must_be_correct = False
    """Whether a lost event is the end of the benchmark, rather than a remark in it."""
    most_subscribers: int | None = None
    most_repeats: int | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Fetch and build what it needs. Raises Unavailable."""

    @abstractmethod
    def serve(self, ground: Ground, transport: str) -> AbstractAsyncContextManager[Served]: ...
