"""The page: one document for all its addresses, and files that may load nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.page_files import PageFile, PageFiles
from server.problems import Problem
from server.ready_made import matches

FOLDER: Final = Path(__file__).parent.parent / "web"
PAGE: Final = PageFiles(FOLDER, look_every=1.0)

_REVALIDATED: Final = "no-cache"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",  # the address of a page may hold an invite code
}


async def index(request: Request) -> Response:
    """The same whatever the id or the code in the path: the page itself says what is not there."""
    return answer(request, PAGE.index(), _REVALIDATED)


async def file(request: Request) -> Response:
    path = request.path_params["path"]
    if present := PAGE.present(path):
        return answer(request, present, _FOR_GOOD)
    if latest := PAGE.latest(path):
        return answer(request, latest, _REVALIDATED)
    raise Problem("not_found")


def lost(request: Request) -> Response | None:
    """For a person at an address that has nothing: the page, which says so. Programs get the problem."""
    if request.method not in ("GET", "HEAD") or "text/html" not in request.headers.get("accept", ""):
        return None
    if request.url.path.startswith(("/api/", "/web/")):
        return None
    return answer(request, PAGE.index(), _REVALIDATED, status=404)


def answer(request: Request, file: PageFile, kept: str, *, status: int = 200) -> Response:
    # Weak, for it stands for the zipped form as well.
    headers = {**_HEADERS, "Cache-Control": kept, "ETag": f"W/{file.etag}", "Vary": "Accept-Encoding"}
    if status == 200 and matches(request.headers.get("if-none-match", ""), file.etag):
        return Response(status_code=304, headers=headers)
    content = file.content
    if file.zipped is not None and takes_gzip(request.headers.get("accept-encoding", "")):
        content = file.zipped
        headers["Content-Encoding"] = "gzip"
    headers |= {"Content-Type": file.media_type, "Content-Length": str(len(content))}
    return Response(b"" if request.method == "HEAD" else content, status, headers)


def takes_gzip(accepted: str) -> bool:
    """Only where it is named, and not with a weight of zero: who names nothing gets the plain form."""
    for part in accepted.lower().split(","):
        coding, _, weight = part.replace(" ", "").partition(";q=")
        if coding in ("gzip", "x-gzip"):
            return weight.strip("0.") != "" or weight == ""
    return False


routes: list[BaseRoute] = [
    *(Route(path, index, methods=["GET"]) for path in ("/", "/raids/{id}", "/r/{code}", "/me")),
    Route("/web/{path:path}", file, methods=["GET"]),
]
