"""What one subscriber is given in one go.

The same in two forms: as ASGI messages, and as the ready bytes of the connection, for where the server lets us write
past ASGI (`realtime/pipe.py`). Chunks are shared by many subscribers, so each form is made at most once.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from starlette.types import Message

_TEXT = 0x81
"""The first byte of a frame that is one whole text."""


class Chunk(ABC):
    __slots__ = ("_messages", "_wire")

    def __init__(self) -> None:
        self._messages: Sequence[Message] | None = None
        self._wire: bytes | None = None

    @property
    def messages(self) -> Sequence[Message]:
        if self._messages is None:
            self._messages = self._as_messages()
        return self._messages

    @property
    def wire(self) -> bytes | None:
        """None for what only the server itself can say: the end of a connection."""
        if self._wire is None:
            self._wire = self._as_wire()
        return self._wire

    @abstractmethod
    def _as_messages(self) -> Sequence[Message]: ...

    @abstractmethod
    def _as_wire(self) -> bytes | None: ...


class Body(Chunk):
    """A part of a response; on the wire, in chunked encoding, one of its chunks."""

    __slots__ = ("body",)

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body

    def _as_messages(self) -> Sequence[Message]:
        return ({"type": "http.response.body", "body": self.body, "more_body": True},)

    def _as_wire(self) -> bytes:
        # A chunk of no bytes would be the end of the response.
        return b"%x\r\n%b\r\n" % (len(self.body), self.body) if self.body else b""


class Texts(Chunk):
    """Texts for a WebSocket, each a frame of its own. They have to be UTF-8."""

    __slots__ = ("texts",)

    def __init__(self, texts: Sequence[bytes]) -> None:
        super().__init__()
        self.texts = texts

    def _as_messages(self) -> Sequence[Message]:
        return tuple({"type": "websocket.send", "text": text.decode()} for text in self.texts)

    def _as_wire(self) -> bytes:
        return b"".join([part for text in self.texts for part in (_head(len(text)), text)])


class Farewell(Chunk):
    """Ends the connection, in the server's own order."""

    __slots__ = ("_message",)

    def __init__(self, message: Message) -> None:
        super().__init__()
        self._message = message

    def _as_messages(self) -> Sequence[Message]:
        return (self._message,)

    def _as_wire(self) -> None:
        return None


def _head(size: int) -> bytes:
    """Of a frame from a server: those are never masked."""
    if size < 126:
        return bytes((_TEXT, size))
    if size < 1 << 16:
        return bytes((_TEXT, 126)) + size.to_bytes(2, "big")
    return bytes((_TEXT, 127)) + size.to_bytes(8, "big")
