"""Ledger entries as they stand in a log, and what a batch of them asks of the fold. No I/O here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from json import loads as patient_loads
from typing import Any, NamedTuple

import orjson

from persistence.rows import EntryKey
from raidline.ids import ContributionId, Epoch, RaidId, Seq, UserId

CONTRIBUTION = "contribution"
VOID = "contribution_voided"
COMPLETE = "raid_complete"
ENDS = frozenset({COMPLETE, "raid_failed", "raid_cancelled"})
MEMBERSHIP = frozenset({"member_join", "member_leave", "member_update"})
DETAILS = "raid_update"
BIGINT = 2**63


class LedgerEntry(NamedTuple):
    """One entry: its name and what decides about it. Everything else stays in `raw`, for Postgres to read."""

    raw: bytes
    raid_id: RaidId
    epoch: Epoch
    seq: Seq
    event: str
    command_id: str
    contribution_id: ContributionId | None
    user_id: UserId | None
    fingerprint: str

    @property
    def name(self) -> EntryKey:
        return (self.raid_id, self.epoch, self.seq)

    @classmethod
    def parse(cls, raw: bytes) -> "LedgerEntry":
        """Raises `ValueError` where it is no entry at all: such bytes never came out of a log."""
        fields = _object(raw)
        try:
            return cls(
                raw,
                RaidId(int(fields["raid_id"])),
                Epoch(int(fields["epoch"])),
                Seq(int(fields["seq"])),
                str(fields["event"]),
                str(fields["command_id"]),
                fields.get("contribution_id"),
                fields.get("user_id"),
                str(fields.get("fingerprint")),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("a ledger entry without its name") from error


def _object(raw: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(raw)
    except orjson.JSONDecodeError:
        # Text that JSON allows and Unicode does not is bad data: Postgres is to judge it, not we.
        fields = patient_loads(raw.decode("utf-8", "replace"))
    if not isinstance(fields, dict):
        raise ValueError("a ledger entry is a JSON object")
    return fields


def parse_all(raws: Iterable[bytes]) -> list[LedgerEntry]:
    """The entries in the order of their names, each once."""
    by_name = {entry.name: entry for entry in map(LedgerEntry.parse, raws)}
    return [by_name[name] for name in sorted(by_name)]


def by_command(entries: Sequence[LedgerEntry]) -> list[list[LedgerEntry]]:
    """The entries of each command together, in the order of the commands' first entries."""
    commands: dict[tuple[RaidId, Epoch, str], list[LedgerEntry]] = {}
    for entry in entries:
        commands.setdefault((entry.raid_id, entry.epoch, entry.command_id), []).append(entry)
    return list(commands.values())


def raids_of(entries: Iterable[LedgerEntry]) -> list[RaidId]:
    return sorted({entry.raid_id for entry in entries})


def users_of(entries: Iterable[LedgerEntry]) -> list[UserId]:
    """Those whose stats the entries change. An id that is none is left for Postgres to refuse."""
    counted = (entry.user_id for entry in entries if entry.event in (CONTRIBUTION, VOID))
    return sorted({user for user in counted if isinstance(user, int) and abs(user) < BIGINT})


@dataclass(slots=True)
class FoldInput:
    """The parameters of fold.sql, in their order."""

    contributions: list[bytes] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    headers: dict[RaidId, bytes] = field(default_factory=dict)
    memberships: list[bytes] = field(default_factory=list)
    details: dict[RaidId, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[LedgerEntry]) -> "FoldInput":
        """Of entries in the order of their names: the last one seen of a raid is the newest."""
        given = cls()
        for entry in entries:
            given.headers[entry.raid_id] = entry.raw
            if entry.event == CONTRIBUTION:
                given.contributions.append(entry.raw)
                continue
            given.events.append(entry.raw)
            if entry.event in MEMBERSHIP:
                given.memberships.append(entry.raw)
            elif entry.event == DETAILS:
                given.details[entry.raid_id] = entry.raw
        return given

    def parameters(self) -> tuple[str, str, str, str, str]:
        return (
            _json_array(self.contributions),
            _json_array(self.events),
            _json_array(self.headers.values()),
            _json_array(self.memberships),
            _json_array(self.details.values()),
        )


def _json_array(raws: Iterable[bytes]) -> str:
    return (b"[" + b",".join(raws) + b"]").decode("utf-8", "replace")


def up_to_each_end(entries: Sequence[LedgerEntry], size: int) -> Iterable[list[LedgerEntry]]:
    """Runs of at most `size` entries, each end in a run of its own."""
    for _is_end, run in groupby(entries, key=lambda entry: entry.event in ENDS):
        held = list(run)
        step = 1 if _is_end else size
        for start in range(0, len(held), step):
            yield held[start : start + step]
