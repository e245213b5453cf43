"""The short way to a client: ready bytes, written straight to its connection instead of through ASGI's `send`."""

from collections.abc import Callable
from typing import Any, Protocol

from starlette.types import Scope

PIPE_EXTENSION = "raidline.pipe"
"""In the ASGI scope's extensions, if the server offers it: gives the pipe of an answer that has begun."""


class Waiting(Protocol):
    """Who writes to a pipe is told when to stop, and when to go on."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class Pipe(Protocol):
    """Written to only while it is not paused, it holds at most the transport's high-water mark and one write."""

    @property
    def paused(self) -> bool:
        """Whether the client has yet to read of what was written."""

    def watch(self, waiting: Waiting) -> None: ...

    def write(self, data: bytes) -> bool:
        """False, and nothing is written, once the answer has ended or the client is gone."""


def pipe_of(scope: Scope) -> Pipe | None:
    """None where the server has none, or not for this connection; then `send` does everything."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    offer: Callable[[Scope], Pipe | None] | None = extensions.get(PIPE_EXTENSION)
    return None if offer is None else offer(scope)
