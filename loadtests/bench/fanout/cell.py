"""One measurement: some events at one rate to so many subscribers of one peer, and what it cost."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from loadtests.bench.fanout.knobs import EVENTS, PATIENCE_SECONDS
from loadtests.bench.fanout.peer import Served
from loadtests.bench.fanout.processes import processor_seconds
from loadtests.bench.fanout.publisher import Publisher
from loadtests.bench.fanout.subscribers import Delivery, Subscribers


@dataclass(frozen=True, slots=True)
class Bill:
    """Processor seconds so far."""

    server: float
    redis: float

    @classmethod
    def of(cls, served: Served) -> "Bill":
        redis = 0.0 if served.redis_pid is None else processor_seconds(served.redis_pid)
        return cls(processor_seconds(served.server_pid), redis)


@dataclass(frozen=True, slots=True)
class Cell:
    peer: str
    transport: str
    subscribers: int
    rate: str
    repeat: int
    server_us: float
    """Processor time of the server per delivery, in microseconds."""
    redis_us: float
    delivery: Delivery

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, content: dict[str, Any]) -> "Cell":
        values = {field.name: content[field.name] for field in fields(cls)}
        return cls(**{**values, "delivery": Delivery.read(content["delivery"])})


class Meter:
    """Publishes and measures, with a seq that goes on from one measurement to the next."""

    def __init__(self, served: Served, subscribers: Subscribers, publisher: Publisher) -> None:
        self._served = served
        self._subscribers = subscribers
        self._publisher = publisher
        self._seq = served.first_seq

    async def deliver(self, count: int, rate: str) -> tuple[Delivery, Bill]:
        """What the subscribers say, and what it cost in seconds."""
        first = self._seq
        self._seq += count
        await self._subscribers.expect(first, count, PATIENCE_SECONDS)
        before = Bill.of(self._served)
        await self._publisher.publish(first, count, rate)
        delivery = await self._subscribers.report()
        after = Bill.of(self._served)
        return delivery, Bill(after.server - before.server, after.redis - before.redis)

    async def measure(self, peer: str, transport: str, rate: str, repeat: int) -> Cell:
        delivery, spent = await self.deliver(EVENTS[rate], rate)
        deliveries = max(1, delivery.deliveries)
        return Cell(
            peer,
            transport,
            delivery.subscribers,
            rate,
            repeat,
            spent.server / deliveries * 1e6,
            spent.redis / deliveries * 1e6,
            delivery,
        )
