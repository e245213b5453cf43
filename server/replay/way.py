"""What a log needs of a server, whichever way it goes in: over HTTP, or in the process that has the write path."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from server.replay.people import Person
from server.replay.rows import Row, occurred_at


class Fate(StrEnum):
    """What became of one row that was sent."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REFUSED = "refused"
    FAILED = "failed"  # the server broke on it: neither done nor refused


@dataclass(frozen=True, slots=True)
class Sent:
    fate: Fate
    durable: bool = False
    reason: str = ""

    @property
    def is_in(self) -> bool:
        return self.fate in (Fate.ACCEPTED, Fate.REPEATED)


@dataclass(frozen=True, slots=True)
class NoRaid:
    """The server refused to make the quarter's raid; so are its rows."""

    reason: str


class Way(Protocol):
    """Every method asks again until there is an answer, and raises ServerAway when that takes too long.

    Raids are told as the API tells them: `page` as the list of raids, `snapshot` as one raid.
    """

    async def reach(self) -> None:
        """Raise ReplayError soon where there is nothing to speak to at all."""

    async def sign_in(self, number: int) -> Person: ...

    async def page(self, person: Person, cursor: str | None) -> Mapping[str, Any]:
        """Raids this person is in, newest first."""
        ...

    async def snapshot(self, raid_id: int, person: Person) -> Mapping[str, Any]: ...

    async def make_raid(self, leader: Person, fields: Mapping[str, Any]) -> Mapping[str, Any] | NoRaid | None:
        """Try once. The snapshot of the new raid, or None: it may have been made or not, the caller has to look."""

    async def join(self, raid_id: int, invite_code: str, person: Person) -> None:
        """A refusal is not reported here: every row of that person is then refused with its reason."""

    async def start(self, raid_id: int, leader: Person) -> None: ...

    async def send(self, raid_id: int, person: Person, row: Row) -> Sent:
        """One row as a contribution of this person, under a key made of the line number."""
        ...


def key_of(row: Row) -> str:
    return f"row-{row.line}"


def body_of(row: Row) -> dict[str, Any]:
    """The contribution's JSON, the same whichever way it goes: a repeat has to have the same fingerprint."""
    return {"xp": row.files, "occurredAt": occurred_at(row)}
