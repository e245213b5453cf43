"""A stranger's view of one raid over one transport: every entry, once, in order, to the end.

Nothing of the server is imported: what is held against it here is only what went over the wire.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import orjson

Transport = Literal["sse", "ws"]
ENDS = frozenset({"raid_complete", "raid_failed", "raid_cancelled"})
SUBPROTOCOL = "raidline.v1"


@dataclass(slots=True)
class Sight:
    """What one watcher saw of its raid, and everything that was wrong with it."""

    raid_id: int
    transport: Transport
    started_at: int = -1
    seq: int = -1
    epoch: str = ""
    events: int = 0
    summed_xp: int = 0
    summed_tasks: int = 0
    told_xp: int = 0
    told_tasks: int = 0
    ended: bool = False
    violations: list[str] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the first snapshot is here: from now on nothing may be missed."""

    def take(self, event: str, entry_id: str, data: Mapping[str, Any]) -> None:
        match event:
            case "hello":
                self._hello(data)
            case "snapshot":
                self._snapshot(data)
            case "sync" | "presence" | "achievement_unlocked":  # not of the log
                pass
            case "status" | "goaway":
                self._wrong(f"{event} {dict(data)}")
            case _ if entry_id == "":
                self._wrong(f"{event} without an id")
            case _:
                self._entry(event, entry_id, data)

    def compare(self, snapshot: Mapping[str, Any]) -> None:
        """Hold the end of the stream against the raid as GET shows it."""
        for what, seen, true in (
            ("seq", self.seq, snapshot["seq"]),
            ("XP told", self.told_xp, snapshot["currentXp"]),
            ("tasks told", self.told_tasks, snapshot["currentTasks"]),
            ("XP added up", self.summed_xp, snapshot["currentXp"]),
            ("tasks added up", self.summed_tasks, snapshot["currentTasks"]),
            ("end", self.ended, snapshot["status"] == "completed"),
        ):
            if seen != true:
                self._wrong(f"{what}: {seen}, the snapshot says {true}")

    def lost_connection(self, why: str) -> None:
        self._wrong(f"the stream ended at seq {self.seq}: {why}")

    def _hello(self, data: Mapping[str, Any]) -> None:
        if self.ready.is_set():
            self._wrong(f"a second hello at seq {self.seq}: {dict(data)}")
        elif data["recovered"] != "none":
            self._wrong(f"a first visit was greeted with {data['recovered']}")

    def _snapshot(self, data: Mapping[str, Any]) -> None:
        if self.ready.is_set():
            self._wrong(f"a second snapshot at seq {self.seq}")
        self.started_at = self.seq = int(data["seq"])
        self.epoch = str(data["epoch"])
        self.told_xp = self.summed_xp = int(data["currentXp"])
        self.told_tasks = self.summed_tasks = int(data["currentTasks"])
        self.ended = data["status"] in ("completed", "failed", "cancelled")
        self.ready.set()

    def _entry(self, event: str, entry_id: str, data: Mapping[str, Any]) -> None:
        self.events += 1
        if data["seq"] != self.seq + 1:
            self._wrong(f"{event} {data['seq']} after {self.seq}")
        if entry_id != f"{self.epoch}-{data['seq']}":
            self._wrong(f"{event} {data['seq']} has the id {entry_id} in epoch {self.epoch}")
        if self.ended:
            self._wrong(f"{event} {data['seq']} after the end")
        self.seq = int(data["seq"])
        self.ended = self.ended or event in ENDS
        if event == "contribution":
            self.summed_xp += int(data["xp"])
            self.summed_tasks += 1
        if "currentXp" in data:
            self.told_xp, self.told_tasks = int(data["currentXp"]), int(data["currentTasks"])

    def _wrong(self, what: str) -> None:
        self.violations.append(f"raid {self.raid_id} over {self.transport}: {what}")


async def watch(http: aiohttp.ClientSession, url: str, token: str, sight: Sight) -> None:
    """Follow the raid until its end, or until the stream breaks, which is a violation."""
    follow = _follow_sse if sight.transport == "sse" else _follow_ws
    try:
        await follow(http, f"{url}/api/v1/raids/{sight.raid_id}", token, sight)
    except (aiohttp.ClientError, OSError) as error:
        sight.lost_connection(f"{type(error).__name__}: {error}")
    else:
        if not sight.ended:
            sight.lost_connection("closed by the server")
    finally:
        sight.ready.set()


async def _follow_sse(http: aiohttp.ClientSession, raid: str, token: str, sight: Sight) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with http.get(f"{raid}/stream", headers=headers) as response:
        response.raise_for_status()
        parser = SseParser()
        async for chunk in response.content.iter_any():
            for event, entry_id, data in parser.feed(chunk):
                sight.take(event, entry_id, orjson.loads(data))
            if sight.ended:
                return


async def _follow_ws(http: aiohttp.ClientSession, raid: str, token: str, sight: Sight) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with http.ws_connect(f"{raid}/ws", headers=headers, protocols=[SUBPROTOCOL], max_msg_size=0) as socket:
        async for message in socket:
            frame = orjson.loads(message.data)
            if frame["type"] == "event":
                sight.take(frame["event"], frame.get("id", ""), frame["data"])
            elif frame["type"] == "error":
                sight.lost_connection(f"error frame {frame['code']}")
            if sight.ended:
                return


class SseParser:
    """Blocks of an event stream as (event, id, data); comments and `retry` are passed over."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[bytes, bytes] = {}

    def feed(self, chunk: bytes) -> list[tuple[str, str, bytes]]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        blocks = []
        for line in lines:
            line = line.removesuffix(b"\r")
            if line:
                name, _, value = line.partition(b":")
                self._fields[name] = value.removeprefix(b" ")
            elif b"data" in self._fields:
                event, entry_id = (self._fields.get(name, b"").decode() for name in (b"event", b"id"))
                blocks.append((event, entry_id, self._fields[b"data"]))
                self._fields = {}
            else:
                self._fields = {}
        return blocks
