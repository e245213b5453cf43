"""What became of each row: counted, with the first few reasons kept in the order of the file."""

from dataclasses import dataclass, field

from server.replay.rows import Refusal

SHOWN = 20


@dataclass(slots=True)
class Reasons:
    """Counts all, keeps the SHOWN with the lowest line numbers."""

    count: int = 0
    _kept: list[Refusal] = field(default_factory=list)

    def add(self, refusal: Refusal) -> None:
        self.count += 1
        self._kept.append(refusal)
        if len(self._kept) > 10 * SHOWN:
            self._kept = self.first

    @property
    def first(self) -> list[Refusal]:
        return sorted(self._kept)[:SHOWN]


@dataclass(slots=True)
class Tally:
    read: int
    """Lines of the file that are no header and not empty, refused ones among them."""
    accepted: int = 0
    repeated: int = 0
    refused: Reasons = field(default_factory=Reasons)
    failed: Reasons = field(default_factory=Reasons)
    """Rows whose request the server broke on: neither in nor refused."""
    undurable: Reasons = field(default_factory=Reasons)
    """Rows that were accepted but that the ledger still does not hold."""

    @property
    def unanswered(self) -> int:
        known = self.accepted + self.repeated + self.refused.count + self.failed.count
        return self.read - known

    @property
    def lost(self) -> int:
        return self.unanswered + self.failed.count + self.undurable.count
