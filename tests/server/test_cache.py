"""Answers that may be a little old: how many are kept, and for how long."""

from server.cache import ExpiringCache


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_kept_for_its_seconds() -> None:
    clock = Clock()
    cache = ExpiringCache[str, int](limit=2, seconds=30, clock=clock)
    cache.put("a", 1)
    clock.now = 29.9
    assert cache.get("a") == 1
    clock.now = 30.0
    assert cache.get("a") is None
    assert len(cache) == 0


def test_the_least_recently_used_goes_first() -> None:
    cache = ExpiringCache[str, int](limit=2, seconds=30)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_a_dropped_value_is_gone_at_once() -> None:
    cache = ExpiringCache[str, int](limit=2, seconds=30)
    cache.put("a", 1)
    cache.drop("a")
    cache.drop("unknown")
    assert cache.get("a") is None
