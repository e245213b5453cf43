"""The table a replay ends with."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from server.replay.tally import SHOWN, Reasons, Tally


@dataclass(frozen=True, slots=True)
class Outcome:
    tally: Tally
    raids: int
    completed: int
    incomplete: list[str]
    """One line for each raid that is not completed, with where it stands."""
    seconds: float
    fed_seconds: float
    """Of these, what the rows alone took: without sessions, raids and joins."""


def show(console: Console, outcome: Outcome) -> None:
    console.print(_figures(outcome))
    _show_reasons(console, "refused", outcome.tally.refused)
    _show_reasons(console, "failed", outcome.tally.failed)
    _show_reasons(console, "not durable", outcome.tally.undurable)
    for line in outcome.incomplete[:SHOWN]:
        console.print(Text(f"not completed: {line}"))
    if len(outcome.incomplete) > SHOWN:
        console.print(f"… and {len(outcome.incomplete) - SHOWN:,} more", highlight=False)


def _figures(outcome: Outcome) -> Table:
    tally = outcome.tally
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    answered = tally.accepted + tally.repeated
    for name, value in (
        ("rows read", f"{tally.read:,}"),
        ("accepted", f"{tally.accepted:,}"),
        ("repeated", f"{tally.repeated:,}"),
        ("refused", f"{tally.refused.count:,}"),
        ("lost", f"{tally.lost:,}"),
        ("raids completed", f"{outcome.completed:,} of {outcome.raids:,}"),
        ("wall time", f"{outcome.seconds:.1f} s"),
        ("rows/s overall", f"{answered / max(outcome.seconds, 1e-9):,.0f}"),
        ("rows/s of the rows alone", f"{answered / max(outcome.fed_seconds, 1e-9):,.0f}"),
    ):
        table.add_row(name, value)
    return table


def _show_reasons(console: Console, what: str, reasons: Reasons) -> None:
    for refusal in reasons.first:
        # As Text: a reason quotes the file, and must not be read as markup.
        console.print(Text(f"{what}: line {refusal.line}: {refusal.reason}"), soft_wrap=True)
    if reasons.count > SHOWN:
        console.print(f"… and {reasons.count - SHOWN:,} more {what}", highlight=False)
