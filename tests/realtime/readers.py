"""Clients of a hub without a socket, and what has to be true of everything they were told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import Message

from realtime.cursor import Cursor
from realtime.pipe import Pipe, Waiting


@dataclass(frozen=True)
class Told:
    """One event as a client got it."""

    event: str
    data: dict[str, Any]
    id: Cursor | None


class Client:
    """Stands for an ASGI connection: the hub writes to `send`, or to a pipe past it. It can stop reading."""

    is_piped = False
    """Whether its server offers a pipe. The fixture `ways` has a test run with both kinds."""

    def __init__(self) -> None:
        self.paused = False
        self._waiting: Waiting | None = None
        self.written: list[bytes] = []
        self.given: list[bytes] = []
        """The same as it was handed over."""
        self.ended = False
        self.aborted = False
        self._blocked: asyncio.Event | None = None

    async def send(self, message: Message) -> None:
        while self._blocked is not None:
            await self._blocked.wait()
        if message["type"] == "http.response.body":
            assert not self.ended
            self.given.append(message["body"])
            self.written.append(message["body"])
            self.ended = not message["more_body"]

    def abort(self) -> None:
        self.aborted = True
        self.read()

    def stop_reading(self) -> None:
        self._blocked = self._blocked or asyncio.Event()

    def read(self) -> None:
        blocked, self._blocked = self._blocked, None
        if blocked is not None:
            blocked.set()
        was_paused, self.paused = self.paused, False
        if was_paused and self._waiting is not None:
            self._waiting.resume()

    @property
    def pipe(self) -> Pipe | None:
        return self if self.is_piped else None

    def watch(self, waiting: Waiting) -> None:
        self._waiting = waiting

    @property
    def put(self) -> Callable[[bytes], object] | None:
        return None if self.ended else self.write

    def write(self, data: bytes) -> bool:
        """As a transport: one write more than is read is taken, and then it says so."""
        assert self._waiting is not None
        assert not self.paused
        if self.ended:
            return False
        self.given.append(data)
        self.written.append(unchunked(data))
        if self._blocked is not None:
            self.paused = True
            self._waiting.pause()
        return True

    @property
    def told(self) -> list[Told]:
        return parse_sse(b"".join(self.written))

    @property
    def at(self) -> Cursor | None:
        """The cursor a browser would come back with."""
        return next((told.id for told in reversed(self.told) if told.id is not None), None)

    @property
    def events(self) -> list[str]:
        return [told.event for told in self.told]

    @property
    def seqs(self) -> list[int]:
        return [told.id.seq for told in self.told if told.id is not None]


def unchunked(data: bytes) -> bytes:
    """The body of one chunk of the chunked encoding."""
    size, _, rest = data.partition(b"\r\n")
    body = rest[: int(size, 16)]
    assert body, "a chunk of nothing would end the response"
    assert rest[len(body) :] == b"\r\n"
    return body


def parse_sse(text: bytes) -> list[Told]:
    found = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if "event" in fields:
            cursor = Cursor.parse(fields["id"]) if "id" in fields else None
            found.append(Told(fields["event"], orjson.loads(fields["data"]), cursor))
    return found


def assert_seamless(told: list[Told]) -> None:
    """Every event once and in order, none missing; only a verdict `reset` or `none` may jump, never back."""
    at: Cursor | None = None
    expects_snapshot = False
    for one in told:
        if one.event == "hello":
            expects_snapshot = one.data["recovered"] != "full"
            if not expects_snapshot:
                at = Cursor.parse(one.data["from"])
        elif one.event == "snapshot":
            assert expects_snapshot, "a snapshot without a verdict"
            assert one.id is not None
            assert at is None or one.id >= at, f"went back from {at} to {one.id}"
            at, expects_snapshot = one.id, False
        elif one.id is not None:
            assert at is not None
            assert one.id == (at.epoch, at.seq + 1), f"{one.id} after {at}"
            at = one.id
