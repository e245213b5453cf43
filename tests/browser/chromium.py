"""The browser of the tests: the machine's own Chromium, for the one that playwright would fetch is a download of
its own and no part of a Python environment."""

import os
import shutil
import subprocess
from functools import cache

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT = "no Chromium on PATH; on Debian: apt-get install chromium (`make browser` does it)"


@cache
def executable() -> str | None:
    """The first that really is one: Ubuntu's chromium-browser may be a mere hint to install a snap."""
    found = (path for name in NAMES if (path := shutil.which(name)))
    return next((path for path in found if _runs(path)), None)


def arguments() -> list[str]:
    """Root has no sandbox in Chromium; everybody else keeps it."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


def _runs(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=120, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
