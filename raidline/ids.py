"""A distinct type for every id, so that a user's id can never be passed where a raid's is due.

Both `realtime` and `persistence` speak of these things and must not import each other, so the
words stand here, below both.
"""

from typing import NewType

RaidId = NewType("RaidId", int)
UserId = NewType("UserId", int)

Epoch = NewType("Epoch", int)
"""One life of a raid's log in Redis. Rises, not by one."""

Seq = NewType("Seq", int)
"""The number of an entry in its raid's log: 1, 2, 3 … Only (epoch, seq) names an entry."""

ContributionId = NewType("ContributionId", str)
"""UUIDv5 of (raid, user, idempotency key), as lower-case text."""

CommandId = NewType("CommandId", str)
"""UUID text made once per command, so that a command that comes twice has its first answer."""

AchievementId = NewType("AchievementId", int)
JobId = NewType("JobId", int)

InviteCode = NewType("InviteCode", str)
SessionToken = NewType("SessionToken", str)

TokenHash = NewType("TokenHash", str)
"""SHA-256 of a session token, hex. The token itself is stored nowhere."""
