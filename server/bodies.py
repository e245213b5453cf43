"""Every request body, as a model: types as they are (a string is no number), names in camelCase.

A field nobody knows is ignored: an app of tomorrow may talk to the server of today. Only a PATCH that names
nothing known is refused, for it would answer 200 and lose what was meant.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from server.times import is_of_a_place, is_time_zone, parse_rfc3339, place_of

ID_MAX = 10**18 - 1
"""Ids have at most 18 digits, in paths and in bodies alike."""

SUM_MAX = 10**12
"""What targets and totals may be at most. The raid's own cap on a contribution is for its scripts to hold:
a known key is answered before it."""

BATCH_ITEMS_MAX = 500
HYDRATE_MAX = 200
INVITE_CODE_MAX = 64

_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
_LINES = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
_VISIBLE = r"^[\x21-\x7e]+$"
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by their category, of which nothing is to be seen."""


def _instant(value: object) -> datetime | None:
    if value is None:
        return None
    time = parse_rfc3339(value) if isinstance(value, str) else None
    if time is None:
        raise PydanticCustomError("rfc3339", "has to be an RFC 3339 time with an offset")
    if not is_of_a_place(time):
        raise PydanticCustomError("offset", "has to have an offset from -12:00 to +14:00")
    return time


def _time_zone(name: str) -> str:
    if not is_time_zone(name):
        raise PydanticCustomError("time_zone", "has to be an IANA time zone, such as Europe/Berlin")
    return place_of(name)


def _seen(text: str) -> str:
    """A title is a link, and a name is who somebody is: of marks and invisible characters alone they are neither."""
    if all(unicodedata.category(one)[0] in "CMZ" or one in _BLANK for one in text):
        raise PydanticCustomError("seen", "has to have something in it that can be seen")
    return text


Id = Annotated[int, Field(ge=1, le=ID_MAX)]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_ONE_LINE),
    AfterValidator(_seen),
]
Description = Annotated[str, StringConstraints(max_length=2000, pattern=_LINES)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=_ONE_LINE),
    AfterValidator(_seen),
]
TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]
Scope = Literal["backdate", "unlimited", "contributions:write", "achievements:write", "admin"]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", alias_generator=to_camel)


class RaidBody(Body):
    title: Title
    description: Description = ""
    target_xp: Annotated[int, Field(ge=0, le=SUM_MAX)]
    target_tasks: Annotated[int, Field(ge=0, le=SUM_MAX)]
    time_limit_hours: Annotated[int, Field(ge=1, le=8760)] = 24
    max_members: Annotated[int, Field(ge=1, le=10_000)] = 4
    public: bool = False
    open_join: bool = False
    max_xp_per_contribution: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    max_xp_per_member_per_day: Annotated[int, Field(ge=1, le=SUM_MAX)] | None = None

    @model_validator(mode="after")
    def has_a_target(self) -> Self:
        if self.target_xp == 0 and self.target_tasks == 0:
            raise PydanticCustomError("no_target", "targetXp and targetTasks cannot both be 0")
        return self


class RaidPatch(Body):
    title: Title = ""
    description: Description = ""
    open_join: bool = False
    public: bool = False

    @model_validator(mode="after")
    def names_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("empty_patch", "has to name title, description, openJoin or public")
        return self

    @property
    def changes(self) -> dict[str, str | bool]:
        return {name: getattr(self, name) for name in self.model_fields_set}


class JoinBody(Body):
    invite_code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=INVITE_CODE_MAX, pattern=_VISIBLE)]


class LeadBody(Body):
    user_id: Id


class HydrateBody(Body):
    ids: list[Id]


class ContributionBody(Body):
    xp: Annotated[int, Field(ge=0, le=SUM_MAX)]
    type: Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=_ONE_LINE)] = "task_complete"
    task_id: Annotated[str, StringConstraints(max_length=255, pattern=_ONE_LINE)] | None = None
    occurred_at: Instant = None
    user_id: Id | None = None


class BatchItem(ContributionBody):
    raid_id: Id
    key: Annotated[str, StringConstraints(max_length=255, pattern=_VISIBLE)]


class BatchBody(Body):
    """The items stay as they came: each is validated alone, for one bad item never spoils the others."""

    items: Annotated[list[object], Field(max_length=BATCH_ITEMS_MAX)]


class GuestBody(Body):
    name: Name
    tz: TimeZone = "UTC"


class TicketBody(Body):
    raid_id: Id | None = None


class AdminSessionBody(Body):
    provider: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_VISIBLE)]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_ONE_LINE)]
    name: Name
    tz: TimeZone = "UTC"
    scopes: Annotated[list[Scope], Field(max_length=16)] = []
