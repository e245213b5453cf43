"""Clients of a hub without a socket, and what has to be true of everything they were told."""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import Message

from realtime.cursor import Cursor


@dataclass(frozen=True)
class Told:
    """One event as a client got it."""

    event: str
    data: dict[str, Any]
    id: Cursor | None


class Client:
    """Stands for an ASGI connection: `send` is what the hub writes to. It can stop reading."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.ended = False
        self.aborted = False
        self._blocked: asyncio.Event | None = None

    async def send(self, message: Message) -> None:
        while self._blocked is not None:
            await self._blocked.wait()
        if message["type"] == "http.response.body":
            assert not self.ended
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
