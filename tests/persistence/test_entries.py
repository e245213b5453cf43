"""What a batch asks of the fold is decided without a database."""

from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from persistence.entries import FoldInput, LedgerEntry, by_command, parse_all, up_to_each_end, users_of
from raidline.ids import Epoch, RaidId, UserId
from tests.persistence.log import Log, changed

ADA, BOB = UserId(1), UserId(2)


def a_log() -> Log:
    return Log(RaidId(7), Epoch(3), ADA)


def parsed(log: Log) -> list[LedgerEntry]:
    return parse_all(log.entries)


def test_entries_come_once_and_in_the_order_of_their_names() -> None:
    log, other = a_log(), Log(RaidId(5), Epoch(9), ADA)
    for each in (log, other):
        each.start()
        each.contribute(ADA)
    names = [entry.name for entry in parse_all([*reversed(log.entries), *other.entries, *log.entries])]
    assert names == [(5, 9, 1), (5, 9, 2), (7, 3, 1), (7, 3, 2)]


def test_the_entries_of_a_command_stay_together() -> None:
    log = a_log()
    last = log.contribute(ADA)
    log.join(BOB)
    log.end(caused_by=last)
    assert [[entry.seq for entry in command] for command in by_command(parsed(log))] == [[1, 3], [2]]


def test_the_same_command_id_in_two_raids_is_two_commands() -> None:
    log = a_log()
    entry = log.contribute(ADA)
    assert len(by_command(parse_all([entry, changed(entry, raid_id=8)]))) == 2


def test_only_whose_stats_change_are_locked() -> None:
    log = a_log()
    log.join(UserId(9))
    given_by_bob = log.contribute(BOB)
    log.void(changed(given_by_bob, user_id=ADA))
    no_people = [changed(log.contribute(BOB), user_id=user) for user in ("nobody", 2**70, None)]
    assert users_of(parse_all([*log.entries[:3], *no_people])) == [ADA, BOB]


def test_the_newest_header_and_details_of_each_raid_go_along() -> None:
    log = a_log()
    log.update(title="Older")
    log.update(title="Newer")
    log.leave(BOB)
    log.contribute(ADA)
    contributions, events, headers, memberships, details = map(orjson.loads, FoldInput.of(parsed(log)).parameters())
    assert [len(part) for part in (contributions, events, headers, memberships, details)] == [1, 3, 1, 1, 1]
    assert (headers[0]["seq"], details[0]["title"]) == (4, "Newer")


@given(st.lists(st.sampled_from(["contribution", "raid_failed"]), max_size=30), st.integers(1, 5))
def test_runs_hold_everything_in_order_and_ends_stand_alone(events: list[str], size: int) -> None:
    log = a_log()
    for event in events:
        if event == "contribution":
            log.contribute(ADA)
        else:
            log.end(event)
    runs = list(up_to_each_end(parsed(log), size))
    seqs = [entry.seq for run in runs for entry in run]
    assert seqs == list(range(1, len(events) + 1))
    assert all(later > earlier for earlier, later in pairwise(seqs))
    for run in runs:
        assert len(run) <= size
        assert len(run) == 1 or all(entry.event == "contribution" for entry in run)
