"""Where the sockets of an embedded service are: in its own folder, or in a short one beside it.

The path of a Unix socket holds about 107 bytes (104 on macOS), and a connection string reads
commas and spaces in its own way. A folder that does not suit gets a stand-in below the system's
temporary folder, always the same one, so that a restarted service has the address it had.
"""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from server.embedded.user import ServiceUser, make_service_folder, may_reach

LONGEST = 80
"""Leaves room for the socket's own name, `.s.PGSQL.5432.lock`."""

PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


def make_socket_folder(folder: Path, user: ServiceUser | None) -> Path:
    """An empty folder for the sockets of the service in `folder`: 0700, owned by the service's user.

    The service must not run: sockets of an earlier run are removed.
    """
    place = _place(folder, user)
    make_service_folder(place, user)
    for left in place.iterdir():
        left.unlink()
    return place


def remove_socket_folder(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)


def _place(folder: Path, user: ServiceUser | None) -> Path:
    inside = folder.absolute() / "run"
    if _suits(inside):
        return inside
    name = f"raidline-{hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]}"
    preferred = Path(tempfile.gettempdir()) / name
    reached = user is None or may_reach(user, preferred)
    return preferred if reached and _suits(preferred) else Path("/tmp") / name


def _suits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST and PLAIN.fullmatch(str(path)) is not None
