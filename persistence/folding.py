"""Lock, fold, look up: what recording and healing share, all within the caller's transaction."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from persistence.entries import CONTRIBUTION, ENDS, FoldInput, LedgerEntry
from persistence.pool import Connection
from persistence.rows import EntryKey, OutboxRow, RecordedKey
from persistence.statements import statement
from raidline.ids import ContributionId, Epoch, RaidId, UserId

KeyName = tuple[RaidId, ContributionId]


@dataclass(slots=True)
class Folded:
    """What one fold has newly put into the ledger."""

    effects: dict[EntryKey, bytes] = field(default_factory=dict)
    """Of each contribution that was fresh."""
    events: set[EntryKey] = field(default_factory=set)
    """Every other entry that was fresh."""
    met: set[RaidId] = field(default_factory=set)
    """Raids whose sums meet both targets now."""
    outbox: list[OutboxRow] = field(default_factory=list)


async def lock(connection: Connection, raids: Sequence[RaidId], users: Sequence[UserId]) -> dict[RaidId, Epoch]:
    """Lock in the order of everybody; the epochs of those raids that exist."""
    rows = await connection.fetch(statement("lock"), sorted(raids), sorted(users))
    return {row["id"]: row["epoch"] for row in rows}


async def fold(connection: Connection, entries: Sequence[LedgerEntry]) -> Folded:
    """Fold entries, given in the order of their names, into rows and totals. The locks must be held."""
    folded = Folded()
    for kind, raid_id, a, b, body in await connection.fetch(statement("fold"), *FoldInput.of(entries).parameters()):
        match kind:
            case "key":
                folded.effects[raid_id, a, b] = body.encode()
            case "event":
                folded.events.add((raid_id, a, b))
            case "raid" if body == "true":
                folded.met.add(raid_id)
            case "outbox":
                folded.outbox.append(OutboxRow.of({**orjson.loads(body), "id": a}))
    return folded


async def keys_known(connection: Connection, wanted: Iterable[KeyName]) -> dict[KeyName, RecordedKey]:
    """What the ledger held of these contributions before this transaction or holds by it."""
    names = sorted(set(wanted))
    if not names:
        return {}
    rows = await connection.fetch(
        statement("keys_known"), [raid for raid, _ in names], [contribution for _, contribution in names]
    )
    return {
        (row["raid_id"], row["contribution_id"]): RecordedKey(
            row["epoch"], row["seq"], row["fingerprint"], row["effects"].encode(), fresh=False
        )
        for row in rows
    }


async def keys_aside(connection: Connection, wanted: Iterable[KeyName]) -> set[EntryKey]:
    """The names under which these contributions stand in quarantine."""
    names = sorted(set(wanted))
    if not names:
        return set()
    rows = await connection.fetch(
        statement("keys_aside"), [raid for raid, _ in names], [contribution for _, contribution in names]
    )
    return {(row["raid_id"], row["epoch"], row["seq"]) for row in rows}


async def names_held(connection: Connection, names: Iterable[EntryKey]) -> dict[EntryKey, bool]:
    """Those of these entries that the ledger holds as an event (False) or in quarantine (True)."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    raids, epochs, seqs = zip(*wanted, strict=True)
    rows = await connection.fetch(statement("names_held"), raids, epochs, seqs)
    return {(row["raid_id"], row["epoch"], row["seq"]): row["quarantined"] for row in rows}


async def targets_met_at(connection: Connection, end: LedgerEntry) -> bool:
    """Whether its raid met both targets at this entry: what was voided later does not count against it."""
    return bool(await connection.fetchval(statement("targets_met_at"), end.raid_id, end.epoch, end.seq))


async def put_aside(connection: Connection, entry: LedgerEntry, sqlstate: str, detail: str) -> None:
    """Quarantine one entry; a repeat changes nothing. The locks must be held."""
    await connection.execute(
        statement("quarantine"),
        *entry.name,
        entry.event,
        uuid_text(entry.contribution_id),
        entry.raw.decode("utf-8", "backslashreplace").replace("\x00", "\\u0000"),
        sqlstate,
        detail,
    )


def uuid_text(text: object) -> str | None:
    """A contribution id worth looking for; the malformed one of a bad entry is worth nothing."""
    try:
        return str(uuid.UUID(str(text)))
    except ValueError:
        return None


def key_name(entry: LedgerEntry) -> KeyName | None:
    """How a contribution is known for ever; None for any other entry."""
    if entry.event != CONTRIBUTION or entry.contribution_id is None:
        return None
    return (entry.raid_id, entry.contribution_id)


def is_end(entry: LedgerEntry) -> bool:
    return entry.event in ENDS
