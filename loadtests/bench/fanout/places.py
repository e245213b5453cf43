"""Where what is built and fetched is kept: in the repository's `build`, which git ignores and `make clean` removes."""

from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[2] / "build" / "bench"


def built(name: str) -> Path:
    """A folder there, made if it is missing."""
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
