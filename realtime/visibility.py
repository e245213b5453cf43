"""Who may see a raid, as its entries change it: its members, and everybody while it is public."""

from dataclasses import dataclass

import orjson

from raidline.ids import UserId

_RELEVANT = frozenset({"member_join", "member_leave", "raid_update"})


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry means for the view of a raid. None: nothing in this respect."""

    joined: UserId | None = None
    left: UserId | None = None
    public: bool | None = None
    members: frozenset[UserId] | None = None
    """All of them, with a snapshot."""

    def membership_of(self, user_id: UserId | None, before: bool) -> bool:
        """Whether this user is a member after the change."""
        if user_id is None:
            return False
        if self.members is not None:
            return user_id in self.members
        if self.joined == user_id:
            return True
        return before and self.left != user_id


def change_of(event: str, data: bytes) -> Change | None:
    """The change an event makes; None for most, and for one that cannot be read."""
    if event not in _RELEVANT:
        return None
    try:
        content = orjson.loads(data)
        if event == "member_join":
            return Change(joined=UserId(content["userId"]))
        if event == "member_leave":
            return Change(left=UserId(content["userId"]))
        return Change(public=content["public"]) if "public" in content else None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
