"""One peer on one transport with so many subscribers: connect them, weigh them, and measure at every rate."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from loadtests.bench.fanout.cell import Cell, Meter
from loadtests.bench.fanout.errors import BenchError
from loadtests.bench.fanout.ground import Ground
from loadtests.bench.fanout.knobs import FIRST_CONNECTIONS, SETTLE_SECONDS, WARM_UP_EVENTS, WARM_UP_RATE
from loadtests.bench.fanout.peer import Peer, Served
from loadtests.bench.fanout.processes import resident_kib
from loadtests.bench.fanout.publisher import publisher
from loadtests.bench.fanout.subscribers import Delivery, Subscribers, subscribers


@dataclass(frozen=True, slots=True)
class Weight:
    """Memory of the server per idle connection."""

    peer: str
    transport: str
    subscribers: int
    repeat: int
    kib: float


@dataclass(frozen=True, slots=True)
class Sitting:
    peer: Peer
    transport: str
    subscribers: int
    repeat: int

    async def run(self, ground: Ground, rates: Sequence[str]) -> tuple[Weight, list[Cell]]:
        """Raises BenchError when one who must not loses anything."""
        async with self.peer.serve(ground, self.transport) as served, subscribers(served.door) as clients:
            kib = await connect_and_weigh(served, clients, self.subscribers)
            async with metered(self.peer, served, clients) as meter:
                cells = [await self._measure(meter, rate) for rate in rates]
        return Weight(self.peer.name, self.transport, self.subscribers, self.repeat, kib), cells

    async def _measure(self, meter: Meter, rate: str) -> Cell:
        cell = await meter.measure(self.peer.name, self.transport, rate, self.repeat)
        insist(self.peer, cell.delivery)
        await asyncio.sleep(SETTLE_SECONDS)
        return cell


async def connect_and_weigh(served: Served, clients: Subscribers, count: int) -> float:
    """KiB of each connection after the first ones."""
    first = min(FIRST_CONNECTIONS, count // 2)
    await clients.connect(first)
    await asyncio.sleep(SETTLE_SECONDS)
    before = resident_kib(served.server_pid)
    await clients.connect(count - first)
    await asyncio.sleep(SETTLE_SECONDS)
    return (resident_kib(served.server_pid) - before) / (count - first)


@contextlib.asynccontextmanager
async def metered(peer: Peer, served: Served, clients: Subscribers) -> AsyncIterator[Meter]:
    """Warmed up."""
    async with publisher(served.outlet) as outlet:
        meter = Meter(served, clients, outlet)
        delivery, _ = await meter.deliver(WARM_UP_EVENTS, str(WARM_UP_RATE))
        insist(peer, delivery)
        await asyncio.sleep(SETTLE_SECONDS)
        yield meter


def insist(peer: Peer, delivery: Delivery) -> None:
    if peer.must_be_correct and not delivery.correct:
        raise BenchError(f"{peer.name} did not deliver every event once and in order: {delivery.faults}")
