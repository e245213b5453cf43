"""Who is online, over all processes: one loop tells Redis who came and went here, and streams what Redis decided.

Nothing is done per connection: a stream that comes or goes is noted in memory. Once a second what was noted of all
raids goes to Redis in one pipeline, and what was heard goes to the streams, one frame per raid. `docs/presence.md`
says what holds, and why it is built so.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from raidline.ids import RaidId, UserId
from realtime import frames
from realtime.attendance import Attendance
from realtime.channel import Channel
from realtime.channels import Channels
from realtime.errors import RedisAway
from realtime.frames import Frame
from realtime.presence_store import Claim, PresenceStore, Standing, Terms, Wait
from realtime.subscriber import Subscriber
from realtime.tidings import IDS_PER_FRAME, Tidings, Whole, divide
from realtime.topics import RaidTopic, Topic

logger = logging.getLogger(__name__)

_WHOLES_AT_ONCE = 200

_GOODBYE_SECONDS = 1.0
"""How long the end of a process waits for Redis to hear who went. Beyond it the lease says so, later."""


@dataclass(frozen=True, slots=True)
class PresenceSettings:
    """Times in seconds. `lease` and `grace` have to be the same in all processes."""

    interval: float = 1.0
    """How long changes gather."""
    beat: float = 5.0
    """How often a process says of each raid that it still lives."""
    lease: float = 15.0
    """A process not heard of for so long is gone, and so are its watchers."""
    grace: float = 10.0
    """So long after somebody's last stream anywhere ended they are still online."""

    def __post_init__(self) -> None:
        if not 0 < self.interval <= self.beat < self.lease:
            raise ValueError("presence: 0 < interval <= beat < lease")

    @property
    def hold(self) -> float:
        """After Redis was away nobody is given up for so long: others may have to tell first who is theirs."""
        return 3 * self.interval


@dataclass(slots=True)
class Crowd:
    """Those who watch one raid here, and when Redis is next to be told so."""

    attendance: Attendance = field(default_factory=Attendance)
    next_at: float = 0.0
    sweep_from: float | None = None
    """Until then nobody is given up; None before Redis has answered for the first time."""


class Crowds:
    """One for every raid that is followed here, or was until Redis has heard who went."""

    def __init__(self) -> None:
        self.by_raid: dict[RaidId, Crowd] = {}

    def attendance(self, topic: Topic) -> Attendance:
        """Of somebody's own log nobody else is told."""
        if not isinstance(topic, RaidTopic):
            return Attendance()
        return self.by_raid.setdefault(topic.raid_id, Crowd()).attendance


class Presence:
    def __init__(self, store: PresenceStore, channels: Channels, crowds: Crowds, settings: PresenceSettings) -> None:
        self._store = store
        self._channels = channels
        self._crowds = crowds
        self._settings = settings
        self._terms = Terms(settings.lease, settings.grace)
        self._server = secrets.token_hex(6)
        """This process, as long as it lives. Not its number: those come again."""
        self._sweep_from = 0.0
        """For raids that Redis has not been asked about yet: some of it may have been away until now."""

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._settings.interval)
            try:
                await self.beat()
            except Exception:
                logger.exception("who is online could not be told")

    async def beat(self) -> None:
        """Nothing is announced of raids that Redis cannot be asked about, or is not heard of."""
        now = asyncio.get_running_loop().time()
        away = await self._tell_redis(now)
        there = [channel for channel in self._raids() if _raid_of(channel) not in away]
        await self._ask_wholes(there, now)
        for channel in there:
            if not channel.is_lost:
                _tell_streams(channel)

    async def say_goodbye(self) -> None:
        """The process ends, and its streams have."""
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._tell_redis(asyncio.get_running_loop().time())
        except TimeoutError:
            logger.info("Redis could not be told in time who went")

    # -- to Redis --------------------------------------------------------------------------------------------------

    async def _tell_redis(self, now: float) -> set[RaidId]:
        """The raids for which Redis is away."""
        self._drop_the_empty()
        due = {raid_id: crowd for raid_id, crowd in self._crowds.by_raid.items() if self._is_due(raid_id, crowd, now)}
        if not due:
            return set()
        claims = [Claim(raid_id, crowd.attendance.take(), self._sweeps(crowd, now)) for raid_id, crowd in due.items()]
        standings: Sequence[Standing | RedisAway | None] = [None] * len(claims)
        try:
            standings = await self._store.tell(self._server, claims, self._terms)
        finally:
            for claim, standing in zip(claims, standings, strict=True):
                self._settle(claim, standing, now)
        return self._away(claims, standings)

    def _sweeps(self, crowd: Crowd, now: float) -> bool:
        return now >= (self._sweep_from if crowd.sweep_from is None else crowd.sweep_from)

    @staticmethod
    def _away(claims: Sequence[Claim], standings: Sequence[Standing | RedisAway | None]) -> set[RaidId]:
        found = {
            claim.raid_id: standing
            for claim, standing in zip(claims, standings, strict=True)
            if isinstance(standing, RedisAway)
        }
        if found:
            logger.info("who is online in %d raids waits: %r", len(found), next(iter(found.values())))
        return set(found)

    def _is_due(self, raid_id: RaidId, crowd: Crowd, now: float) -> bool:
        if crowd.attendance.is_restless:
            return True
        if now < crowd.next_at:
            return False
        channel = self._channel(raid_id)
        return crowd.attendance.has_claims or (channel is not None and bool(channel.subscribers))

    def _settle(self, claim: Claim, standing: Standing | RedisAway | None, now: float) -> None:
        crowd, channel = self._crowds.by_raid[claim.raid_id], self._channel(claim.raid_id)
        if isinstance(standing, RedisAway):
            self._sweep_from = crowd.sweep_from = asyncio.get_running_loop().time() + self._settings.hold
        elif crowd.sweep_from is None:
            crowd.sweep_from = self._sweep_from
        if not isinstance(standing, Standing):
            crowd.attendance.untold()
            return
        crowd.attendance.told(claim.delta, known=standing.known)
        # Spread, so that not all raids of a process have their turn in the same second for ever.
        beat = self._settings.beat * random.uniform(0.8, 1.0)
        crowd.next_at = now + (beat if standing.due is None else min(beat, standing.due))
        if channel is not None:
            channel.tidings.expect(standing.mark)

    def _drop_the_empty(self) -> None:
        """Those of raids that nobody follows here any more, once Redis knows."""
        for raid_id, crowd in tuple(self._crowds.by_raid.items()):
            if crowd.attendance.is_empty and self._channel(raid_id) is None:
                del self._crowds.by_raid[raid_id]

    # -- from Redis ------------------------------------------------------------------------------------------------

    async def _ask_wholes(self, channels: Sequence[Channel], now: float) -> None:
        """For streams that cannot know what they missed. A life that has just begun is given time: it may be that
        Redis forgot the one before, and has not heard of everybody yet."""
        asking = [channel for channel in channels if _may_ask(channel, now)][:_WHOLES_AT_ONCE]
        if not asking:
            return
        tidings = [channel.tidings for channel in asking]
        for one in tidings:
            one.ask()
        answers: Sequence[Whole | Wait | RedisAway | None] = [None] * len(asking)
        try:
            answers = await self._store.wholes([_raid_of(channel) for channel in asking], self._settings.lease)
        finally:
            for one, answer in zip(tidings, answers, strict=True):
                self._take(one, answer, now)

    def _take(self, tidings: Tidings, answer: Whole | Wait | RedisAway | None, now: float) -> None:
        if isinstance(answer, Whole):
            tidings.answer(answer)
            return
        tidings.unanswered()
        tidings.ask_at = now + (answer.seconds if isinstance(answer, Wait) else self._settings.beat)

    # -- who there is ----------------------------------------------------------------------------------------------

    def _channel(self, raid_id: RaidId) -> Channel | None:
        return self._channels.find(RaidTopic(raid_id))

    def _raids(self) -> Iterator[Channel]:
        return (channel for channel in self._channels if isinstance(channel.topic, RaidTopic) and channel.subscribers)


def _raid_of(channel: Channel) -> RaidId:
    assert channel.raid_id is not None
    return channel.raid_id


def _may_ask(channel: Channel, now: float) -> bool:
    return channel.tidings.wants_whole and now >= channel.tidings.ask_at and channel.in_order


def _tell_streams(channel: Channel) -> None:
    """Never before the entries that were published earlier: they say who is a member."""
    if channel.head is None or not channel.in_order:
        return
    whole = channel.tidings.take_whole(channel.head)
    if whole is not None:
        owed, states = whole
        ready = _frames(_raid_of(channel), states)
        for subscriber in owed:
            _tell_whole(channel, subscriber, ready)
    if channel.tidings.has_unsaid:
        channel.say(frames.presence(channel.raid_id, *channel.tidings.say()))


def _tell_whole(channel: Channel, subscriber: Subscriber, ready: Sequence[Frame]) -> None:
    """After everything else that was said, or not yet: a reader that is behind is told the next time."""
    subscriber.flush()
    if subscriber.live and subscriber.position == channel.window.end and subscriber.stream.writable:
        channel.tidings.forget(subscriber)
        subscriber.stream.push(ready, subscriber.is_member)


def _frames(raid_id: RaidId, states: Mapping[UserId, bool]) -> list[Frame]:
    """First those who are online. The bytes are shared by all who are told."""
    everybody = sorted(states.items(), key=lambda state: not state[1])
    pieces = [everybody[at : at + IDS_PER_FRAME] for at in range(0, len(everybody), IDS_PER_FRAME)]
    return [frames.presence(raid_id, *divide(dict(piece))) for piece in pieces]
