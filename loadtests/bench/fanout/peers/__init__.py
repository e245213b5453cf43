"""Whom ours is measured beside, each served and published to in its own usual way.

Nothing is imported here: two of the servers that are measured are modules of this package.
"""
