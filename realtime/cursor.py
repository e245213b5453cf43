"""The one cursor: `<epoch>-<seq>`, the same in answers, SSE ids, WebSocket frames, ETags and the ledger."""

import re
from typing import NamedTuple, Self

from raidline.ids import Epoch, Seq

# Fifteen digits stay exact in every reader's numbers (JavaScript, Lua), and are more than a log can have.
_PATTERN = re.compile(r"([0-9]{1,15})-([0-9]{1,15})", re.ASCII)


class Cursor(NamedTuple):
    """A place in one life of a raid's log. Ordered by epoch, then seq."""

    epoch: Epoch
    seq: Seq

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor written in `text`, or None for anything that is not one. Never raises."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            return None
        return cls(Epoch(int(match[1])), Seq(int(match[2])))


NOWHERE = Cursor(Epoch(0), Seq(0))
"""A place no log has (epochs begin above 0): stands for a cursor that could not be read, which is a reset."""
