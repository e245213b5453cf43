"""Request bodies of people about themselves, in the manner of `bodies`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from raidline.days import parse_day
from server.bodies import Body, Instant, Name, TimeZone


def _day(value: object) -> date:
    day = parse_day(value) if isinstance(value, str) else None
    if day is None:
        raise PydanticCustomError("day", "has to be a day, such as 2026-11-20")
    return day


Day = Annotated[date, BeforeValidator(_day)]


class MePatch(Body):
    name: Name = ""
    tz: TimeZone = ""

    @model_validator(mode="after")
    def names_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("empty_patch", "has to name name or tz")
        return self


class CheckInBody(Body):
    occurred_at: Instant = None


class DayBody(Body):
    """`day` left out: the one that is meant."""

    day: Day | None = None


class PauseBody(Body):
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
