"""What a transaction changed about people, taken to where they and others look (outbox topic `progress`).

Their ready-made pages are dropped first, so that whoever is told of something finds it there; then come the boards,
the people's own logs, and the raids where their unlocks are shown. Each of these is harmless when repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from raidline.ids import RaidId, UserId
from realtime import keys
from realtime.boards import BoardStore
from realtime.channels import aside_message
from realtime.entries import Aside
from realtime.hub import PagesDropped
from realtime.own_log import OwnEvent, OwnLogs
from realtime.ready_made import drop_people
from realtime.scripting import Scripting

SHOWN_AT_ONCE = 500
"""Messages to raids in one pipeline."""

Event = Mapping[str, Any]


class ProgressNews:
    """`tell` takes the payload of an outbox row; `name` is what its events' ids begin with, the same each time."""

    def __init__(self, scripted: Scripting, boards: BoardStore, dropped: PagesDropped) -> None:
        self._scripted = scripted
        self._boards = boards
        self._dropped = dropped
        self._own_logs = OwnLogs(scripted)

    async def tell(self, name: str, payload: Mapping[str, Any]) -> None:
        """Raises RedisAway, and then some of it may have been told."""
        events: Sequence[Event] = payload["events"]
        people = [UserId(one) for one in payload["people"]]
        if people:
            await self._scripted.plain(drop_people(self._scripted, people))
            self._dropped(people)
        await self._boards.feed(payload["boards"])
        if events:
            await self._own_logs.tell(_by_person(name, events))
            await self._show(name, events)

    async def _show(self, name: str, events: Sequence[Event]) -> None:
        commands = [_publish(f"{name}.{at}", event) for at, event in enumerate(events) if event.get("shown")]
        for start in range(0, len(commands), SHOWN_AT_ONCE):
            await self._scripted.plain(commands[start : start + SHOWN_AT_ONCE])


def _by_person(name: str, events: Iterable[Event]) -> dict[UserId, list[OwnEvent]]:
    found: dict[UserId, list[OwnEvent]] = {}
    for at, event in enumerate(events):
        own = OwnEvent(f"{name}.{at}", event["event"], _in_raid(event, event["data"]))
        found.setdefault(UserId(event["userId"]), []).append(own)
    return found


def _publish(aside_id: str, event: Event) -> list[str | bytes]:
    channel = keys.events_channel(RaidId(event["raidId"]))
    return ["PUBLISH", channel, aside_message(Aside(aside_id, event["event"], _in_raid(event, event["shown"])))]


def _in_raid(event: Event, data: Mapping[str, Any]) -> bytes:
    """Every event names its raid, if it came of one."""
    raid = {} if event["raidId"] is None else {"raidId": event["raidId"]}
    return orjson.dumps({**raid, **data})
