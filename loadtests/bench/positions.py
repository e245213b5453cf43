"""What the cursor of a stream of several costs: `python -m loadtests.bench.positions`. Processor time, best of 5."""

import itertools
import time
import timeit
from collections.abc import Callable, Sequence

from raidline.ids import Epoch, RaidId, Seq, UserId
from realtime.cursor import Cursor
from realtime.positions import Positions, parse
from realtime.topics import OwnTopic, RaidTopic, Topic

RAIDS = 50
EPOCH = Epoch(28_044_534)
TIMES = 5000


def mover(positions: Positions, topics: Sequence[Topic]) -> Callable[[], object]:
    """All of these reach their next entry, and the cursor is told."""
    seqs = itertools.count(1000)

    def move() -> str:
        cursor = Cursor(EPOCH, Seq(next(seqs)))
        for topic in topics:
            positions.reach(topic, cursor)
        return positions.text()

    return move


def report(name: str, work: Callable[[], object], times: int = TIMES) -> None:
    seconds = min(timeit.repeat(work, number=times, timer=time.process_time)) / times
    print(f"{name:40} {seconds * 1e6:8.1f} us")


def main() -> None:
    topics: list[Topic] = [OwnTopic(UserId(5000)), *(RaidTopic(RaidId(1000 + number)) for number in range(RAIDS))]
    positions = Positions()
    mover(positions, topics)()
    text = positions.text()
    print(f"{RAIDS} raids and one's own log: {len(text)} characters")
    report("one of them moved", mover(positions, topics[1:2]))
    report("all of them moved", mover(positions, topics))
    report("read", lambda: parse(text), TIMES // 10)


if __name__ == "__main__":
    main()
