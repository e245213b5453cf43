"""What can go wrong on the way to Redis.

RealtimeError
  RedisAway    Redis cannot be reached, does not answer in time, or refuses to work (loading, out of memory)
"""


class RealtimeError(Exception):
    """Base of everything this package raises."""


class RedisAway(RealtimeError):
    """Redis cannot be reached or does not answer in time; whether a command was carried out is not known."""
