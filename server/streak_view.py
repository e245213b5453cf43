"""A streak as the wire has it, every day of it explained."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from persistence.streak_keeping import StreakDay
from persistence.streak_page import Pause, Repair, StreakPage
from persistence.streaks import StreakSeen
from realtime.times import rfc3339

TIERS: Final = ((120, "gold"), (30, "silver"), (7, "bronze"))
"""The tier that a longest streak of at least so many days has reached."""

_WHY: Final = {
    ("active", "contribution"): "Something was contributed.",
    ("active", "checkin"): "There was a check-in.",
    ("active", None): "Something was done.",
    ("frozen", "freeze"): "A freeze was spent on this day, so the streak goes on.",
    ("frozen", None): "Nothing was done, and a freeze kept the streak.",
    ("paused", None): "The streak is paused on this day.",
    ("repaired", None): "Nothing was done, and the day was repaired afterwards.",
    ("skipped", None): "A change of time zone swallowed this day.",
    ("missed", None): "Nothing was done, so the streak before it ended.",
    ("open", None): "Today: nothing done yet.",
    ("none", None): "Before the first active day.",
}
"""Why a day is what it is, by state and cause; None for every cause that has no sentence of its own."""


def glance_json(streak: StreakSeen) -> dict[str, Any]:
    """A streak in few words."""
    return {
        "current": streak.current,
        "longest": streak.longest,
        "lastDay": _day(streak.last_day),
        "freezes": streak.freezes,
        "state": streak.state,
    }


def streak_json(page: StreakPage, first: date, last: date) -> dict[str, Any]:
    return {
        **glance_json(page.streak),
        "tier": tier_of(page.streak.longest),
        "nextFreezeIn": page.next_freeze_in,
        "repair": _repair_json(page.repair),
        "pause": _pause_json(page.pause),
        "days": days_json(page.days, first, min(last, page.streak.today)),
    }


def tier_of(longest: int) -> str | None:
    return next((name for days, name in TIERS if longest >= days), None)


def days_json(days: list[StreakDay], first: date, last: date) -> list[dict[str, Any]]:
    """The days as they are, and before the first of all as many as were asked for up to `last`, today at the latest."""
    behind = last + timedelta(days=1)
    beginning = min(days[0].day, behind) if days else behind
    empty = (first + timedelta(days=number) for number in range((beginning - first).days))
    return [
        *(_day_json(one, "none", None) for one in empty),
        *(_day_json(one.day, one.state, one.cause) for one in days),
    ]


def _day_json(day: date, state: str, cause: str | None) -> dict[str, Any]:
    why = _WHY.get((state, cause)) or _WHY[state, None]
    return {"day": day.isoformat(), "state": state, "cause": cause, "why": why}


def _repair_json(repair: Repair | None) -> dict[str, Any]:
    if repair is None:
        return {"available": False, "day": None, "until": None}
    return {"available": True, "day": repair.day.isoformat(), "until": rfc3339(repair.until_ms)}


def _pause_json(pause: Pause | None) -> dict[str, str] | None:
    return {"from": pause.first.isoformat(), "to": pause.last.isoformat()} if pause else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
