"""Every open connection of this process, also by the session it is read with."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from raidline.ids import TokenHash
from realtime.deadlines import Deadlines
from realtime.stream import Stream


class OpenStreams(Collection[Stream]):
    """In the order in which they were opened. May change while it is gone through.

    Each ends with its session.
    """

    def __init__(self) -> None:
        self._all: dict[Stream, None] = {}
        self._by_token: dict[TokenHash, dict[Stream, None]] = {}
        self._deadlines = Deadlines()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Stream]:
        return iter(tuple(self._all))

    def __contains__(self, stream: object) -> bool:
        return stream in self._all

    @property
    def sessions(self) -> tuple[TokenHash, ...]:
        """Those that are read with."""
        return tuple(self._by_token)

    def of_session(self, token_hash: TokenHash) -> tuple[Stream, ...]:
        return tuple(self._by_token.get(token_hash, ()))

    def add(self, stream: Stream) -> None:
        self._all[stream] = None
        if stream.viewer.seconds_left is not None:
            self._deadlines.add(stream, stream.viewer.seconds_left)
        if stream.viewer.token_hash is not None:
            self._by_token.setdefault(stream.viewer.token_hash, {})[stream] = None

    def remove(self, stream: Stream) -> None:
        """Harmless when repeated."""
        self._all.pop(stream, None)
        self._deadlines.remove(stream)
        token_hash = stream.viewer.token_hash
        if token_hash is not None and token_hash in self._by_token:
            self._by_token[token_hash].pop(stream, None)
            if not self._by_token[token_hash]:
                del self._by_token[token_hash]

    def close(self) -> None:
        """No session is waited for any more."""
        self._deadlines.close()
