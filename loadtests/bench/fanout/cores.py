"""One core for the server, the rest for everything else, so that neither is in the other's way."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.bench.fanout.errors import BenchError


@dataclass(frozen=True, slots=True)
class Cores:
    server: frozenset[int]
    rest: frozenset[int]

    @contextlib.contextmanager
    def on_the_rest(self) -> Iterator[None]:
        """This thread, and whatever it starts in this block, leaves the server's core alone."""
        os.sched_setaffinity(0, self.rest)
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.server | self.rest)

    @contextlib.contextmanager
    def on_the_servers(self) -> Iterator[None]:
        """What is started in this block runs on the server's core."""
        os.sched_setaffinity(0, self.server)
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.rest)


def share_out() -> Cores:
    """Raises BenchError where there is nothing to share out."""
    if not hasattr(os, "sched_getaffinity"):
        raise BenchError("the fan-out benchmark needs Linux: epoll, and processes that keep to a core")
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        raise BenchError("the fan-out benchmark needs two cores: one for the server alone")
    return Cores(frozenset({first}), frozenset(others))
