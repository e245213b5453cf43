"""Where a reader of several logs is: one short, opaque cursor of all its positions.

Its text begins with a character for its version; `<epoch>-<seq>` of a single log begins with a digit, so neither is
ever taken for the other. Then come three numbers for each log: which it is (twice the id, one more for a person's
own), its epoch, its seq. A number is written in digits of 64, five bits to each and one that says whether more
follow, so that the texts of the logs can be joined as they are: what did not move is not written anew.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime.cursor import Cursor
from realtime.topics import OwnTopic, RaidTopic, Topic

VERSION = "p"

TEXT_MAX = 2048
"""Longer than any that was given out: 51 logs with the longest numbers there can be take 1,684."""

_DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_MORE = 32
_NUMBER_DIGITS = 13
"""Of the longest number, an id of 18 decimal digits."""

_ID_MAX = 10**18 - 1
_PART_MAX = 10**15 - 1
"""As in `realtime/cursor.py`."""


class Place:
    """One log in its reader's cursor. A key that costs nothing to look up, as a topic does."""

    __slots__ = ("_epoch", "_life", "_number")

    def __init__(self, topic: Topic) -> None:
        self._number = written(_number_of(topic))
        self._epoch: Epoch | None = None
        self._life = ""
        """All of its text but the seq, which stays the same while the log only goes on."""

    def text(self, cursor: Cursor) -> str:
        epoch, seq = cursor
        if epoch != self._epoch:
            self._epoch, self._life = epoch, self._number + written(epoch)
        return self._life + written(seq)


class Positions:
    """The last entry of each log that its reader has been sent."""

    def __init__(self) -> None:
        self._places: dict[Topic, Place] = {}
        self._texts: dict[Place, str] = {}
        self._reached: dict[Place, Cursor] = {}

    @property
    def moved(self) -> bool:
        """Whether `text` would say something else than it did."""
        return bool(self._reached)

    def place(self, topic: Topic) -> Place:
        """For `move`, until it is forgotten."""
        place = self._places.get(topic)
        if place is None:
            place = self._places[topic] = Place(topic)
        return place

    def move(self, place: Place, cursor: Cursor) -> None:
        self._reached[place] = cursor

    def reach(self, topic: Topic, cursor: Cursor) -> None:
        self.move(self.place(topic), cursor)

    def forget(self, topic: Topic) -> None:
        """It is not followed any more."""
        place = self._places.pop(topic, None)
        if place is not None:
            self._texts.pop(place, None)
            self._reached.pop(place, None)

    def text(self) -> str:
        for place, cursor in self._reached.items():
            self._texts[place] = place.text(cursor)
        self._reached.clear()
        return VERSION + "".join(self._texts.values())


def claims(claimed: str | None, topics: Iterable[Topic]) -> Mapping[Topic, str | None]:
    """What a reader with this cursor claims of each: its place there; None where it has not been; an empty text, which
    is no cursor and so a reset, where nobody can read what it says."""
    if claimed is None:
        return dict.fromkeys(topics)
    known = parse(claimed)
    if known is None:
        return dict.fromkeys(topics, "")
    return {topic: str(known[topic]) if topic in known else None for topic in topics}


def parse(text: str) -> dict[Topic, Cursor] | None:
    """The positions in a cursor, or None for anything that is not one. Never raises."""
    if len(text) > TEXT_MAX or not text.startswith(VERSION):
        return None
    try:
        numbers = list(_numbers(text[len(VERSION) :]))
        places = [_place(*three) for three in zip(*[iter(numbers)] * 3, strict=True)]
    except ValueError:
        return None
    found = dict(places)
    return found if len(found) == len(places) else None


@lru_cache(maxsize=16_384)  # all readers of a raid are told the same numbers
def written(number: int) -> str:
    digits = ""
    while number >= _MORE:
        digits += _DIGITS[_MORE | number & (_MORE - 1)]
        number >>= 5
    return digits + _DIGITS[number]


def _numbers(text: str) -> Iterator[int]:
    """Raises ValueError."""
    number = length = 0
    for digit in text:
        value = _VALUES.get(digit)
        if value is None or length == _NUMBER_DIGITS:
            raise ValueError("not a number of a cursor")
        number |= (value & (_MORE - 1)) << (5 * length)
        length += 1
        if value < _MORE:
            yield number
            number = length = 0
    if length:
        raise ValueError("ends within a number")


def _place(number: int, epoch: int, seq: int) -> tuple[Topic, Cursor]:
    """Raises ValueError."""
    if not (1 <= number >> 1 <= _ID_MAX and epoch <= _PART_MAX and seq <= _PART_MAX):
        raise ValueError("not a place")
    return _topic_of(number), Cursor(Epoch(epoch), Seq(seq))


def _number_of(topic: Topic) -> int:
    match topic:
        case RaidTopic(raid_id):
            return raid_id << 1
        case OwnTopic(user_id):
            return user_id << 1 | 1


def _topic_of(number: int) -> Topic:
    return OwnTopic(UserId(number >> 1)) if number & 1 else RaidTopic(RaidId(number >> 1))
