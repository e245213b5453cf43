"""The rules of streaks in plain Python: what somebody who remembers everything would say. See docs/progress.md."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SWALLOWED = timedelta(hours=22)


@dataclass(slots=True)
class Streak:
    """One person. What happens is told in the order in which it came."""

    zone: str
    items: Counter[date] = field(default_factory=Counter)
    """Contributions and check-ins of each day, less those voided."""
    first_at: dict[date, datetime] = field(default_factory=dict)
    last_at: dict[date, datetime] = field(default_factory=dict)
    kept: dict[date, str] = field(default_factory=dict)
    """frozen, paused or repaired. Skipped days follow from the items."""
    longest: int = 0
    live_days: int = 0
    last_live_day: date = date.min
    freezes: int = 0
    due: datetime | None = None
    repaired_at: datetime | None = None

    # What can happen

    def item(self, day: date, occurred: datetime, at: datetime, *, live: bool) -> None:
        self.settle(at)
        self.first_at[day] = min(self.first_at.get(day, occurred), occurred)
        self.last_at[day] = max(self.last_at.get(day, occurred), occurred)
        if live and self.items[day] == 0:
            self._reach(day)
        self.items[day] += 1
        if self.items[day] == 1:
            self._turned_active(day, live)
        self._give_back_what_was_swallowed(day)
        self._changed(at)

    def void(self, day: date, at: datetime) -> None:
        self.settle(at)
        self.items[day] -= 1
        self._changed(at)

    def freeze(self, at: datetime) -> bool:
        self.settle(at)
        today = self.today(at)
        if self.state_of(today) is not None or not self.seen(at) or not self.freezes:
            return False
        self.kept[today] = "frozen"
        self.freezes -= 1
        self._changed(at)
        return True

    def repair(self, at: datetime) -> date | None:
        self.settle(at)
        day = self._repairable(at)
        if day is None or (self.repaired_at is not None and at < self.repaired_at + 7 * DAY):
            return None
        self.kept[day] = "repaired"
        self.repaired_at = at
        self._changed(at)
        return day

    def pause(self, first: date, last: date, at: datetime) -> bool:
        self.settle(at)
        today = self.today(at)
        if not today <= first <= last <= today + 90 * DAY:
            return False
        self._drop_pause(today)
        for n in range((last - first).days + 1):
            self.kept.setdefault(first + n * DAY, "paused")
        self._changed(at)
        return True

    def resume(self, at: datetime) -> None:
        self.settle(at)
        self._drop_pause(self.today(at))
        self._changed(at)

    def move(self, zone: str, at: datetime) -> None:
        """Live in another zone from now on. A freeze keeps a day that is over there already."""
        self.settle(at)
        self.zone = zone
        end = self._end_of_next()
        self.due = end if self.freezes and end and (self.due or end > at) else None
        self.settle(at)

    def settle(self, until: datetime) -> None:
        """Each midnight that passed over a missed day spends a freeze."""
        while self.due is not None and self.due <= until:
            self._spend()

    # What can be seen

    def today(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    def state_of(self, day: date) -> str | None:
        """None: missed, or nothing yet."""
        if self.items[day] > 0:
            return "active"
        return self.kept.get(day) or ("skipped" if self._is_swallowed(day) else None)

    def seen(self, at: datetime) -> int:
        """The current streak: 0 once a whole day was missed."""
        run = self.run()
        return self._length(run) if run and run[-1] >= self.today(at) - DAY else 0

    @property
    def active_days(self) -> int:
        return sum(1 for items in self.items.values() if items > 0)

    def days(self) -> dict[date, str]:
        near = {day + n * DAY for day in {*self.items, *self.kept} for n in (-1, 0, 1)}
        return {day: state for day in sorted(near) if (state := self.state_of(day)) is not None}

    def run(self) -> list[date]:
        """The run in which the last active day lies."""
        active = [day for day, items in self.items.items() if items > 0]
        return self._run_around(max(active)) if active else []

    # How it follows

    def _reach(self, day: date) -> None:
        """Whoever lives a day has the days before it behind them, whatever their zone says."""
        while self.due is not None and (missed := self.run()[-1] + DAY) < day:
            if missed + DAY == day and self.items[missed - DAY] > 0 and self._is_close(missed):
                return
            self._spend()

    def _spend(self) -> None:
        self.kept[self.run()[-1] + DAY] = "frozen"
        self.freezes -= 1
        self.due = self._end_of_next() if self.freezes else None

    def _give_back_what_was_swallowed(self, day: date) -> None:
        for beside in (day - DAY, day + DAY):
            if self.kept.get(beside) == "frozen" and self.items[beside] <= 0 and self._is_swallowed(beside):
                del self.kept[beside]
                self.freezes = min(2, self.freezes + 1)

    def _turned_active(self, day: date, live: bool) -> None:
        if self.kept.get(day) == "frozen":
            del self.kept[day]
            self.freezes = min(2, self.freezes + 1)
        if live and day > self.last_live_day:
            self.last_live_day = day
            self.live_days += 1
            if self.live_days % 7 == 0:
                self.freezes = min(2, self.freezes + 1)

    def _changed(self, at: datetime) -> None:
        self.longest = max([self.longest, *(self._length(self._run_around(day)) for day in self.items)])
        end = self._end_of_next()
        self.due = end if self.freezes and end and end > at else None

    def _run_around(self, day: date) -> list[date]:
        if self.state_of(day) is None:
            return []
        first, last = day, day
        while self.state_of(first - DAY) is not None:
            first -= DAY
        while self.state_of(last + DAY) is not None:
            last += DAY
        return [first + n * DAY for n in range((last - first).days + 1)]

    def _length(self, run: list[date]) -> int:
        return sum(1 for day in run if self.items[day] > 0)

    def _is_swallowed(self, day: date) -> bool:
        both = self.items[day - DAY] > 0 and self.items[day + DAY] > 0
        return both and self._is_close(day)

    def _is_close(self, day: date) -> bool:
        return self.first_at[day + DAY] - self.last_at[day - DAY] < SWALLOWED

    def _drop_pause(self, today: date) -> None:
        for day in [day for day, kept in self.kept.items() if kept == "paused" and day >= today]:
            del self.kept[day]

    def _repairable(self, at: datetime) -> date | None:
        """The latest missed day, over for at most 48 hours, that makes one run of what lies on both its sides."""
        today = self.today(at)
        for day in (today - n * DAY for n in (1, 2, 3)):
            mends = self.state_of(day - DAY) is not None and (
                day == today - DAY or self.state_of(day + DAY) is not None
            )
            if self.state_of(day) is None and mends and self.end_of(day) >= at - 2 * DAY:
                return day
        return None

    def _end_of_next(self) -> datetime | None:
        run = self.run()
        return self.end_of(run[-1] + DAY) if run else None

    def end_of(self, day: date) -> datetime:
        """The first instant of the next day there: of a midnight that comes twice the first."""
        midnight = datetime.combine(day + DAY, datetime.min.time(), ZoneInfo(self.zone))
        return midnight.astimezone(UTC)
