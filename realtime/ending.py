"""Why a connection ends."""

import enum


class Ending(enum.Enum):
    """Why the server ends a stream. The value is the WebSocket's close code (FIELD-NOTES: 35xx is final)."""

    RESTART = 1012
    """Come back, to another server if need be."""
    TOO_SLOW = 3008
    SESSION_OVER = 3500
    TOO_MANY = 3504
    NO_PERMISSION = 3507

    @property
    def reason(self) -> str:
        return self.name.lower()
