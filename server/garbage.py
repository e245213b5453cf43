"""Python's garbage collector, set for a server: reference counts free what a request leaves, it finds only cycles."""

import gc
from typing import Final

YOUNG_MOST: Final = 50_000
"""New objects after which it looks for cycles. Python's 700 are fewer than some dozen requests under way hold, so that
it would look through all of them again and again. These are more than some hundreds hold; and cycles that wait so
long are a few megabytes."""


def collect_seldom() -> None:
    """To be called when everything is there that lives as long as the process: that is never looked through again.

    Takes a fifth or more off the processor time of a durable contribution (`make bench-write`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MOST)
