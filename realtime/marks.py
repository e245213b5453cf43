"""Where somebody stands in what is told of who is online in a raid."""

from typing import NamedTuple


class Mark(NamedTuple):
    """`version` counts the changes of one life. A life ends when nobody is left, or when Redis loses it; what comes
    after has nothing to do with what was told before."""

    life: int
    version: int


NOTHING_YET = Mark(0, 0)
"""Nobody has been online in living memory."""


def parse_mark(text: bytes | str) -> Mark:
    """`<life>-<version>`, as scripts write it. Raises ValueError."""
    life, version = (text if isinstance(text, str) else text.decode()).split("-")
    return Mark(int(life), int(version))
