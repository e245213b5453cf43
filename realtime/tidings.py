"""What this process has heard of who is online in a raid, and what its streams have not been told of it yet.

Pure: no network, no clock, never waits. Redis decides and numbers every change, so what is missing is arithmetic.
A change is said with the latest state of everybody it is about, also of those who are back to what they were: a
stream whose snapshot was read in between would else be left with what was true only then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from raidline.ids import UserId
from realtime.cursor import Cursor
from realtime.entries import Aside
from realtime.marks import NOTHING_YET, Mark, parse_mark
from realtime.subscriber import Subscriber
from realtime.visibility import Change

IDS_PER_FRAME = 1000
"""The rest comes a second later."""


@dataclass(frozen=True, slots=True)
class News:
    """One change, as `presence_tell.lua` publishes it."""

    mark: Mark
    online: Sequence[UserId]
    offline: Sequence[UserId]


@dataclass(frozen=True, slots=True)
class Whole:
    """All members, as `presence_whole.lua` reads them; `cursor` is the raid's head just then."""

    mark: Mark
    cursor: Cursor
    online: Sequence[UserId]
    offline: Sequence[UserId]


Heard = tuple[bool, Mark]
"""Whether somebody is online, and since which change that is known."""


class Tidings:
    def __init__(self) -> None:
        self.ask_at = 0.0
        """When the whole may be asked for again; kept by who asks."""
        self._mark: Mark | None = None
        """Everything up to it has been heard; None while no stream here knows anything."""
        self._expected: Mark | None = None
        """What Redis had told by its last reply; by the next one it has been heard, or is lost."""
        self._unsaid: dict[UserId, Heard] = {}
        self._is_lost = False
        self._owed: dict[Subscriber, None] = {}
        """Streams that resumed: nobody told them what changed while they were away."""
        self._asked: _Asked | None = None

    @property
    def wants_whole(self) -> bool:
        return self._asked is None and (self._is_lost or bool(self._owed))

    # -- what is heard ---------------------------------------------------------------------------------------------

    def begin(self, subscriber: Subscriber, mark: Mark | None) -> None:
        """A stream has begun with a snapshot that knows presence up to `mark`, or without one."""
        if mark is None:
            self._owed[subscriber] = None
        elif self._mark is None:
            self._mark = mark

    def forget(self, subscriber: Subscriber) -> None:
        self._owed.pop(subscriber, None)

    def hear(self, news: News, *, in_order: bool) -> None:
        """`in_order`: every entry of the log that was published before it has been taken in."""
        if self._knows(news.mark):
            return
        if not (in_order and self._is_next(news.mark)):
            self._is_lost = True
        self._mark = news.mark
        for is_online, users in ((True, news.online), (False, news.offline)):
            for user_id in users:
                self._note(user_id, (is_online, news.mark))

    def follow(self, change: Change, cursor: Cursor, *, in_order: bool) -> None:
        """Somebody joined or left: streams are told so by the entry, and by what is heard after it."""
        for user_id in (change.joined, change.left):
            if user_id is not None:
                self._unsaid.pop(user_id, None)
                if self._asked is not None:
                    self._asked.since.pop(user_id, None)
                    self._asked.moved[user_id] = cursor
        if change.joined is not None and not in_order:
            # Its word on who is online is older than what may have been said already.
            self._is_lost = True

    def expect(self, mark: Mark) -> None:
        """Redis says how much has been told."""
        if self._expected is not None and self._mark is not None and not self._knows(self._expected):
            self._is_lost = True
            self._mark = self._expected
        self._expected = None if mark == NOTHING_YET else mark

    def _knows(self, mark: Mark) -> bool:
        return self._mark is not None and mark.life == self._mark.life and mark.version <= self._mark.version

    def _is_next(self, mark: Mark) -> bool:
        if self._mark is None:
            return True
        if self._mark == NOTHING_YET:
            return mark.version == 1
        return mark == (self._mark.life, self._mark.version + 1)

    def _note(self, user_id: UserId, heard: Heard) -> None:
        self._unsaid[user_id] = heard
        if self._asked is not None:
            self._asked.since[user_id] = heard

    # -- the whole, where something may be missing -----------------------------------------------------------------

    def ask(self) -> None:
        """The whole is being asked for. `answer` or `unanswered` has to follow."""
        self._asked = _Asked(self._is_lost, tuple(self._owed))
        self._is_lost = False

    def answer(self, whole: Whole) -> None:
        assert self._asked is not None
        self._asked.whole = whole

    def unanswered(self) -> None:
        assert self._asked is not None
        self._is_lost = self._is_lost or self._asked.for_all
        self._asked = None

    def take_whole(self, head: Cursor) -> tuple[Sequence[Subscriber], Mapping[UserId, bool]] | None:
        """Who is to be told the whole at once, and what; None before the log has been heard as far as it was read.

        What had been lost for all of them is said like everything else.
        """
        asked = self._asked
        if asked is None or asked.whole is None or head < asked.whole.cursor:
            return None
        self._asked = None
        states, mark = asked.states(asked.whole), asked.whole.mark
        if asked.for_all:
            self._unsaid.update({user_id: (is_online, mark) for user_id, is_online in states.items()})
        if (asked.for_all and not self._knows(mark) and not self._is_lost) or self._mark is None:
            self._mark = mark
        owed = [one for one in asked.owed if one in self._owed]
        return owed, states

    # -- what is said ----------------------------------------------------------------------------------------------

    @property
    def has_unsaid(self) -> bool:
        return bool(self._unsaid)

    def say(self) -> tuple[list[UserId], list[UserId]]:
        """Who is online and who is offline now, of those of whom it has not been said; a frame's worth."""
        users = list(self._unsaid)[:IDS_PER_FRAME]
        said = {user_id: self._unsaid.pop(user_id)[0] for user_id in users}
        return divide(said)


class _Asked:
    """A reading of the whole that is under way, and what came after it."""

    def __init__(self, for_all: bool, owed: Sequence[Subscriber]) -> None:
        self.for_all = for_all
        self.owed = owed
        self.since: dict[UserId, Heard] = {}
        self.moved: dict[UserId, Cursor] = {}
        self.whole: Whole | None = None

    def states(self, whole: Whole) -> dict[UserId, bool]:
        """As the whole says, but for those of whom something newer was heard."""
        found = dict.fromkeys(whole.online, True) | dict.fromkeys(whole.offline, False)
        for user_id, cursor in self.moved.items():
            if cursor > whole.cursor:
                found.pop(user_id, None)
        for user_id, (is_online, mark) in self.since.items():
            if mark.life != whole.mark.life or mark.version > whole.mark.version:
                found[user_id] = is_online
        return found


def divide(states: Mapping[UserId, bool]) -> tuple[list[UserId], list[UserId]]:
    """The ids of those who are online, and of those who are not."""
    online = [user_id for user_id, is_online in states.items() if is_online]
    offline = [user_id for user_id, is_online in states.items() if not is_online]
    return online, offline


def parse_news(aside: Aside) -> News | None:
    """None for what cannot be read."""
    try:
        content = orjson.loads(aside.data)
        return News(parse_mark(aside.id), content["online"], content["offline"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
