"""Everything Redis: keys, scripts, logs, state, the hub and the transports.

Knows nothing of HTTP routes or of Postgres, and imports neither `server` nor `persistence`.
"""
