"""What a process wants to hear of pub/sub, and what it hears: whichever connections that takes.

Pub/sub forgets what is published while nobody listens, so whoever is told `back` has to read what it missed.
"""

import abc
import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from realtime.errors import RedisAway
from realtime.link import Link


class Listening(Protocol):
    """Whom the listener tells. None of these waits, and none may raise."""

    def on_message(self, name: bytes, payload: bytes) -> None: ...

    def on_lost(self, names: Collection[bytes], reason: str) -> None:
        """These were heard, and are no longer."""

    def on_back(self, name: bytes) -> None:
        """It is heard again, and something may have been missed. Not all of that was told as lost: a channel that is
        only moved is back within moments."""


@dataclass(slots=True, eq=False)
class Wish:
    """A channel that is wanted."""

    stands: asyncio.Event = field(default_factory=asyncio.Event)
    missed: bool = False
    """Its subscription stood once, and ended: something may have been published since."""
    told_lost: bool = False


class Listener(abc.ABC):
    """Keeps what is wanted, and how each of it stands. How it is listened to is said by who inherits."""

    def __init__(self) -> None:
        self._wishes: dict[bytes, Wish] = {}
        self._listening: Listening | None = None

    def start(self, listening: Listening) -> None:
        self._listening = listening

    @abc.abstractmethod
    async def close(self) -> None: ...

    @abc.abstractmethod
    def _listen_to(self, name: bytes) -> None:
        """Have it subscribed to, now or when that can be done. Does not wait."""

    @abc.abstractmethod
    def _drop(self, name: bytes) -> None:
        """Have the subscription ended, if there is one. Does not wait."""

    def join(self, name: bytes) -> None:
        """Want a channel from now on. Does not wait."""
        if name not in self._wishes:
            self._wishes[name] = Wish()
            self._listen_to(name)

    def part(self, name: bytes) -> None:
        """Want it no longer. Does not wait."""
        if self._wishes.pop(name, None) is not None:
            self._drop(name)

    async def joined(self, name: bytes, timeout: float) -> None:
        """Return once the subscription stands. Raises RedisAway if it does not in time."""
        try:
            async with asyncio.timeout(timeout):
                await self._wishes[name].stands.wait()
        except TimeoutError:
            raise RedisAway("the subscription was not confirmed in time") from None

    def hears(self, name: bytes) -> bool:
        """Whether what is published on this channel reaches this process."""
        wish = self._wishes.get(name)
        return wish is not None and wish.stands.is_set()

    def on_standing(self, link: Link, name: bytes) -> None:
        wish = self._wishes[name]
        wish.stands.set()
        if wish.missed:
            wish.missed = wish.told_lost = False
            if self._listening is not None:
                self._listening.on_back(name)

    def on_down(self, link: Link, reason: str) -> None:
        self._fall(link.wanted)
        self._lose(link.wanted, reason)

    def _fall(self, names: Collection[bytes]) -> None:
        """Their subscriptions have ended."""
        for name in names:
            wish = self._wishes[name]
            wish.missed = wish.missed or wish.stands.is_set()
            wish.stands.clear()

    def _lose(self, names: Collection[bytes], reason: str) -> None:
        """Tell that they are lost: those that were heard, once."""
        lost = [name for name in names if self._wishes[name].missed and not self._wishes[name].told_lost]
        for name in lost:
            self._wishes[name].told_lost = True
        if lost and self._listening is not None:
            self._listening.on_lost(lost, reason)
