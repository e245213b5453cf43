"""A raid's Redis in memory, for tests of what stands above it: every interleaving, in microseconds."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime import keys
from realtime.cursor import Cursor
from realtime.entries import Entry
from realtime.listener import Listener, Listening
from realtime.raids import EVERYONE, LogPage, StreamStart, View, Viewer
from realtime.snapshot import Member, Snapshot

RAID = RaidId(42)
LEADER = UserId(1)
FIRST_EPOCH = Epoch(7)
NO_SEQ = Seq(0)
RESUME_MAX = 1000


@dataclass
class Memory:
    """One raid whose log can be read, published, lost and healed. It is what a hub reads from."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))
    raid_id: RaidId = RAID
    epoch: Epoch = FIRST_EPOCH
    seq: Seq = NO_SEQ
    log: list[Entry] = field(default_factory=list)
    members: set[UserId] = field(default_factory=lambda: {LEADER})
    public: bool = True
    suspect: bool = False
    away: bool = False
    reads: list[str] = field(default_factory=list)
    publish: Callable[[bytes], None] = lambda payload: None
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    after: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What happens just before or after the next reading of that name, when its answer is still on its way."""

    @property
    def head(self) -> Cursor:
        return Cursor(self.epoch, self.seq)

    def write(self, event: str = "contribution", *, publish: bool = True, **data: Any) -> Entry:
        """Append one entry; `publish` False is a message that pub/sub loses."""
        self.seq = Seq(self.seq + 1)
        body = orjson.dumps({"raidId": self.raid_id, "seq": self.seq, **data})
        entry = Entry(self.epoch, self.seq, event, body)
        self.log.append(entry)
        if publish:
            self.publish(payload_of(entry))
        return entry

    def join(self, user_id: UserId) -> None:
        self.members.add(user_id)
        self.write("member_join", userId=user_id)

    def leave(self, user_id: UserId) -> None:
        self.members.discard(user_id)
        self.write("member_leave", userId=user_id, removed=False)

    def show(self, public: bool) -> None:
        self.public = public
        self.write("raid_update", public=public)

    def heal(self, *, publish: bool = True) -> None:
        """A new life of the log: older cursors mean nothing now."""
        self.epoch = Epoch(self.epoch + self.chance.randint(1, 9))
        self.log.clear()
        self.suspect = False
        if publish:
            self.publish(b"%d-%d\nreset\n{}" % self.head)

    def trim(self, kept: int) -> None:
        del self.log[: max(0, len(self.log) - kept)]

    async def ensure(self, raid_id: RaidId, least_epoch: Epoch) -> None:
        self.reads.append("ensure")
        await self._wait()
        if self.suspect:
            self.heal()

    async def stream_start(self, raid_id: RaidId, viewer: Viewer, cursor: Cursor | None) -> StreamStart:
        self.reads.append("stream_start")
        await self._wait()
        start = self._stream_start(viewer, cursor)
        self.after.pop("stream_start", _nothing)()
        await self._wait()
        return start

    def _stream_start(self, viewer: Viewer, cursor: Cursor | None) -> StreamStart:
        if not self.public and viewer not in self.members:
            return StreamStart("not_found", self.epoch)
        if self.suspect:
            return StreamStart("suspect", self.epoch)
        entries = None if cursor is None else self._after(cursor)
        whole = entries is None or len(entries) > RESUME_MAX
        return StreamStart(
            "ok",
            self.epoch,
            is_member=viewer in self.members,
            public=self.public,
            recovered="none" if cursor is None else "reset" if whole else "full",
            head=self.head,
            entries=() if whole else tuple(entries or ()),
            snapshot=self.snapshot() if whole else None,
        )

    async def view(self, raid_id: RaidId, viewer: Viewer) -> View:
        self.reads.append("view")
        assert viewer == EVERYONE
        await self._wait()
        self.before.pop("view", _nothing)()
        snapshot = None if self.suspect else self.snapshot()
        view = View("suspect" if self.suspect else "ok", self.epoch, snapshot=snapshot)
        self.after.pop("view", _nothing)()
        await self._wait()
        return view

    async def entries_after(self, raid_id: RaidId, cursor: Cursor) -> LogPage:
        self.reads.append("entries_after")
        await self._wait()
        page = self._page(cursor)
        await self._wait()
        return page

    def _page(self, cursor: Cursor) -> LogPage:
        if self.suspect:
            return LogPage("suspect", self.epoch)
        entries = self._after(cursor)
        if entries is None:
            return LogPage("reset", self.epoch, self.head)
        return LogPage("ok", self.epoch, self.head, tuple(entries[: self.chance.choice((3, 1000))]))

    async def heads(self, raid_ids: list[RaidId]) -> dict[RaidId, Cursor]:
        await self._wait()
        return dict.fromkeys(raid_ids, self.head)

    def _after(self, cursor: Cursor) -> list[Entry] | None:
        if cursor.epoch != self.epoch or cursor.seq > self.seq:
            return None
        entries = [entry for entry in self.log if entry.seq > cursor.seq]
        return entries if len(entries) == self.seq - cursor.seq else None

    def snapshot(self) -> Snapshot:
        times = dict.fromkeys(("created_at", "started_at", "deadline"), "1700000000000")
        state = {
            **times,
            "ended_at": "",
            "id": str(self.raid_id),
            "title": "Spring cleaning",
            "description": "",
            "status": "active",
            "public": "1" if self.public else "0",
            "open_join": "0",
            "target_xp": "1000",
            "target_tasks": "10",
            "current_xp": "0",
            "current_tasks": "0",
            "max_members": "10",
            "max_xp_per_contribution": "10000",
            "leader_id": str(LEADER),
            "epoch": str(self.epoch),
            "seq": str(self.seq),
            "invite_code": "ABCD2345",
        }
        members = tuple(Member(user_id, f"user-{user_id}", 0, 0, 0) for user_id in sorted(self.members))
        return Snapshot(state, members)

    async def _wait(self) -> None:
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        if self.away:
            raise ConnectionError("away")


def _nothing() -> None:
    return


def payload_of(entry: Entry) -> bytes:
    return b"%d-%d\n%s\n%s" % (*entry.cursor, entry.event.encode(), entry.data)


class Ear(Listener):
    """A listener that hears what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.listening: Listening | None = None
        self.names: set[bytes] = set()
        self.deaf = False

    @property
    def raids(self) -> set[bytes]:
        """Without what every hub listens to."""
        return {name for name in self.names if name.startswith(b"raid:")}

    def start(self, listening: Listening) -> None:
        self.listening = listening

    async def close(self) -> None:
        self.listening = None

    def _listen_to(self, name: bytes) -> None:
        self.names.add(name)

    def _drop(self, name: bytes) -> None:
        self.names.discard(name)

    async def joined(self, name: bytes, timeout: float) -> None:
        await asyncio.sleep(0)
        assert name in self.names

    def hear(self, payload: bytes, name: str | None = None) -> None:
        channel = (name or keys.events_channel(RAID)).encode()
        if not self.deaf and self.listening is not None and channel in self.names:
            self.listening.on_message(channel, payload)

    def lose(self) -> None:
        assert self.listening is not None
        self.deaf = True
        self.listening.on_lost(self.names, "redis_away")

    def regain(self) -> None:
        assert self.listening is not None
        self.deaf = False
        for name in tuple(self.names):
            self.listening.on_back(name)
