"""The fan-out benchmark itself, in short: it runs to its end, and not past an event that ours has lost."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator

import pytest

from loadtests.bench.fanout import cell, command, contributing, knobs, sitting
from loadtests.bench.fanout.errors import BenchError
from loadtests.bench.fanout.ground import Ground, ground
from loadtests.bench.fanout.peer import Served
from loadtests.bench.fanout.peers.floor import Floor
from loadtests.bench.fanout.peers.ours import Ours
from loadtests.bench.fanout.publisher import Outlet
from loadtests.bench.fanout.sitting import Sitting

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2 or shutil.which("cc") is None,
        reason="the benchmark needs Linux, two cores and a C compiler",
    ),
]

SUBSCRIBERS, EVENTS = 20, 50


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sitting, contributing):
        monkeypatch.setattr(module, "SETTLE_SECONDS", 0.2)
        monkeypatch.setattr(module, "WARM_UP_EVENTS", 5)
    monkeypatch.setattr(contributing, "CONTRIBUTIONS", EVENTS)
    monkeypatch.setattr(cell, "EVENTS", dict.fromkeys(knobs.RATES, EVENTS))


class Imprecise(Floor):
    """Publishes what it is told to, but for one event."""

    must_be_correct = True

    def __init__(self, seq: int, times: int) -> None:
        self._seq = seq
        self._times = times

    @contextlib.asynccontextmanager
    async def serve(self, ground: Ground, transport: str) -> AsyncIterator[Served]:
        async with super().serve(ground, transport) as served:

            def message(seq: int, sent: int) -> bytes:
                return served.outlet.message(seq, sent) * (self._times if seq == self._seq else 1)

            outlet = Outlet(served.outlet.port, message)
            yield Served(served.server_pid, None, served.door, outlet)


async def test_ours_is_measured_and_delivers_everything() -> None:
    words = ["--peers", "ours", "--subscribers", str(SUBSCRIBERS), "--rates", "100", "burst", "--repeats", "1"]
    cores = os.sched_getaffinity(0)
    results = await command.run(command.parser().parse_args([*words, "--extras"]))
    assert os.sched_getaffinity(0) == cores
    assert [(cell.transport, cell.rate) for cell in results.cells] == [
        (transport, rate) for transport in ("SSE", "WebSocket") for rate in ("100", "burst")
    ]
    for measured in results.cells:
        assert measured.delivery.correct
        assert measured.delivery.deliveries == SUBSCRIBERS * EVENTS
        assert measured.server_us > 0


@pytest.mark.parametrize(("times", "told"), [(0, "20 lost"), (2, "20 doubled")])
async def test_an_event_that_is_lost_or_doubled_ends_the_benchmark(times: int, told: str) -> None:
    async with ground() as place:
        sitting = Sitting(Imprecise(30, times), "SSE", SUBSCRIBERS, 0)
        with pytest.raises(BenchError, match=told):
            await sitting.run(place, ["burst"])


async def test_contributions_are_followed_from_their_sending_to_the_last_socket() -> None:
    async with ground() as place:
        delivery = await contributing.contribute(Ours(), place, SUBSCRIBERS)
    assert delivery.correct
    assert delivery.deliveries == SUBSCRIBERS * EVENTS
    assert delivery.last_p50_ms >= delivery.p50_ms > 0
