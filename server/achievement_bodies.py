"""Request bodies about achievements, in the manner of `bodies`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from persistence.achievements import METADATA_BYTES
from server.bodies import SUM_MAX, Body, Description, Id

_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"

REWARD_MAX = 1_000_000
POSITION_MAX = 1_000_000

Metric = Literal[
    "streak_days", "tasks_total", "xp_total", "raids_completed", "raids_led", "checkins_total", "active_days"
]
AchievementName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255, pattern=_ONE_LINE)
]
Group = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_ONE_LINE)]
Word = Annotated[str, StringConstraints(max_length=255, pattern=_ONE_LINE)]
Threshold = Annotated[int, Field(ge=1, le=SUM_MAX)]
Amount = Annotated[int, Field(ge=0, le=REWARD_MAX)]
Position = Annotated[int, Field(ge=-POSITION_MAX, le=POSITION_MAX)]


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    try:
        orjson.dumps([[[value]]])  # as deep within it as in the answers that show it
    except orjson.JSONEncodeError:
        raise PydanticCustomError("metadata_depth", "is nested too deeply") from None
    if len(orjson.dumps(value)) > METADATA_BYTES:
        raise PydanticCustomError("metadata_size", "has to be a JSON object of at most 8 KiB")
    return value


Metadata = Annotated[dict[str, Any], AfterValidator(_metadata)]


class DefinitionBody(Body):
    """That metric and threshold go together is for the ledger to hold: a change may name only one of them."""

    name: AchievementName
    description: Description = ""
    category: Word = ""
    group: Group | None = None
    tier: Word = ""
    metric: Metric | None = None
    threshold: Threshold | None = None
    reward_xp: Amount = 0
    reward_credits: Amount = 0
    secret: bool = False
    icon: Word = ""
    position: Position = 0


class DefinitionChange(DefinitionBody):
    """What it does not name stays as it is."""

    name: AchievementName = ""

    @model_validator(mode="after")
    def names_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("empty_change", "has to name at least one field of a definition")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}


class PairBody(Body):
    """A person, the caller where none is named, and an achievement."""

    user_id: Id | None = None
    achievement_id: Id


class ProgressBody(PairBody):
    metadata: Metadata = Field(default_factory=dict)
