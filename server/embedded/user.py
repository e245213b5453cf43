"""Under whom the services run, and where that user can get at.

PostgreSQL refuses to run as root. As root both services run as an unprivileged user that every
system has; no user is added and no folder that we did not make is opened up for it.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from server.embedded.errors import EmbeddedError

UNPRIVILEGED = "nobody"
FIRST_PERSON = 1000
"""From this uid on, a home folder in the password file is a person's."""


@dataclass(frozen=True, slots=True)
class ServiceUser:
    uid: int
    gid: int


def service_user() -> ServiceUser | None:
    """Whom the services run as; None means: as ourselves. Only root becomes somebody else."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise EmbeddedError(
            f"as root the services need a user named {UNPRIVILEGED!r}, and this system has none: "
            "run raidline as an ordinary user, or set DATABASE_URL and REDIS_URL"
        ) from None
    return ServiceUser(entry.pw_uid, entry.pw_gid)


def may(user: ServiceUser, path: Path, wanted: int) -> bool:
    """Whether the mode bits of `path` grant `user` all of `wanted` (4 read, 2 write, 1 enter or run)."""
    status = path.stat()
    if status.st_uid == user.uid:
        granted = status.st_mode >> 6
    elif status.st_gid == user.gid:
        granted = status.st_mode >> 3
    else:
        granted = status.st_mode
    return granted & wanted == wanted


def may_reach(user: ServiceUser, path: Path) -> bool:
    """Whether `user` may enter every folder above `path`."""
    return all(may(user, parent, 1) for parent in path.parents if parent.exists())


def in_a_home(path: Path) -> bool:
    """Whether `path` lies in root's or a person's home."""
    return any(home in (path, *path.parents) for home in _homes())


def make_own_folder(folder: Path, user: ServiceUser | None) -> Path:
    """A folder of ours that `user` may pass through but not list. One that stands is left as it is."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if user is not None:
            folder.chmod(0o711)  # whatever the umask says
    return folder


def require_within_reach(folder: Path, user: ServiceUser | None) -> Path:
    """The same folder. Raises EmbeddedError when `user` cannot get into it."""
    if user is not None and not may_reach(user, folder / "below"):
        raise EmbeddedError(f"{folder}: uid {user.uid} cannot reach this folder, choose another")
    return folder


def make_service_folder(folder: Path, user: ServiceUser | None) -> Path:
    """A folder that belongs to the services' user and is closed to everybody else."""
    owner = user.uid if user is not None else os.geteuid()
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid)
    if folder.is_symlink() or folder.stat().st_uid != owner:
        raise EmbeddedError(
            f"{folder} belongs to uid {folder.stat().st_uid}, not {owner}: "
            "start raidline as the same user as before, or choose another data folder"
        )
    return folder


def _homes() -> set[Path]:
    people = (entry for entry in pwd.getpwall() if entry.pw_uid == 0 or entry.pw_uid >= FIRST_PERSON)
    return {Path(entry.pw_dir) for entry in people} - {Path("/"), Path("/nonexistent"), Path()}
