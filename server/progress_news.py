"""What a transaction changed about people, taken to where they and others look (outbox topic `progress`).

Their ready-made pages are dropped first, so that whoever is told of something finds it there; then come the boards,
the people's own logs, and the raids where their unlocks are shown. Each of these is harmless when repeated.

What several transactions left is told together: a page is dropped once, a board hears the last totals, and every
event is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from persistence.rows import OutboxRow
from raidline.ids import RaidId, UserId
from realtime import keys
from realtime.announcements import PagesDropped
from realtime.boards import BoardStore
from realtime.channels import aside_message
from realtime.entries import Aside
from realtime.own_log import OwnEvent, OwnLogs
from realtime.ready_made import drop_people
from realtime.scripting import Scripting

SHOWN_AT_ONCE = 500
"""Messages to raids in one pipeline."""

Event = Mapping[str, Any]

Total = Sequence[Any]
"""[user id, name, xp, version, reached ms], as the outbox has it."""

VERSION = 3


Named = tuple[str, Event]
"""With the event's own id, the same each time that it is told."""


class ProgressNews:
    def __init__(self, scripted: Scripting, boards: BoardStore, dropped: PagesDropped) -> None:
        self._scripted = scripted
        self._boards = boards
        self._dropped = dropped
        self._own_logs = OwnLogs(scripted)

    async def tell(self, rows: Iterable[OutboxRow]) -> None:
        """Raises RedisAway, and then some of it may have been told."""
        payloads = [(row.id, orjson.loads(row.payload)) for row in rows]
        people = list(dict.fromkeys(UserId(one) for _id, payload in payloads for one in payload["people"]))
        events = [(f"{id_}.{at}", event) for id_, payload in payloads for at, event in enumerate(payload["events"])]
        if people:
            await self._scripted.plain(drop_people(self._scripted, people))
            self._dropped(people)
        await self._boards.feed(_last_totals(payload["boards"] for _id, payload in payloads))
        if events:
            await self._own_logs.tell(_by_person(events))
            await self._show(events)

    async def _show(self, events: Iterable[Named]) -> None:
        commands = [_publish(name, event) for name, event in events if event.get("shown")]
        for start in range(0, len(commands), SHOWN_AT_ONCE):
            await self._scripted.plain(commands[start : start + SHOWN_AT_ONCE])


def _last_totals(told: Iterable[Mapping[str, Sequence[Total]]]) -> dict[str, list[Total]]:
    """Of each person on each board: a board would drop the others anyway."""
    found: dict[str, dict[int, Total]] = {}
    for boards in told:
        for board, totals in boards.items():
            known = found.setdefault(board, {})
            for total in totals:
                if total[0] not in known or known[total[0]][VERSION] < total[VERSION]:
                    known[total[0]] = total
    return {board: list(totals.values()) for board, totals in found.items()}


def _by_person(events: Iterable[Named]) -> dict[UserId, list[OwnEvent]]:
    found: dict[UserId, list[OwnEvent]] = {}
    for name, event in events:
        own = OwnEvent(name, event["event"], _in_raid(event, event["data"]))
        found.setdefault(UserId(event["userId"]), []).append(own)
    return found


def _publish(aside_id: str, event: Event) -> list[str | bytes]:
    channel = keys.events_channel(RaidId(event["raidId"]))
    return ["PUBLISH", channel, aside_message(Aside(aside_id, event["event"], _in_raid(event, event["shown"])))]


def _in_raid(event: Event, data: Mapping[str, Any]) -> bytes:
    """Every event names its raid, if it came of one."""
    raid = {} if event["raidId"] is None else {"raidId": event["raidId"]}
    return orjson.dumps({**raid, **data})
