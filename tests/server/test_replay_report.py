"""What a replay says while it runs and when it ends."""

import io

import pytest
from rich.console import Console

from server.replay.progress import Phase, phase
from server.replay.report import Outcome, show
from server.replay.rows import Refusal
from server.replay.tally import Tally


def said(outcome: Outcome) -> str:
    console = Console(file=io.StringIO(), width=100)
    show(console, outcome)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_lost_is_what_was_neither_in_nor_refused_and_what_the_ledger_never_got() -> None:
    tally = Tally(read=10, accepted=4, repeated=2)
    tally.refused.add(Refusal(3, "bad"))
    tally.failed.add(Refusal(5, "HTTP 500"))
    tally.undurable.add(Refusal(6, "accepted, but not in the ledger"))
    assert tally.unanswered == 2
    assert tally.lost == 4


def test_the_table_shows_each_figure_and_a_reason_with_its_line() -> None:
    tally = Tally(read=1_003, accepted=1_000, repeated=2)
    tally.refused.add(Refusal(736, "[red]not[/red] a time"))
    text = said(Outcome(tally, raids=3, completed=2, incomplete=["2011 Q1: failed"], seconds=4, fed_seconds=2))
    for part in ("1,003", "1,000", "2 of 3", "4.0 s", "501", "not completed: 2011 Q1: failed"):
        assert part in text
    assert "refused: line 736: [red]not[/red] a time" in text


def test_at_most_twenty_reasons_are_shown_the_first_of_the_file() -> None:
    tally = Tally(read=1_000)
    for line in range(1_000, 0, -1):
        tally.refused.add(Refusal(line, "bad"))
    text = said(Outcome(tally, raids=0, completed=0, incomplete=[], seconds=1, fed_seconds=1))
    assert text.count("refused: line") == 20
    assert "refused: line 1: bad" in text
    assert "refused: line 20: bad" in text
    assert "and 980 more refused" in text


@pytest.mark.parametrize("terminal", [True, False])
async def test_a_phase_shows_how_far_it_came(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    async with phase(console, "rows", 1_500) as counted:
        counted.done = 1_500
    assert isinstance(console.file, io.StringIO)
    assert "1,500 of 1,500" in console.file.getvalue()


async def test_a_phase_without_work_says_nothing() -> None:
    console = Console(file=io.StringIO())
    async with phase(console, "rows", 0):
        pass
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""


def test_the_time_left_is_told_from_the_rate_so_far() -> None:
    counted = Phase("rows", total=1_000, done=100)
    counted.began -= 10
    assert str(counted) == "100 of 1,000  10/s  1:30 left"
