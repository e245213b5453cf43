"""A raid in Redis held against what the ledger would make of it. Pure: both sides have been read before.

The ledger's side is the state a heal would load now, so whatever a heal loads is also compared.
"""

from collections.abc import Iterator, Mapping, Sequence

from persistence.audit import Difference
from persistence.rows import RaidRow
from raidline.ids import RaidId
from realtime.healing import LoadedState
from realtime.inspection import Inspected
from realtime.keys import raid_key

OWN_TO_REDIS = frozenset({"audited_seq", "last_at", "run_id", "frozen", "sealed", "known_keys"})
"""Fields of the state that the ledger has no say in."""


def differences(row: RaidRow, expected: LoadedState, found: Inspected) -> Iterator[Difference]:
    """Every place where the two are not the same. Nobody may be writing to the raid meanwhile."""
    raid_id = row.id
    yield from _of_state(raid_id, expected.state, found.state)
    yield from _of_marks(row, found)
    hashes: Sequence[tuple[str, Mapping[str, object], Mapping[str, str]]] = (
        ("members", expected.members, found.members),
        ("xp", _not_zero(expected.xp), _not_zero(found.xp)),
        ("tasks", _not_zero(expected.tasks), _not_zero(found.tasks)),
        ("by_join", expected.by_join, found.by_join),
        ("past", expected.past, found.past),
        ("day_xp", _not_zero(expected.day_xp), _not_zero(found.day_xp)),
    )
    for part, wanted, held in hashes:
        yield from _of_mapping(raid_key(raid_id, part), wanted, held)
    yield from _of_contributions(raid_id, expected, found)
    yield from _of_commands(raid_id, expected, found)
    yield from _of_log(raid_id, found)


def _of_state(raid_id: RaidId, expected: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Difference]:
    key = raid_key(raid_id, "state")
    for name, value in expected.items():
        if name not in OWN_TO_REDIS and found.get(name) != value:
            yield Difference("state", f"{key} {name}", value, found.get(name, "nothing"))


def _of_marks(row: RaidRow, found: Inspected) -> Iterator[Difference]:
    key = raid_key(row.id, "state")
    audited, seq = int(found.state["audited_seq"]), found.head.seq
    if audited > min(row.audited_seq, seq):
        limit = f"at most {min(row.audited_seq, seq)}"
        yield Difference("watermark", f"{key} audited_seq", limit, str(audited))
    if row.unloaded and found.state["sealed"] != "1":
        yield Difference("unloaded", f"raids {row.id} unloaded", "a sealed state or none", "a live state")


def _of_mapping(key: str, expected: Mapping[str, object], found: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(expected.keys() | found.keys()):
        wanted, held = str(expected.get(name, "nothing")), found.get(name, "nothing")
        if wanted != held:
            yield Difference(key.rsplit(":", 1)[1], f"{key} {name}", wanted, held)


def _of_contributions(raid_id: RaidId, expected: LoadedState, found: Inspected) -> Iterator[Difference]:
    """Of a raid that is loaded without its keys `expected` has only those that the state holds all the same."""
    wanted, key = expected.contributions, raid_key(raid_id, "contributions")
    if found.state["known_keys"] == "partial":
        wanted = {name: packed for name, packed in wanted.items() if name in found.contributions}
    elif len(found.contributions) != int(expected.state["contribution_count"]):
        yield Difference("contributions", key, expected.state["contribution_count"], str(len(found.contributions)))
    yield from _of_mapping(key, wanted, found.contributions)


def _of_commands(raid_id: RaidId, expected: LoadedState, found: Inspected) -> Iterator[Difference]:
    """Only one way: the state forgets old commands, and one it should not know would be taken for done."""
    key = raid_key(raid_id, "commands")
    for command_id in sorted(found.commands.keys() - expected.commands.keys()):
        yield Difference("commands", f"{key} {command_id}", "nothing", found.commands[command_id])


def _of_log(raid_id: RaidId, found: Inspected) -> Iterator[Difference]:
    """Without a gap, up to the state's seq, and from the watermark at the latest."""
    key, seqs = raid_key(raid_id, "log"), [one.entry.seq for one in found.log]
    audited, last = int(found.state["audited_seq"]), found.head.seq
    first = seqs[0] if seqs else last + 1
    if first > audited + 1:
        yield Difference("log", key, f"entries from {audited + 1}", f"entries from {first}")
    if seqs != list(range(first, last + 1)):
        yield Difference("log", key, f"entries {first} to {last}, each once", f"{len(seqs)} entries")


def _not_zero(counts: Mapping[str, object]) -> dict[str, str]:
    """Somebody whose only contribution was voided stands with 0 in one place and not at all in the other."""
    return {name: str(count) for name, count in counts.items() if str(count) != "0"}
