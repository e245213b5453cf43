"""The data folder: one raidline at a time, and a place the services' user can reach.

.raidline/             --data
  lock                 held (flock) by the raidline at work here, with its pid inside
  location             only where the services had to move: the folder they live in
  services.json        while it works: the addresses of its services
  postgres/  redis/    each with data/, run/ (sockets), its log and its pid
  programs/            only as root: copies of programs out of a closed folder
"""

import contextlib
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from server.embedded.errors import EmbeddedError, FolderInUse
from server.embedded.user import ServiceUser, in_a_home, make_own_folder, may_reach, require_within_reach, service_user

ELSEWHERE = Path("/var/lib/raidline")


@contextlib.contextmanager
def data_folder(data: Path) -> Iterator[Path]:
    """The folder for the services, ours for as long as the block runs.

    Raises FolderInUse when another raidline has it, EmbeddedError when it cannot be used.
    """
    with contextlib.ExitStack() as stack:
        try:
            user = service_user()
            data.parent.mkdir(parents=True, exist_ok=True)
            data = make_own_folder(data.resolve(), user)
            stack.enter_context(_lock(data / "lock", data))
            folder = _services_folder(data, user)
        except OSError as error:
            raise EmbeddedError(f"--data {error.filename or data}: {error.strerror or error}") from error
        yield folder


@contextlib.contextmanager
def _lock(path: Path, data: Path) -> Iterator[None]:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode().strip() or "unknown"
            raise FolderInUse(
                f"--data {data} is in use by another raidline (pid {holder}): stop it or choose another"
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(lock)


def _services_folder(data: Path, user: ServiceUser | None) -> Path:
    pointer = data / "location"
    if user is None:
        return data
    if pointer.exists():
        return _checked(Path(pointer.read_text().strip()))
    if may_reach(user, data / "below") and not in_a_home(data):
        return data
    folder = _elsewhere(user) / f"{data.parent.name}-{secrets.token_hex(4)}"
    make_own_folder(folder, user)
    pointer.write_text(f"{folder}\n")
    return require_within_reach(folder, user)


def _checked(folder: Path) -> Path:
    """A remembered place, used only if it is still there and ours: others may write around it."""
    if not folder.is_dir() or folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise EmbeddedError(f"{folder}, where the data was kept, is gone or is not ours: remove .raidline/location")
    return folder


def _elsewhere(user: ServiceUser) -> Path:
    """A folder outside every home that `user` can reach."""
    if os.access(ELSEWHERE.parent, os.W_OK) and may_reach(user, ELSEWHERE / "below"):
        return make_own_folder(ELSEWHERE, user)
    folder = Path(tempfile.mkdtemp(prefix="raidline-data-"))
    folder.chmod(0o711)
    return folder
