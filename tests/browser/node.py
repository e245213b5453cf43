"""Node, for what of the page can be tried without a browser: the machine's own, else the one that playwright brings."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import playwright

HOW_TO_GET_IT = "no Node of version 20 or later: neither on PATH nor in playwright"

_VERSION_MIN = 20
"""The first whose mock timers know the date."""


@cache
def executable() -> str | None:
    brought = Path(playwright.__file__).parent / "driver" / "node"
    return next((path for path in (shutil.which("node"), str(brought)) if path and _is_new_enough(path)), None)


def _is_new_enough(path: str) -> bool:
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=120, check=True).stdout
        return int(told.strip().removeprefix("v").partition(".")[0]) >= _VERSION_MIN
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
