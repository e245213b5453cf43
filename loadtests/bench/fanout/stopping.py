"""Some subscribers stop reading: what that does to all the others."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from loadtests.bench.fanout.ground import Ground
from loadtests.bench.fanout.knobs import (
    BURST,
    EVENTS,
    FILLING_BURSTS,
    SETTLE_SECONDS,
    STOPPED,
    STOPPED_RATE,
    STOPPED_SUBSCRIBERS,
)
from loadtests.bench.fanout.peer import SSE, Peer
from loadtests.bench.fanout.sitting import insist, metered
from loadtests.bench.fanout.subscribers import Delivery, subscribers


@dataclass(frozen=True, slots=True)
class Stopping:
    before: Delivery
    """Everybody reads."""
    after: Delivery
    """The others, while some have stopped."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, content: dict[str, Any]) -> "Stopping":
        return cls(Delivery.read(content["before"]), Delivery.read(content["after"]))


async def stop_some(peer: Peer, ground: Ground) -> Stopping:
    async with peer.serve(ground, SSE) as served, subscribers(served.door) as clients:
        await clients.connect(STOPPED_SUBSCRIBERS)
        async with metered(peer, served, clients) as meter:
            before, _ = await meter.deliver(EVENTS[STOPPED_RATE], STOPPED_RATE)
            await clients.stall(STOPPED)
            for _ in range(FILLING_BURSTS):
                filling, _ = await meter.deliver(EVENTS[BURST], BURST)
                insist(peer, filling)
            await asyncio.sleep(SETTLE_SECONDS)
            after, _ = await meter.deliver(EVENTS[STOPPED_RATE], STOPPED_RATE)
    for delivery in (before, after):
        insist(peer, delivery)
    return Stopping(before, after)
