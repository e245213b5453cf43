"""The SQL statements, each read once from its file in `sql/`, which opens with its contract."""

import functools
from importlib import resources


@functools.cache
def statement(name: str) -> str:
    """The statement in `sql/<name>.sql`, without its opening comment."""
    text = resources.files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith("--"):
        lines.pop(0)
    return "".join(lines).strip()
