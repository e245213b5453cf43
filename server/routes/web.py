"""The page: static files, revalidated by ETag, that may load nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent.parent / "web"

_HEADERS: Final = {
    "Cache-Control": "no-cache",  # the files carry no version in their names: ask each time, by ETag
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


class PageFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response


async def index(request: Request) -> Response:
    return FileResponse(FOLDER / "index.html", headers=_HEADERS)


routes: list[BaseRoute] = [
    Route("/", index, methods=["GET"]),
    Mount("/web", PageFiles(directory=FOLDER)),
]
