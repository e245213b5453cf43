"""The watcher that holds streams to their promise must itself see what is wrong."""

from typing import Any

import pytest

from loadtests.watching import Sight, SseParser


def opened(seq: int = 0) -> Sight:
    sight = Sight(42, "sse")
    sight.take("hello", "", {"recovered": "none"})
    totals = {"currentXp": 0, "currentTasks": 0}
    sight.take("snapshot", f"5-{seq}", {"seq": seq, "epoch": 5, "status": "active", **totals})
    return sight


def contribution(seq: int, total: int) -> tuple[str, str, dict[str, Any]]:
    return "contribution", f"5-{seq}", {"seq": seq, "xp": 10, "currentXp": total, "currentTasks": total // 10}


def test_a_whole_stream_has_nothing_wrong_with_it() -> None:
    sight = opened()
    sight.take("member_join", "5-1", {"seq": 1})
    sight.take("sync", "", {"head": "5-1"})
    sight.take(*contribution(2, 10))
    sight.take(*contribution(3, 20))
    sight.take("raid_complete", "5-4", {"seq": 4, "currentXp": 20, "currentTasks": 2})
    sight.compare({"seq": 4, "currentXp": 20, "currentTasks": 2, "status": "completed"})
    assert sight.violations == []
    assert (sight.events, sight.ended) == (4, True)


@pytest.mark.parametrize(
    ("then", "told"),
    [
        (contribution(1, 10), "contribution 1 after 1"),
        (contribution(3, 10), "contribution 3 after 1"),
        (("contribution", "6-2", {"seq": 2, "xp": 1}), "has the id 6-2 in epoch 5"),
        (("contribution", "", {"seq": 2, "xp": 1}), "contribution without an id"),
        (("hello", "", {"recovered": "reset"}), "a second hello"),
        (("status", "", {"live": False}), "status"),
    ],
)
def test_what_breaks_the_promise_is_seen(then: tuple[str, str, dict[str, Any]], told: str) -> None:
    sight = opened(seq=1)
    sight.take(*then)
    assert any(told in violation for violation in sight.violations)


def test_totals_that_are_not_the_snapshots_are_seen() -> None:
    sight = opened()
    sight.take(*contribution(1, 10))
    sight.compare({"seq": 2, "currentXp": 20, "currentTasks": 2, "status": "completed"})
    assert len(sight.violations) == 6


def test_an_event_stream_is_read_whatever_its_pieces() -> None:
    stream = b": hi\r\nretry: 100\r\n\r\nevent: a\r\nid: 5-1\r\ndata: {}\r\n\r\n:\n\nevent:b\ndata: 1\n\n"
    for size in range(1, len(stream)):
        parser = SseParser()
        blocks = [block for at in range(0, len(stream), size) for block in parser.feed(stream[at : at + size])]
        assert blocks == [("a", "5-1", b"{}"), ("b", "", b"1")]
