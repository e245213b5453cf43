"""The one event that everybody delivers: a contribution, as the write path publishes it."""

import time

_EVENT = (
    b'{"raidId":%d,"at":"2026-11-20T18:30:00.000Z","seq":%d,"contributionId":"6f1c2b1e-54a8-5c0e-9d0b-6f7b8a3c1d2e",'
    b'"userId":1042,"xp":10,"contributionType":"task_complete","taskId":"%d","currentXp":482910,"currentTasks":48291,'
    b'"xpContributed":2310,"tasksContributed":231}'
)


def event(raid_id: int, seq: int, sent: int) -> bytes:
    """`sent`, the time of publishing, travels as the task's id: it is the one field that callers fill as they like."""
    return _EVENT % (raid_id, seq, sent)


def now() -> int:
    """Nanoseconds of the clock that the subscribers read too."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
