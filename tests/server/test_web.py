"""The page may load nothing from elsewhere; pages from elsewhere are let in by name."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from server.app import create_app
from server.failures import EXPECTED
from server.middleware import RequestFrame
from server.routes import web
from server.settings import Settings
from tests.server.people import code_of


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = Starlette(routes=web.routes, middleware=[Middleware(RequestFrame)], exception_handlers=dict(EXPECTED))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://raidline")


async def test_the_page_may_load_only_from_here(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_files_are_revalidated(client: httpx.AsyncClient) -> None:
    for path in sorted(file.name for file in web.FOLDER.iterdir() if file.is_file()):
        first = await client.get(f"/web/{path}")
        assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
        again = await client.get(f"/web/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "", "../app.py", "%2e%2e/app.py", "..%2fapp.py", "a%00", "x" * 5000, "index.html/x"],
)
async def test_what_is_no_file_of_the_page_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert code_of(await client.get(f"/web/{path}")) == (404, "not_found")


async def test_only_the_origins_that_are_named_may_call_and_never_with_cookies(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"allowed_origins": ("https://app.example",)}))
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://raidline") as client:
        named = await client.options("/api/v1/raids", headers={**asked, "Origin": "https://app.example"})
        other = await client.options("/api/v1/raids", headers={**asked, "Origin": "https://evil.example"})
    assert named.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in named.headers
    assert "access-control-allow-origin" not in other.headers
