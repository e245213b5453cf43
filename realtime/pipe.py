"""The short way to a client: ready bytes, written straight to its connection instead of through ASGI's `send`."""

from collections.abc import Callable
from typing import Any, Protocol

from starlette.types import Message, Scope, Send

PIPE_EXTENSION = "raidline.pipe"
"""In the ASGI scope's extensions, if the server offers it: gives the pipe of an answer that has begun."""

SERVERS_SEND = "raidline.send"
"""In the ASGI scope, where the application keeps it: the `send` below all that is wrapped around it on the way to a
route. What is wrapped has its say at the beginning of an answer; each message that follows would pay for it too."""


class Waiting(Protocol):
    """Who writes to a pipe is told when to stop, and when to go on."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def cease(self) -> None:
        """The answer has ended, or the client is gone."""


class Pipe(Protocol):
    """Written to only while it is not paused, it holds at most the transport's high-water mark and one write."""

    @property
    def paused(self) -> bool:
        """Whether the client has yet to read of what was written."""

    def watch(self, waiting: Waiting) -> None: ...

    @property
    def put(self) -> Callable[[bytes], object] | None:
        """Writes without asking anything: only to what is kept, and until whoever watches is told to pause, or that it
        has ceased; from then on it is None."""

    def write(self, data: bytes) -> bool:
        """False, and nothing is written, once the answer has ended or the client is gone."""


class AnswerPipe(Pipe, Protocol):
    """Of an HTTP answer."""

    def keep(self, on_gone: Callable[[], object]) -> Send:
        """Have the answer go on when the application has returned, which it then has to do.

        So nothing of the request has to stay in memory, not even a task. `on_gone` is called when the answer has ended
        or the client is gone; the `send` that is returned is for the end, which only the server can say.
        """


class SocketPipe(Pipe, Protocol):
    """Of a WebSocket."""

    def keep(self, on_message: Callable[[Message], object], on_gone: Callable[[], object]) -> Send:
        """Likewise have the socket stay open. What the client says comes one at a time: after each message nothing
        more is read until `read_on`."""

    def read_on(self) -> None: ...


def socket_pipe_of(scope: Scope) -> SocketPipe | None:
    """None where the server has none, or not for this connection; then `send` does everything."""
    pipe: SocketPipe | None = _offered(scope)
    return pipe


def answer_pipe_of(scope: Scope) -> AnswerPipe | None:
    """Likewise, of an HTTP answer."""
    pipe: AnswerPipe | None = _offered(scope)
    return pipe


def servers_send_of(scope: Scope, send: Send) -> Send:
    """What an answer that has begun goes on with; `send` itself where nobody kept another."""
    kept: Send = scope.get(SERVERS_SEND, send)
    return kept


def _offered(scope: Scope) -> Any:
    offer = (scope.get("extensions") or {}).get(PIPE_EXTENSION)
    return None if offer is None else offer(scope)
