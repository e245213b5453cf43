"""Where the time goes: statement by statement as the driver sees it, function by function as Python does."""

import contextlib
import cProfile
import io
import pstats
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

import persistence
from persistence.statements import statement

LINES = 45
"""Of the table of Python's functions."""

LONGEST_NAME = 28
"""Of a statement's file; whatever else is asked is shorter (BEGIN, COMMIT) or none of Raidline's."""


class Timings:
    """Time from sending a statement to its last row, for every connection that opens while it watches."""

    def __init__(self) -> None:
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._times: defaultdict[str, int] = defaultdict(int)

    @classmethod
    @contextlib.contextmanager
    def watching(cls) -> Iterator["Timings"]:
        timings = cls()
        whole: Any = asyncpg.Connection.__init__

        def watched(connection: Any, *arguments: Any, **options: Any) -> None:
            whole(connection, *arguments, **options)
            connection.add_query_logger(timings.take)

        _set_init(watched)
        try:
            yield timings
        finally:
            _set_init(whole)

    def take(self, query: Any) -> None:
        name = _names().get(query.query, query.query)
        if len(name) > LONGEST_NAME:
            return  # the benchmark's own
        self._spent[name] += query.elapsed
        self._times[name] += 1

    def clear(self) -> None:
        self._spent.clear()
        self._times.clear()

    def print(self, rows: int) -> None:
        print("    statement                    us per row   calls   ms per call")
        for name, spent in sorted(self._spent.items(), key=lambda item: -item[1]):
            times = self._times[name]
            print(f"    {name:28} {spent / rows * 1e6:10.1f} {times:7} {spent / times * 1e3:13.2f}")


def _set_init(init: Any) -> None:
    """The pool is made by what is measured: only here can every connection be met."""
    asyncpg.Connection.__init__ = init  # type: ignore[method-assign]


@cache
def _names() -> dict[str, str]:
    folder = Path(persistence.__file__).parent / "sql"
    return {statement(file.stem): file.stem for file in folder.glob("*.sql")}


@contextlib.contextmanager
def python_profile(wanted: bool) -> Iterator[None]:
    """Print which functions the block's time went to. The profiler itself slows Python down, small functions most."""
    if not wanted:
        yield
        return
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        text = io.StringIO()
        pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(LINES)
        print(text.getvalue())
