"""What a reader of several raids was told, on however many connections, and what has to be true of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Place = tuple[int, int]
"""Epoch and seq."""


@dataclass(frozen=True)
class Told:
    event: str
    data: dict[str, Any]

    @property
    def raid_id(self) -> int | None:
        return self.data.get("raidId")


@dataclass
class Log:
    """One raid as this reader has it, dropping what it has by seq, as CONTRACT tells clients to."""

    seqs: list[int] = field(default_factory=list)
    """Of the entries it took, in all its lives."""
    has: Place = (0, 0)
    follows: Place | None = None
    """How far this connection has told it; None before its snapshot, and when it is gone."""
    repeated: int = 0

    def take(self, event: str, data: dict[str, Any]) -> None:
        """Raises AssertionError for what must never come."""
        if event == "hello":
            full = data["recovered"] == "full"
            self.follows = place_of(data["from"]) if full else None
            assert not full or (self.follows is not None and self.follows <= self.has), "resumed ahead of what it has"
        elif event == "snapshot":
            assert self.follows is None, "a snapshot without a verdict"
            self.follows = data["epoch"], data["seq"]
            assert self.follows >= self.has, f"went back from {self.has} to {self.follows}"
            self.has = self.follows
        elif event == "gone":
            self.follows = None
        elif "seq" in data:
            self._entry(data["seq"])

    def _entry(self, seq: int) -> None:
        assert self.follows is not None, "an entry before the snapshot, or of what is gone"
        assert seq == self.follows[1] + 1, f"{seq} after {self.follows}"
        self.follows = self.follows[0], seq
        if self.follows <= self.has:
            self.repeated += 1
            return
        self.has = self.follows
        self.seqs.append(seq)


@dataclass
class Many:
    """`cursor` is what a browser comes back with."""

    cursor: str | None = None
    told: list[Told] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    logs: dict[int, Log] = field(default_factory=dict)

    def read(self, text: bytes) -> None:
        """All of one connection, or as far as it came."""
        for block in text.decode(errors="replace").split("\n\n")[:-1]:
            self.take(block)

    def take(self, block: str) -> None:
        """What a browser does with a block, and what must never be in one."""
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if "data" not in fields:
            self.cursor = fields.get("id", self.cursor)
            if fields.keys() - {"id", "retry"}:
                self.wrong.append(f"a block of {sorted(fields)}")
            return
        if "id" in fields:
            self.wrong.append(f"{fields['event']} has an id of its own")
        self._told(Told(fields["event"], json.loads(fields["data"])))

    def _told(self, told: Told) -> None:
        self.told.append(told)
        if told.raid_id is None:
            return
        try:
            self.logs.setdefault(told.raid_id, Log()).take(told.event, told.data)
        except AssertionError as error:
            self.wrong.append(f"raid {told.raid_id}: {told.event}: {error}")

    def of(self, raid_id: int | None) -> list[Told]:
        return [told for told in self.told if told.raid_id == raid_id and told.event != "goaway"]

    def verdicts(self, raid_id: int | None) -> list[str]:
        return [told.data["recovered"] for told in self.of(raid_id) if told.event == "hello"]

    def seqs(self, raid_id: int) -> list[int]:
        return self.logs[raid_id].seqs if raid_id in self.logs else []

    def last(self, event: str, raid_id: int | None) -> dict[str, Any]:
        return next(told.data for told in reversed(self.of(raid_id)) if told.event == event)

    def assert_seamless(self) -> None:
        """Nothing out of order or missing; and nothing twice, as no connection was cut in the midst of a write."""
        assert self.wrong == []
        assert {raid_id: log.repeated for raid_id, log in self.logs.items() if log.repeated} == {}


def place_of(cursor: str) -> Place:
    epoch, seq = cursor.split("-")
    return int(epoch), int(seq)
