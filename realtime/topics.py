"""What a stream can follow: each has a log, a channel that its entries are published on, and a name of its own."""

from dataclasses import dataclass

from raidline.ids import RaidId, UserId
from realtime import keys


@dataclass(frozen=True, slots=True)
class RaidTopic:
    """A raid: seen by its members, and by everybody while it is public."""

    raid_id: RaidId

    @property
    def channel_name(self) -> bytes:
        return keys.events_channel(self.raid_id).encode()

    def __str__(self) -> str:
        return f"raid {self.raid_id}"


@dataclass(frozen=True, slots=True)
class OwnTopic:
    """What happens to one person, seen by nobody else."""

    user_id: UserId

    @property
    def raid_id(self) -> None:
        """Its frames name no raid; an event that came of one says so in its data."""
        return None

    @property
    def channel_name(self) -> bytes:
        return keys.own_events_channel(self.user_id).encode()

    def __str__(self) -> str:
        return f"own log of user {self.user_id}"


Topic = RaidTopic | OwnTopic
