"""What ends a benchmark, or leaves one peer out of it."""


class Unavailable(Exception):
    """A peer cannot be had here; one line that says why."""


class BenchError(Exception):
    """The benchmark itself cannot go on; one line."""
