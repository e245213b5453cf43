"""How far each phase is: a bar on a terminal, else a line every few seconds."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

_BAR_EVERY_S = 0.2
_LINE_EVERY_S = 5.0


@dataclass(slots=True)
class Phase:
    """Counts what is done; whoever does it only adds to `done`."""

    name: str
    total: int
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        return self.done / max(time.monotonic() - self.began, 1e-9)

    def __str__(self) -> str:
        text = f"{self.done:,} of {self.total:,}  {self.rate:,.0f}/s"
        if 0 < self.done < self.total:
            text += f"  {_clock((self.total - self.done) / self.rate)} left"
        return text


@asynccontextmanager
async def phase(console: Console, name: str, total: int) -> AsyncIterator[Phase]:
    """Show a phase for as long as the block runs. Nothing is shown of a phase without work."""
    counted = Phase(name, total)
    if total == 0:
        yield counted
        return
    show = _bar if console.is_terminal else _lines
    with show(console, counted) as (refresh, every):
        ticker = asyncio.create_task(_tick(refresh, every))
        try:
            yield counted
        finally:
            ticker.cancel()
            await asyncio.gather(ticker, return_exceptions=True)
            refresh()


async def _tick(refresh: Callable[[], None], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        refresh()


@contextmanager
def _bar(console: Console, counted: Phase) -> Iterator[tuple[Callable[[], None], float]]:
    columns = (TextColumn("{task.description:<9}"), BarColumn(), TextColumn("{task.fields[state]}"))
    # Drawn by our own ticker: rich's thread would take the interpreter from the requests.
    with Progress(*columns, console=console, auto_refresh=False) as drawn:
        task = drawn.add_task(counted.name, total=counted.total, state=str(counted))

        def refresh() -> None:
            drawn.update(task, completed=counted.done, state=str(counted), refresh=True)

        yield refresh, _BAR_EVERY_S


@contextmanager
def _lines(console: Console, counted: Phase) -> Iterator[tuple[Callable[[], None], float]]:
    def refresh() -> None:
        console.print(f"{counted.name:<9} {counted}", highlight=False)

    yield refresh, _LINE_EVERY_S


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if minutes >= 60 else f"{minutes}:{seconds:02}"
