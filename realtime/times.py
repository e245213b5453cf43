"""Times on the wire."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=16_384)  # members' times come again with every snapshot of their raid
def rfc3339(ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC with milliseconds."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:03d}Z"
