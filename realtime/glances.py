"""Whether somebody may see a raid, and how it stands, without reading all of it: for what hangs on a raid."""

from dataclasses import dataclass

from raidline.ids import Epoch, RaidId
from realtime import keys
from realtime.calls import RUN_ID, Call
from realtime.raids import Viewer
from realtime.scripting import Scripting
from realtime.scripts import script


@dataclass(frozen=True, slots=True)
class Glance:
    """outcome: ok | not_found | missing | suspect; the rest only with ok."""

    outcome: str
    epoch: Epoch
    is_member: bool = False
    status: str = ""

    @property
    def ended(self) -> bool:
        return self.status not in ("recruiting", "active")


async def glance(scripted: Scripting, raid_id: RaidId, viewer: Viewer) -> Glance:
    """Raises RedisAway."""
    names = [keys.raid_key(raid_id, part) for part in ("state", "members")]
    arguments = [RUN_ID, 0, "" if viewer is None else str(viewer)]
    reply = await scripted.call(Call(script("glance"), names, arguments))
    outcome, epoch = reply[0].decode(), Epoch(int(reply[1]))
    if outcome != "ok":
        return Glance(outcome, epoch)
    return Glance(outcome, epoch, reply[2] == b"1", reply[3].decode())
