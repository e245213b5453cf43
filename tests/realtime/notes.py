"""What a listener tells, written down."""

from collections import Counter
from collections.abc import Collection


class Notes:
    def __init__(self) -> None:
        self.heard: list[tuple[bytes, bytes]] = []
        self.lost: Counter[bytes] = Counter()
        self.back: Counter[bytes] = Counter()

    def on_message(self, name: bytes, payload: bytes) -> None:
        self.heard.append((name, payload))

    def on_lost(self, names: Collection[bytes], reason: str) -> None:
        self.lost.update(names)

    def on_back(self, name: bytes) -> None:
        self.back[name] += 1

    def of(self, name: bytes) -> list[bytes]:
        return [payload for heard, payload in self.heard if heard == name]
