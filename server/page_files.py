"""The page's files, in memory, under one version: a hash over all of them.

They are read at the start. Whoever asks for index.html, or for a file without the present version,
has the folder looked at first (names, times and sizes only, and not again at once: it takes longer
than the answer). What was edited meanwhile is read then, and makes a new version: so nothing needs a
restart during development, and no list of files is kept. Files of the present version are answered
without a look: they are what the version stands for.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""What is served. Everything else in the folder (an editor's swap file) is no part of the page."""

LICENCE: Final = "LICENSE"
TEMPLATE: Final = "index.html"
"""Not served as a file: it is a page only with the version and the modules in it."""

VERSIONED: Final = "/web/VERSION/"
MODULES: Final = "<!-- MODULES -->"
MODULE_FOLDERS: Final = ("app/", "client/", "vendor/")

_VERSION: Final = re.compile(r"[0-9a-f]{16}")

Stamp = tuple[int, int]
"""Time of the last change and size. Taken before reading, so that a later change is never missed."""


@dataclass(frozen=True, slots=True)
class PageFile:
    content: bytes
    zipped: bytes | None
    """None where it is no smaller than the content."""

    media_type: str
    etag: str


class PageFiles:
    def __init__(self, folder: Path, look_every: float = 0.0) -> None:
        """`look_every`: so many seconds one look is good for."""
        self._folder = folder
        self._look_every = look_every
        self._next_look = 0.0
        self._stamps: dict[str, Stamp] = {}
        self._files: dict[str, PageFile] = {}
        self._index = page_file(TEMPLATE, b"")
        self.version = ""

    def index(self) -> PageFile:
        self.look()
        return self._index

    def present(self, path: str) -> PageFile | None:
        """The file at `<present version>/<path within the folder>`, which never changes."""
        version, _, name = path.partition("/")
        return self._files.get(name) if version == self.version else None

    def latest(self, path: str) -> PageFile | None:
        """The file at such a path of any version, or of none, as it is now."""
        self.look()
        version, _, name = path.partition("/")
        return self._files.get(name if _VERSION.fullmatch(version) else path)

    def look(self) -> None:
        """Read what is another than before. A file that vanishes meanwhile leaves all as it was until the next look."""
        if time.monotonic() < self._next_look:
            return
        try:
            stamps = dict(_stamps(self._folder))
            if stamps != self._stamps or not self._files:
                self._read(stamps)
        except FileNotFoundError:
            if not self._files:
                raise
        self._next_look = time.monotonic() + self._look_every

    def _read(self, stamps: dict[str, Stamp]) -> None:
        template = (self._folder / TEMPLATE).read_text(encoding="utf-8")
        files = {name: self._file(name, stamp) for name, stamp in stamps.items() if name != TEMPLATE}
        self.version = version_of(files)
        self._index = page_file(TEMPLATE, rendered(template, self.version, files).encode())
        self._files, self._stamps = files, stamps

    def _file(self, name: str, stamp: Stamp) -> PageFile:
        if self._stamps.get(name) == stamp:
            return self._files[name]
        return page_file(name, (self._folder / name).read_bytes())


def page_file(name: str, content: bytes) -> PageFile:
    zipped = gzip.compress(content, mtime=0)
    return PageFile(
        content,
        zipped if len(zipped) < len(content) else None,
        _media_type(name) or "",
        f'"{_hash_of(content)}"',
    )


def version_of(files: Mapping[str, PageFile]) -> str:
    return _hash_of("\n".join(f"{name} {file.etag}" for name, file in sorted(files.items())).encode())


def rendered(template: str, version: str, names: Mapping[str, object]) -> str:
    """The template with the version in its paths, and every module announced: else the browser would learn
    of them one import after the other."""
    modules = sorted(name for name in names if name.startswith(MODULE_FOLDERS) and name.endswith(".js"))
    links = (f'<link rel="modulepreload" href="{VERSIONED}{name}">' for name in modules)
    return template.replace(MODULES, "\n    ".join(links)).replace(VERSIONED, f"/web/{version}/")


def _stamps(folder: Path) -> Iterator[tuple[str, Stamp]]:
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names if _media_type(name)):
            status = path.stat()
            yield path.relative_to(folder).as_posix(), (status.st_mtime_ns, status.st_size)


def _media_type(name: str) -> str | None:
    file = Path(name)
    if file.name.startswith("."):
        return None
    return "text/plain; charset=utf-8" if file.name == LICENCE else MEDIA_TYPES.get(file.suffix)


def _hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
