"""Somebody who watches a raid by SSE, on one connection, and remembers what came."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from raidline.ids import RaidId
from tests.faults.crowd import Person


@dataclass(slots=True)
class Watcher:
    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Event, id, data."""
    ended: bool = False

    def said(self, event: str, **data: Any) -> bool:
        return any(name == event and data.items() <= told.items() for name, _, told in self.events)

    @property
    def contributions(self) -> list[str]:
        """The ids of the contributions that came, in order; a snapshot stands for those it holds."""
        return [data["contributionId"] for event, _, data in self.events if event == "contribution"]

    @property
    def tasks(self) -> int:
        """The raid's tasks by what came last."""
        shown = [data["currentTasks"] for _, _, data in self.events if "currentTasks" in data]
        return int(shown[-1]) if shown else 0

    @property
    def gapless(self) -> bool:
        """Every entry follows the one before it, or a snapshot that says where it goes on."""
        head: tuple[int, int] | None = None
        for event, identity, _ in self.events:
            if not identity:
                continue
            epoch, seq = (int(part) for part in identity.split("-"))
            if event != "snapshot" and head is not None and (epoch, seq) != (head[0], head[1] + 1):
                return False
            head = (epoch, seq)
        return True


@contextlib.asynccontextmanager
async def watching(url: str, raid_id: RaidId, person: Person) -> AsyncIterator[Watcher]:
    """Connected when the block begins."""
    watcher, connected = Watcher(), asyncio.Event()
    reading = asyncio.create_task(_read(watcher, connected, f"{url}/api/v1/raids/{raid_id}/stream", person.token))
    try:
        async with asyncio.timeout(60):
            await connected.wait()
        yield watcher
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(watcher: Watcher, connected: asyncio.Event, url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=None) as client, client.stream("GET", url, headers=headers) as answer:
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            elif "event" in fields:
                data = json.loads(fields.get("data", "{}"))
                watcher.events.append((fields["event"], fields.get("id", ""), data))
                fields = {}
                connected.set()
    watcher.ended = True
