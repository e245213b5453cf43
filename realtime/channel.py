"""A raid, or somebody's own log, as this process hears of it: the order of its entries, the shared window, and
those who watch.

Redis numbers the entries, so what a message means is arithmetic (`place`). A gap or a new epoch is never
guessed over: the channel holds back what arrives, has the log or a snapshot read (`realtime/repair.py`), and
goes on.
"""

from __future__ import annotations

import enum
from collections import OrderedDict
from typing import Protocol

from raidline.ids import UserId
from realtime.attendance import Attendance
from realtime.cursor import Cursor
from realtime.entries import Aside, Entry
from realtime.frames import EventFrame, Frame, ResetFrame, entry_frame, status
from realtime.front import Front
from realtime.marks import Mark
from realtime.subscriber import Subscriber
from realtime.tidings import News, Tidings
from realtime.topics import Topic
from realtime.visibility import Change
from realtime.window import MAX_FRAMES, Window

STATUS = "status"

RESET = "reset"
"""The message that tells of a new state in place. Not an entry."""

MENTIONED_MAX = 1000
"""So many asides are known again; they are published once more only within seconds."""


class Place(enum.Enum):
    """What an arriving message is to a channel that has everything up to its head."""

    KNOWN = enum.auto()
    NEXT = enum.auto()
    BEYOND = enum.auto()
    """Something is missing in between, or another life of the log has begun."""


def place(head: Cursor, entry: Entry) -> Place:
    if entry.cursor <= head:
        # An older epoch too: epochs only rise, so it is a message that was overtaken.
        return Place.KNOWN
    if entry.event != RESET and entry.cursor == (head.epoch, head.seq + 1):
        return Place.NEXT
    return Place.BEYOND


class Repairing(Protocol):
    """Starts reading what a channel lacks, if that is not under way. Neither waits."""

    def read_on(self, channel: Channel) -> None: ...

    def rescue(self, channel: Channel) -> None: ...


class Owner(Protocol):
    def wake(self, channel: Channel) -> None:
        """There is something to be flushed at the end of this turn of the loop."""

    def idle(self, channel: Channel) -> None:
        """The last subscriber has left."""


class Channel:
    """Holds no network code, and never waits."""

    def __init__(self, topic: Topic, owner: Owner, repairs: Repairing, attendance: Attendance | None = None) -> None:
        self.topic = topic
        self.raid_id = topic.raid_id
        """What its frames name; None for somebody's own log."""
        self.window = Window()
        self.head: Cursor | None = None
        """The last entry in the window; None until the first subscriber has told where it begins."""
        self.public = False
        self.subscribers: dict[Subscriber, None] = {}
        self._front = Front()
        self.stragglers: list[Subscriber] = []
        """Fell out of the window; wait for a snapshot."""
        self.attendance = attendance or Attendance()
        self.tidings = Tidings()
        self.doubtful = False
        """Entries may be missing after the head: pub/sub was away, or a message showed a gap."""
        self.repairing = False
        self.rescuing = False
        self.is_lost = False
        """Its streams were told that it is not heard."""
        self._held: list[Entry] = []
        self._announcements: dict[str, Frame] = {}
        self._mentioned: OrderedDict[str, None] = OrderedDict()
        self._owner = owner
        self._repairs = repairs

    def add(self, subscriber: Subscriber) -> None:
        self.subscribers[subscriber] = None
        self._front.add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        subscriber.live = False
        self.subscribers.pop(subscriber, None)
        self._front.remove(subscriber)
        self.attendance.left(subscriber)
        self.tidings.forget(subscriber)
        if not self.subscribers:
            self.tidings = Tidings()
            self._owner.idle(self)

    def watchers(self) -> set[UserId]:
        """Those who have begun; whoever only asks may yet be refused."""
        return set(self.attendance.here)

    def admit(
        self, subscriber: Subscriber, head: Cursor, *, is_member: bool, public: bool, presence: Mark | None = None
    ) -> None:
        """The subscriber has been told everything up to `head`, and of who is online up to `presence`, or nothing of
        that; from now on it follows."""
        if self.head is None:
            self.head, self.public = head, public
            self.release()
        elif head >= self.head:
            self.public = public
        subscriber.begin(head, is_member)
        if self._is_blind(subscriber):
            subscriber.stream.dismiss(self.topic)
        else:
            self.attendance.arrived(subscriber, subscriber.user_id)
            self.tidings.begin(subscriber, presence)
        if self.doubtful:
            self._repairs.read_on(self)
        self._owner.wake(self)

    def receive(self, entry: Entry) -> None:
        """A message has arrived. Never waits."""
        if self.head is None:
            self._hold(entry)
            return
        found = place(self.head, entry)
        if found is Place.NEXT:
            self.append(entry)
        elif found is Place.BEYOND:
            self._hold(entry)
            self.doubt()

    def hear(self, news: News) -> None:
        """Somebody came online or went. Who watches is told by `realtime/presence.py`."""
        self.tidings.hear(news, in_order=self.in_order and not self.holds_back)

    def append(self, entry: Entry) -> None:
        """The next entry, for everybody."""
        frame = entry_frame(self.raid_id, entry)
        self.window.append(frame)
        self.head = entry.cursor
        if frame.change is not None:
            self._follow(frame.change, entry.cursor, is_last_word=True)
        self._owner.wake(self)

    def restart(self, frame: ResetFrame) -> None:
        """A new beginning, for everybody."""
        assert frame.key is not None
        assert frame.change is not None
        self.window.restart(frame)
        self.head = frame.key
        self._follow(frame.change, frame.key, is_last_word=False)
        self._owner.wake(self)

    def take_back(self, subscriber: Subscriber, frame: ResetFrame) -> None:
        """A straggler goes on from a snapshot, if the window reaches back to it; else it stays one."""
        assert frame.key is not None
        assert frame.change is not None
        if subscriber not in self.subscribers:
            return
        if not self.window.follows(frame.key):
            self.stragglers.append(subscriber)
            return
        subscriber.follow(frame.change)
        subscriber.follow_since(frame.key, self.window.start)
        if not (subscriber.is_member or self._is_public(frame.key, frame.change)):
            subscriber.stream.dismiss(self.topic)
            return
        subscriber.restart(frame)
        subscriber.flush()

    def announce(self, name: str, frame: Frame) -> None:
        """Something that is not of the log. It waits for a repair, so that it never runs ahead of entries."""
        if self.in_order:
            self.say(frame)
        elif name in self._announcements or len(self._announcements) < MAX_FRAMES:
            self._announcements[name] = frame

    def mention(self, aside: Aside) -> None:
        """An event that is not of the log, once however often it is published."""
        if aside.id in self._mentioned:
            return
        self._mentioned[aside.id] = None
        if len(self._mentioned) > MENTIONED_MAX:
            self._mentioned.popitem(last=False)
        self.announce(aside.id, EventFrame(self.raid_id, aside.event, aside.data))

    def say(self, frame: Frame) -> None:
        self.window.append(frame)
        self._owner.wake(self)

    def lose(self, reason: str) -> None:
        """It is not heard any more."""
        if not self.is_lost:
            self.is_lost = True
            self._announcements.pop(STATUS, None)
            self.say(status(self.raid_id, live=False, reason=reason))

    def regain(self) -> None:
        """It is heard again, and something may have been missed."""
        self.doubt()
        if self.is_lost:
            self.is_lost = False
            self.announce(STATUS, status(self.raid_id, live=True, reason="reconnected"))

    def doubt(self) -> None:
        """Something may be missing: have it read."""
        self.doubtful = True
        if self.head is not None:
            self._repairs.read_on(self)

    def release(self) -> None:
        """Apply what was held back. Ends with a doubt if there is a gap still."""
        held, self._held = self._held, []
        for position, entry in enumerate(held):
            assert self.head is not None
            found = place(self.head, entry)
            if found is Place.NEXT:
                self.append(entry)
            elif found is Place.BEYOND:
                self._held = held[position:]
                self.doubtful = True
                return

    def settled(self) -> None:
        """A repair has ended well."""
        self.repairing = False
        announcements, self._announcements = self._announcements, {}
        for frame in announcements.values():
            self.say(frame)

    @property
    def in_order(self) -> bool:
        """Whether everything is there that was published, as far as is known."""
        return not (self.repairing or self.doubtful)

    @property
    def holds_back(self) -> bool:
        """Whether a message has come that does not follow on the head."""
        return bool(self._held)

    def give_up_held(self) -> None:
        self._held.clear()

    def flush(self) -> None:
        """Write what stands in the window to all who read."""
        self._front.flush(self.window)

    def straggle(self, subscriber: Subscriber) -> None:
        """The window no longer reaches back to where this subscriber stands."""
        subscriber.live = False
        self.stragglers.append(subscriber)
        self._repairs.rescue(self)

    def _hold(self, entry: Entry) -> None:
        if len(self._held) >= MAX_FRAMES:
            # The log has them, and what is held after them will show the gap.
            self._held.clear()
        self._held.append(entry)

    def _follow(self, change: Change, key: Cursor, *, is_last_word: bool) -> None:
        """Send away who may see the raid no longer: after the entry that says so, but without a snapshot."""
        if change.public is not None:
            self.public = change.public
        self.tidings.follow(change, key, in_order=self.in_order)
        for subscriber in tuple(self.subscribers):
            if subscriber.live and (subscriber.floor is None or key > subscriber.floor):
                subscriber.follow(change)
                if self._is_blind(subscriber):
                    if is_last_word:
                        subscriber.flush()
                    subscriber.stream.dismiss(self.topic)

    def _is_public(self, key: Cursor, change: Change) -> bool:
        """As the channel has it, or a snapshot ahead of it: of the entries in between its reader is told no more."""
        is_ahead = self.head is None or key > self.head
        return change.public if is_ahead and change.public is not None else self.public

    def _is_blind(self, subscriber: Subscriber) -> bool:
        return not (self.public or subscriber.is_member)
