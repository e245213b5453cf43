"""Those subscribers of a channel who have everything and can just be written to: one loop, which keeps no books.

All who are given the same in the same way stand in one line, whose place in the window is kept once for all of them.
Whoever has to be looked at steps out, and has a place of their own again: who does not read, whose connection ends,
who becomes a member.
"""

from __future__ import annotations

import logging
from typing import Any

from realtime.frames import Framing
from realtime.subscriber import Form, Give, Subscriber
from realtime.window import Window

logger = logging.getLogger(__name__)

Kind = tuple[Framing, bool, Form]
"""What a line is known by: for which transport, whether for members, and in which form they take it."""


class Line:
    """Its subscribers have been given everything before `position`."""

    def __init__(self, kind: Kind, apart: dict[Subscriber, None]) -> None:
        self.position = 0
        self._framing, self._for_member, self._form = kind
        self._apart = apart
        self._gives: dict[Subscriber, Give] = {}
        self._in_a_row: tuple[Give, ...] | None = None
        """The same to be gone through; None when somebody came or left."""

    def take_in(self, subscriber: Subscriber, give: Give) -> None:
        """Not behind, and not before, those who stand here."""
        if not self._gives:
            self.position = subscriber.position
        if subscriber.position == self.position:
            del self._apart[subscriber]
            self._gives[subscriber] = give
            self._in_a_row = None
            subscriber.line = self

    def leave(self, subscriber: Subscriber) -> None:
        del self._gives[subscriber]
        self._in_a_row = None
        self._apart[subscriber] = None

    def advance(self, window: Window) -> None:
        while self._gives and self.position < window.end:
            if self.position < window.start:
                for subscriber in tuple(self._gives):
                    subscriber.step_out()
                return
            share = window.share(self._framing, self.position, self._for_member)
            # Before they are given it: who steps out in the midst of a write has been written to.
            self.position = share.end
            self._give(self._form(share))

    def _give(self, what: Any) -> None:
        if not what:
            return
        if self._in_a_row is None:
            self._in_a_row = tuple(self._gives.values())
        for give in self._in_a_row:
            try:
                give(what)
            except Exception:  # one reader's trouble is not the others'
                logger.exception("a stream could not be written to")
                self._cut_off(give)

    def _cut_off(self, broken: Give) -> None:
        for subscriber, give in tuple(self._gives.items()):
            if give is broken:
                subscriber.stream.abort()


class Front:
    """All subscribers of one channel: in lines, or apart."""

    def __init__(self) -> None:
        self._lines: dict[Kind, Line] = {}
        self._apart: dict[Subscriber, None] = {}

    def add(self, subscriber: Subscriber) -> None:
        self._apart[subscriber] = None

    def remove(self, subscriber: Subscriber) -> None:
        """Harmless when repeated."""
        subscriber.step_out()
        self._apart.pop(subscriber, None)

    def flush(self, window: Window) -> None:
        """Write what stands in the window to all who read."""
        for line in self._lines.values():
            line.advance(window)
        for subscriber in tuple(self._apart):
            subscriber.flush()
            self._take_in(subscriber, window)

    def _take_in(self, subscriber: Subscriber, window: Window) -> None:
        is_ready = subscriber.live and subscriber.floor is None and subscriber.position == window.end
        direct = subscriber.stream.direct(subscriber.channel.topic) if is_ready else None
        if direct is not None and subscriber in self._apart:
            form, give = direct
            kind = (subscriber.stream.framing, subscriber.is_member, form)
            if kind not in self._lines:
                self._lines[kind] = Line(kind, self._apart)
            self._lines[kind].take_in(subscriber, give)
