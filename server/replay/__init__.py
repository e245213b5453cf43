"""`raidline replay FILE`: a recorded activity log through the HTTP API, each row counted once."""

from server.replay.command import CONCURRENCY, PATIENCE_S, Watcher, replay
from server.replay.raids import Raid
from server.replay.rows import ReplayError

__all__ = ["CONCURRENCY", "PATIENCE_S", "Raid", "ReplayError", "Watcher", "replay"]
