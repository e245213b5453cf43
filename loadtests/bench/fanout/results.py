"""All that one run has measured, on its way to a report, a plot and a file."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from loadtests.bench.fanout.cell import Cell
from loadtests.bench.fanout.sitting import Weight
from loadtests.bench.fanout.stopping import Stopping
from loadtests.bench.fanout.subscribers import Delivery

Place = tuple[str, str, int, str]
"""Peer, transport, subscribers, rate."""


@dataclass(slots=True)
class Results:
    conditions: dict[str, str] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    contributing: list[Delivery] = field(default_factory=list)
    stopping: list[Stopping] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """Peers that could not be had, or not measured to the end, and why."""

    def median(
        self, of: Callable[[Cell], float], peer: str, transport: str, subscribers: int, rate: str
    ) -> float | None:
        """Over the repeats; None where nothing was measured."""
        wanted = (peer, transport, subscribers, rate)
        return middle([of(cell) for cell in self.cells if place_of(cell) == wanted])

    def cost(self, peer: str, transport: str, subscribers: int, rate: str) -> float | None:
        """Microseconds of the server per delivery."""
        return self.median(lambda cell: cell.server_us, peer, transport, subscribers, rate)

    def beside(self, mine: Place, floor: Place) -> float | None:
        """How many times the floor's cost per delivery: the median of what it is in each repeat, for what follows one
        another sees the same noise. None where not both were measured."""
        ours, theirs = self._costs(mine), self._costs(floor)
        return middle([ours[one] / theirs[one] for one in ours.keys() & theirs.keys() if theirs[one]])

    def _costs(self, place: Place) -> dict[int, float]:
        return {cell.repeat: cell.server_us for cell in self.cells if place_of(cell) == place}

    def weight(self, peer: str, transport: str) -> float | None:
        """KiB per connection, by the largest number of them that was measured."""
        mine = [weight for weight in self.weights if (weight.peer, weight.transport) == (peer, transport)]
        most = max((weight.subscribers for weight in mine), default=0)
        return middle([weight.kib for weight in mine if weight.subscribers == most])

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, content: dict[str, Any]) -> "Results":
        return cls(
            content["conditions"],
            [Cell.read(one) for one in content["cells"]],
            [Weight(**one) for one in content["weights"]],
            [Delivery.read(one) for one in content["contributing"]],
            [Stopping.read(one) for one in content["stopping"]],
            content["left_out"],
        )


def place_of(cell: Cell) -> Place:
    return cell.peer, cell.transport, cell.subscribers, cell.rate


def middle(values: list[float]) -> float | None:
    return statistics.median(values) if values else None
