"""The HTTP face of Raidline. Depends on `realtime` and `persistence`; nothing depends on it."""
