"""A recorded activity log, each row counted once: `replay` through the HTTP API, `importing` in this process."""

from server.replay.command import CONCURRENCY, replay
from server.replay.raids import Raid
from server.replay.rows import ReplayError
from server.replay.run import PATIENCE_S, Watcher

__all__ = ["CONCURRENCY", "PATIENCE_S", "Raid", "ReplayError", "Watcher", "replay"]
