"""What is said to every process: sessions that have ended, people who have changed, ready-made pages that were dropped.

Pub/sub forgets what is said while nobody listens, so whoever wants to know is told too when some may have been missed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import orjson

from raidline.ids import TokenHash, UserId
from realtime import keys
from realtime.listener import Listener

SessionEnded = Callable[[TokenHash | None], None]
"""Told of a session that was ended; None when some may have been missed."""

PagesDropped = Callable[[Collection[UserId] | None], None]
"""Told of people whose ready-made pages were dropped; None for everybody's."""

PersonChanged = Callable[[UserId, Collection[TokenHash]], None]
"""Told of somebody with another name or zone, and of their sessions."""

_REVOKED = keys.SESSIONS_REVOKED.encode()
_CHANGED = keys.PEOPLE_CHANGED.encode()
_DROPPED = keys.PAGES_DROPPED.encode()


class Announcements:
    """Listens from `start` on. Whoever is added is called in the loop, in the order in which they were."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._of_sessions: list[SessionEnded] = []
        self._of_people: list[PersonChanged] = []
        self._of_pages: list[PagesDropped] = []

    def start(self) -> None:
        for name in (_REVOKED, _CHANGED, _DROPPED):
            self._listener.join(name)

    def takes(self, name: bytes) -> bool:
        """Whether it is one of the channels on which announcements come."""
        return name in (_REVOKED, _CHANGED, _DROPPED)

    @property
    def hears_of_pages(self) -> bool:
        """Whether those who were added by `on_pages_dropped` are told now."""
        return self._listener.hears(_DROPPED)

    def on_session_ended(self, tell: SessionEnded) -> None:
        """Have `tell` called with every session that is ended anywhere."""
        self._of_sessions.append(tell)

    def on_pages_dropped(self, tell: PagesDropped) -> None:
        """Have `tell` called with every drop of ready-made pages anywhere, and when some may have been missed."""
        self._of_pages.append(tell)

    def on_person_changed(self, tell: PersonChanged) -> None:
        """Have `tell` called with everybody whose name or zone is changed anywhere."""
        self._of_people.append(tell)

    def on_message(self, name: bytes, payload: bytes) -> None:
        if name == _REVOKED:
            self.session_ended(TokenHash(payload.decode()))
        elif name == _CHANGED:
            self._changed(orjson.loads(payload))
        else:
            self._dropped(orjson.loads(payload)["people"])

    def on_lost(self, names: Collection[bytes]) -> None:
        if _DROPPED in names:
            self._dropped(None)

    def on_back(self, name: bytes) -> None:
        if name == _DROPPED:
            self._dropped(None)
        elif name == _REVOKED:
            self.session_ended(None)

    def session_ended(self, token_hash: TokenHash | None) -> None:
        """Tell of one that was not heard of, or that some may not have been."""
        for tell in self._of_sessions:
            tell(token_hash)

    def _changed(self, news: dict[str, Any]) -> None:
        for tell in self._of_people:
            tell(UserId(news["userId"]), [TokenHash(one) for one in news["tokenHashes"]])

    def _dropped(self, people: Collection[UserId] | None) -> None:
        for tell in self._of_pages:
            tell(people)
