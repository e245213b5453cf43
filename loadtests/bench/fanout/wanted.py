"""What has to hold, and whether it does."""

from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.bench.fanout.knobs import BURST, RATES
from loadtests.bench.fanout.peer import SSE, WEBSOCKET
from loadtests.bench.fanout.results import Results, middle

OURS, PLAIN, NCHAN = "ours", "ours, plain ASGI", "nchan, Redis store"

MANY, MOST, FEW = 1_000, 5_000, 200
"""Subscribers."""

BESIDE_NCHAN = (
    (OURS, SSE, {"100": 0.85, "10": 0.9, BURST: 0.05}),
    (OURS, WEBSOCKET, {"100": 1.0, "10": 1.1, BURST: 0.1}),
    (PLAIN, SSE, {"100": 1.2, "10": 1.2, BURST: 0.05}),
)
OVERLOAD_P99_MS = 250.0
KIB = {SSE: 16.0, WEBSOCKET: 28.0}
CONTRIBUTION_P99_MS = 25.0
MOST_BESIDE_FEW = 1.3
STOPPED_BESIDE_ALL = 1.1
"""What of a p99 is noise."""


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    value: float | None
    """None if this run has not measured it."""
    most: float

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        return "holds" if self.value <= self.most else "DOES NOT HOLD"


def rows(results: Results) -> list[Row]:
    return [
        *_beside_nchan(results),
        *_overload(results),
        *_memory(results),
        *_many_beside_few(results),
        _contribution(results),
        _stopped(results),
    ]


def _beside_nchan(results: Results) -> Iterator[Row]:
    for peer, transport, most in BESIDE_NCHAN:
        for rate, limit in most.items():
            cost = results.beside((peer, transport, MANY, rate), (NCHAN, transport, MANY, rate))
            yield Row(f"{peer}, {transport}, {MANY}, {in_words(rate)}: of nchan's CPU", cost, limit)


def _overload(results: Results) -> Iterator[Row]:
    # Lost events end a run of ours, so what there is of it is complete.
    for transport in (SSE, WEBSOCKET):
        p99 = results.median(lambda cell: cell.delivery.p99_ms, OURS, transport, MOST, "100")
        yield Row(f"{OURS}, {transport}, {MOST}, {in_words('100')}: p99 in ms", p99, OVERLOAD_P99_MS)


def _memory(results: Results) -> Iterator[Row]:
    for transport, most in KIB.items():
        yield Row(f"{OURS}, {transport}: KiB per idle connection", results.weight(OURS, transport), most)


def _many_beside_few(results: Results) -> Iterator[Row]:
    for transport in (SSE, WEBSOCKET):
        for rate in RATES:
            cost = results.beside((OURS, transport, MOST, rate), (OURS, transport, FEW, rate))
            yield Row(f"{OURS}, {transport}, {in_words(rate)}: {MOST} beside {FEW}", cost, MOST_BESIDE_FEW)


def _contribution(results: Results) -> Row:
    p99 = middle([delivery.last_p99_ms for delivery in results.contributing])
    return Row("from a contribution to the last of 200: p99 in ms", p99, CONTRIBUTION_P99_MS)


def _stopped(results: Results) -> Row:
    moved = [one.after.p99_ms / one.before.p99_ms for one in results.stopping if one.before.p99_ms]
    return Row("p99 of 990 while 10 do not read, beside that of all", middle(moved), STOPPED_BESIDE_ALL)


def in_words(rate: str) -> str:
    return "a burst" if rate == BURST else f"{rate}/s"
