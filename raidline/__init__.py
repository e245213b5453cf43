"""Raidline: the real-time server for co-op raids.

This package is the distribution's name and the few words its parts share; the program itself
stands in `server`, `realtime` and `persistence`.
"""

__version__ = "0.1.0"
